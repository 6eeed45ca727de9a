package io.latencyscheduler.dataplane.jni;

import io.latencyscheduler.contract.NodeDataplane.Quantiles;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.engine.EngineStats.ErrorHistogram;
import io.latencyscheduler.dataplane.engine.EngineStats.PortStats;
import io.latencyscheduler.dataplane.engine.EngineStats.Received;
import io.latencyscheduler.dataplane.engine.EngineStats.StreamStats;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reader of the page of counters that the engine's threads write ({@code engine/stats.h}, {@code core/stats.h}). Offsets
 * and strides come from the page's header; what this class knows of the layout is checked against them. Thread-safe.
 */
public final class StatsPage {
    private static final int MAGIC = 0x534e5354;
    private static final int ABI = 1;
    private static final int CLASSES = 8;

    private static final int NAME_BYTES = 64;
    private static final int OPEN = NAME_BYTES;
    private static final int LINK_UP = NAME_BYTES + 8;
    /** From the device, through memory, delivered, unmatched, lost; behind them the lost error records. */
    private static final int RECEIVED = NAME_BYTES + 12 * 8;

    private static final int RECEIVED_FIELDS = 5;
    /** Counters of a port before its classes: cycles, config changes, config change errors, clock steps. */
    private static final int EGRESS_FIELDS = 4;
    /** Counters of a class beside its outcomes: offered, sent bytes, transmission overrun. */
    private static final int CLASS_FIELDS = 3;

    private static final int CLASS_FIELDS_BEFORE_OUTCOMES = 2;
    /** Largest early and largest late error, before the buckets of late and of early errors. */
    private static final int HISTOGRAM_FIELDS = 2;
    /** Of a stream: offered, sent bytes; behind the outcomes the frames moved to another window. */
    private static final int STREAM_FIELDS_BEFORE_OUTCOMES = 2;
    /** Pod UID, name, generation. */
    private static final int STREAM_NAME_BYTES = 2 * NAME_BYTES + 8;

    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final ByteBuffer page;
    private final List<String> outcomes;
    private final int ports;
    private final int portOffset;
    private final int portStride;
    private final int buckets;
    private final int subBits;
    private final int egressOffset;
    private final int streamsPerPort;
    private final int nameOffset;
    private final int streamOffset;
    private final int streamStride;

    StatsPage(ByteBuffer page, List<String> outcomes) {
        this.page = page.order(ByteOrder.nativeOrder());
        this.outcomes = List.copyOf(outcomes);
        this.ports = page.getInt(16);
        this.portOffset = page.getInt(20);
        this.portStride = page.getInt(24);
        this.streamsPerPort = page.getInt(28);
        this.nameOffset = page.getInt(32);
        this.streamOffset = page.getInt(40);
        this.streamStride = page.getInt(44);
        this.buckets = page.getInt(56);
        this.subBits = page.getInt(60);
        this.egressOffset = page.getInt(64);
        require("magic", page.getInt(0), MAGIC);
        require("interface version", page.getInt(4), ABI);
        require("page bytes", page.getLong(8), page.capacity());
        require("outcomes", page.getInt(48), outcomes.size());
        require("classes", page.getInt(52), CLASSES);
        require("offset of a port's classes", egressOffset, RECEIVED + (RECEIVED_FIELDS + 1) * 8);
        require("stream name bytes", page.getInt(36), STREAM_NAME_BYTES);
        require("stream bytes", streamStride, streamHistogramOffset() + histogramBytes());
        require("port bytes", portStride, histogramOffset() + histogramBytes());
    }

    private static void require(String what, long found, long expected) {
        if (found != expected) {
            throw new EngineException(
                    "statistics page: " + what + " is '" + found + "', this agent was built for " + expected);
        }
    }

    private long histogramBytes() {
        return (2L * buckets + HISTOGRAM_FIELDS) * 8;
    }

    private int streamHistogramOffset() {
        return (STREAM_FIELDS_BEFORE_OUTCOMES + outcomes.size() + 1) * 8;
    }

    private int histogramOffset() {
        return egressOffset + EGRESS_FIELDS * 8 + CLASSES * classBytes();
    }

    private int classBytes() {
        return (CLASS_FIELDS + outcomes.size()) * 8;
    }

    /** The open ports, each counter as it is now. */
    public List<PortStats> ports() {
        List<PortStats> open = new ArrayList<>();
        for (int i = 0; i < ports; i++) {
            int at = portOffset + i * portStride;
            String name = name(at);
            if (!name.isEmpty() && read(at + OPEN) == 1) {
                open.add(port(name, at));
            }
        }
        return open;
    }

