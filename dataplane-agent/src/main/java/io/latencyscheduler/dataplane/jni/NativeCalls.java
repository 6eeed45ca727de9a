package io.latencyscheduler.dataplane.jni;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.dataplane.engine.Engine.PodSpec;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.engine.EngineStats.ClockReading;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;

/** One native engine: calls with values in, exceptions out. Not thread-safe but for {@link #stats}. */
public final class NativeCalls implements AutoCloseable {
    private static final int PROCESSES_PER_POD = 16;
    private static final int STREAMS_PER_PORT = 1024;
    private static final int MAC_BYTES = 6;
    private static final int NUMBERS_PER_STREAM = 9;

    private final StatsPage stats;
    private long engine;

    private NativeCalls(long engine) {
        this.engine = engine;
        this.stats = new StatsPage(NativeDataplane.stats(engine), List.of(NativeDataplane.outcomeNames()));
    }

    /** Folder of the native libraries and programs. */
    public static Path folder() {
        return NativeDataplane.libraryFolder();
    }

    /**
     * Starts an engine.
     *
     * @param taiOffsetSeconds TAI − UTC; empty: what the kernel says, asked again and again
     * @param ealArguments extra arguments of DPDK's environment layer, separated by spaces
     * @param checkCgroup whether a process attaches to a pod's socket only from a control group of the pod; needs the
     *     host's PID namespace
     * @throws EngineException with the cause when the native library cannot be used here
     */
    public static NativeCalls start(OptionalInt taiOffsetSeconds, String ealArguments, boolean checkCgroup) {
        String cause = NativeDataplane.unavailability();
        if (cause != null) {
            throw new EngineException(cause);
        }
        byte[] error = new byte[NativeDataplane.ERROR_BYTES];
        Path dpdk = NativeDataplane.libraryFolder().resolve("libdataplane-dpdk.so");
        long engine = NativeDataplane.create(
                taiOffsetSeconds.isPresent() ? taiOffsetSeconds.getAsInt() * 1_000_000_000L : Long.MIN_VALUE,
                PROCESSES_PER_POD,
                STREAMS_PER_PORT,
                dpdk.toString(),
                ealArguments,
                checkCgroup,
                error);
        if (engine < 0 && engine > -4096) {
            throw failure("starting the engine", (int) engine, error);
        }
        return new NativeCalls(engine);
    }

    public void openPort(PortSpec port) {
        byte[] error = new byte[NativeDataplane.ERROR_BYTES];
        check(
                "opening port " + port.name(),
                NativeDataplane.openPort(
                        handle(),
                        port.name(),
                        port.backend(),
                        port.device(),
                        port.linkRateBps(),
                        port.overheadBytes(),
                        port.maxSduBytes(),
                        port.vlanId(),
                        port.cpu(),
                        port.spin(),
                        port.bestEffort(),
                        port.kernelInterface(),
                        port.launchAheadNs(),
                        error),
                error);
    }

    public void closePort(String name) {
        byte[] error = new byte[NativeDataplane.ERROR_BYTES];
        int status = NativeDataplane.closePort(handle(), name, error);
        if (status != -Errno.ENOENT) {
            check("closing port " + name, status, error);
        }
    }

    public void setGates(String port, GateControlList gates) {
        int count = gates.entries().size();
        int[] operations = new int[count];
        int[] gateStates = new int[count];
        long[] intervalsNs = new long[count];
        for (int i = 0; i < count; i++) {
            GateControlList.Entry entry = gates.entries().get(i);
            operations[i] = entry.operation().ordinal();
            gateStates[i] = entry.gateStates();
            intervalsNs[i] = entry.timeIntervalNs();
        }
        byte[] error = new byte[NativeDataplane.ERROR_BYTES];
        check(
                "setting the gates of port " + port,
                NativeDataplane.setGates(
                        handle(),
                        port,
                        gates.baseTimeNs(),
                        gates.cycleTimeNs(),
                        gates.cycleTimeExtensionNs(),
                        operations,
                        gateStates,
                        intervalsNs,
                        error),
                error);
    }

    public void putPod(PodSpec pod) {
        int count = pod.streams().size();
        String[] names = new String[count];
        String[] ports = new String[count];
        long[] numbers = new long[count * NUMBERS_PER_STREAM];
        for (int i = 0; i < count; i++) {
            StreamAllocation stream = pod.streams().get(i).windows();
            names[i] = stream.name();
            ports[i] = stream.port();
            int at = i * NUMBERS_PER_STREAM;
            numbers[at] = stream.periodNs();
            numbers[at + 1] = stream.deadlineNs();
            numbers[at + 2] = stream.offsetNs();
            numbers[at + 3] = stream.windowNs();
            numbers[at + 4] = stream.windowPeriodNs();
            numbers[at + 5] = stream.frameBytes();
            numbers[at + 6] = stream.phase().ordinal();
            numbers[at + 7] = stream.trafficClass();
            numbers[at + 8] = pod.streams().get(i).latePolicy().ordinal();
        }
        byte[] error = new byte[NativeDataplane.ERROR_BYTES];
        check(
                "serving pod " + pod.uid(),
                NativeDataplane.putPod(
                        handle(), pod.uid(), pod.socket(), names, ports, numbers, bytes(pod.sourceMacs()), error),
                error);
    }

    private static byte[] bytes(List<String> macs) {
        byte[] bytes = new byte[macs.size() * MAC_BYTES];
        for (int i = 0; i < macs.size(); i++) {
            String mac = macs.get(i);
            if (!mac.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
                throw new EngineException("source address '" + mac + "' must be six bytes such as 02:00:00:00:00:01");
            }
            byte[] address = HexFormat.ofDelimiter(":").parseHex(mac);
            System.arraycopy(address, 0, bytes, i * MAC_BYTES, MAC_BYTES);
        }
        return bytes;
    }

    public void removePod(String uid) {
        byte[] error = new byte[NativeDataplane.ERROR_BYTES];
        int status = NativeDataplane.removePod(handle(), uid, error);
        if (status != -Errno.ENOENT) {
            check("removing pod " + uid, status, error);
        }
    }

    /** Why ports of a backend cannot be opened here; empty when they can. */
    public String unavailability(String backend) {
        byte[] error = new byte[NativeDataplane.ERROR_BYTES];
        int status = NativeDataplane.backendAvailable(handle(), backend, error);
        String sentence = NativeDataplane.sentence(error);
        return status == 0 ? "" : sentence.isEmpty() ? Errno.name(-status) : sentence;
    }

    /** The shared counters; the page goes with the engine, so it is not to be kept over {@link #close}. */
    public StatsPage stats() {
        handle();
        return stats;
    }

    /** The kernel's clock. */
    public static ClockReading kernelClock() {
        long[] values = NativeDataplane.kernelClock();
        return new ClockReading(values[0] != 0, values[1], (int) values[2]);
    }

    /** The engine; a call after close must not reach freed memory. */
    private long handle() {
        if (engine == 0) {
            throw new EngineException("the engine is closed");
        }
        return engine;
    }

    @Override
    public void close() {
        if (engine != 0) {
            NativeDataplane.destroy(engine);
            engine = 0;
        }
    }

    private static void check(String doing, int status, byte[] error) {
        if (status < 0) {
            throw failure(doing, status, error);
        }
    }

    private static EngineException failure(String doing, int status, byte[] error) {
        String sentence = NativeDataplane.sentence(error);
        return new EngineException(doing + ": " + (sentence.isEmpty() ? Errno.name(-status) : sentence));
    }
}