    private PortStats port(String name, int at) {
        long[] sums = new long[outcomes.size()];
        long offered = 0;
        long ended = 0;
        long overruns = 0;
        for (int c = 0; c < CLASSES; c++) {
            int counters = at + egressOffset + EGRESS_FIELDS * 8 + c * classBytes();
            // Outcomes first: a frame that ends meanwhile then shows as queued, never as more than was offered.
            for (int i = 0; i < sums.length; i++) {
                long count = read(counters + CLASS_FIELDS_BEFORE_OUTCOMES * 8 + i * 8);
                sums[i] += count;
                ended += count;
            }
            overruns += read(counters + classBytes() - 8);
            VarHandle.loadLoadFence();
            offered += read(counters);
        }
        Map<String, Long> counts = new LinkedHashMap<>();
        for (int i = 0; i < sums.length; i++) {
            counts.put(outcomes.get(i), sums[i]);
        }
        long[] errors = errors(at + histogramOffset());
        return new PortStats(
                name,
                read(at + LINK_UP) == 1,
                offered,
                offered - ended,
                counts,
                emission(at + histogramOffset(), errors),
                histogram(errors),
                read(at + egressOffset),
                overruns,
                new Received(
                        read(at + RECEIVED),
                        read(at + RECEIVED + 8),
                        read(at + RECEIVED + 16),
                        read(at + RECEIVED + 24),
                        read(at + RECEIVED + 32)));
    }

    /** Samples by bucket, early and late together. */
    private long[] errors(int at) {
        long[] counts = new long[buckets];
        for (int i = 0; i < buckets; i++) {
            counts[i] = read(at + (HISTOGRAM_FIELDS + i) * 8) + read(at + (HISTOGRAM_FIELDS + buckets + i) * 8);
        }
        return counts;
    }

    private @Nullable ErrorHistogram histogram(long[] counts) {
        List<Long> upTo = new ArrayList<>();
        long seen = 0;
        long sumNs = 0;
        int bucket = 0;
        for (int bound = 0; bound <= ErrorHistogram.BOUNDS_NS.size(); bound++) {
            boolean last = bound == ErrorHistogram.BOUNDS_NS.size();
            // The bucket that a bound falls into counts as above it: a share of good frames is never overstated.
            while (bucket < counts.length
                    && (last || lowestNs(bucket + 1) <= ErrorHistogram.BOUNDS_NS.get(bound) + 1)) {
                seen += counts[bucket];
                sumNs += counts[bucket] * lowestNs(bucket);
                bucket++;
            }
            upTo.add(seen);
        }
        return seen == 0 ? null : new ErrorHistogram(upTo, sumNs);
    }

    /** The streams of open ports, each counter as it is now. */
    public List<StreamStats> streams() {
        List<StreamStats> streams = new ArrayList<>();
        for (int p = 0; p < ports; p++) {
            int port = portOffset + p * portStride;
            if (name(port).isEmpty() || read(port + OPEN) != 1) {
                continue;
            }
            for (int s = 0; s < streamsPerPort; s++) {
                StreamStats stream = stream(name(port), p * streamsPerPort + s);
                if (stream != null) {
                    streams.add(stream);
                }
            }
        }
        return streams;
    }

    /** A stream's counters; null where the record is free or changed hands while it was read. */
    private @Nullable StreamStats stream(String port, int number) {
        int names = nameOffset + number * STREAM_NAME_BYTES;
        long generation = read(names + 2 * NAME_BYTES);
        VarHandle.loadLoadFence();
        String podUid = name(names);
        if (podUid.isEmpty() || generation % 2 != 0) {
            return null;
        }
        String name = name(names + NAME_BYTES);
        int at = streamOffset + number * streamStride;
        Map<String, Long> counts = new LinkedHashMap<>();
        long ended = 0;
        // Outcomes first, as above.
        for (int i = 0; i < outcomes.size(); i++) {
            long count = read(at + (STREAM_FIELDS_BEFORE_OUTCOMES + i) * 8);
            counts.put(outcomes.get(i), count);
            ended += count;
        }
        VarHandle.loadLoadFence();
        long offered = read(at);
        StreamStats stats = new StreamStats(
                port,
                podUid,
                name,
                offered,
                offered - ended,
                counts,
                read(at + 8),
                read(at + (STREAM_FIELDS_BEFORE_OUTCOMES + outcomes.size()) * 8),
                emission(at + streamHistogramOffset(), errors(at + streamHistogramOffset())));
        VarHandle.loadLoadFence();
        return read(names + 2 * NAME_BYTES) == generation ? stats : null;
    }

    private String name(int at) {
        byte[] bytes = new byte[NAME_BYTES];
        page.get(at, bytes);
        int end = 0;
        while (end < NAME_BYTES && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private long read(int offset) {
        return (long) LONGS.getOpaque(page, offset);
    }

    /** Quantiles of the error's magnitude, early and late together, at the resolution of the buckets (1/16). */
    private @Nullable Quantiles emission(int at, long[] counts) {
        long samples = 0;
        for (long count : counts) {
            samples += count;
        }
        if (samples == 0) {
            return null;
        }
        long maxNs = Math.max(read(at), read(at + 8));
        return new Quantiles(
                samples,
                quantile(counts, samples, 0.5),
                quantile(counts, samples, 0.99),
                quantile(counts, samples, 0.999),
                maxNs);
    }

    private long quantile(long[] counts, long samples, double quantile) {
        long rank = (long) Math.ceil(samples * quantile);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return lowestNs(i);
            }
        }
        return lowestNs(counts.length - 1);
    }

    /** As {@code tsn_histogram_lowest_ns}. */
    private long lowestNs(int bucket) {
        int linear = 1 << subBits;
        if (bucket < 2 * linear) {
            return bucket;
        }
        int exponent = (bucket >> subBits) - 1;
        return (long) ((bucket & (linear - 1)) | linear) << exponent;
    }
}
