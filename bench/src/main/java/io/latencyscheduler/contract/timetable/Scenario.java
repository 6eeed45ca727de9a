package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/** Ports and the streams that are offered to them. */
enum Scenario {
    STREAMS_60_1G_HARMONIC(60, 1_000_000_000L, 1_500, 125_000, 250_000, 500_000, 1_000_000),
    STREAMS_130_1G_HARMONIC(130, 1_000_000_000L, 1_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000),
    STREAMS_300_1G_DECIMAL(300, 1_000_000_000L, 1_500, 1_000_000, 2_000_000, 5_000_000, 10_000_000),
    STREAMS_100_1G_IRREGULAR(100, 1_000_000_000L, 1_000, 300_000, 700_000, 1_000_000, 1_100_000),
    STREAMS_300_10G_HARMONIC(300, 10_000_000_000L, 1_500, 125_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000),
    STREAMS_1700_10G_DECIMAL(1_700, 10_000_000_000L, 1_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000),
    STREAMS_300_10G_IRREGULAR(300, 10_000_000_000L, 1_500, 300_000, 700_000, 1_000_000, 1_100_000);

    final int streams;
    final PortTiming timing;
    private final int largestFrameBytes;
    private final long[] periodsNs;

    Scenario(int streams, long linkRateBps, int largestFrameBytes, long... periodsNs) {
        this.streams = streams;
        this.timing = new PortTiming(linkRateBps, 0, PortTiming.DEFAULT_GUARD_NS, StreamDemand.MAX_FRAME_BYTES);
        this.largestFrameBytes = largestFrameBytes;
        this.periodsNs = periodsNs;
    }

    long[] periodsNs() {
        return periodsNs.clone();
    }

    /** Deadlines: a third a quarter of the period (at least 60 µs), a third half of it, a third all of it. */
    StreamDemand next(Random random) {
        long periodNs = periodsNs[random.nextInt(periodsNs.length)];
        long deadlineNs = switch (random.nextInt(3)) {
            case 0 -> Math.max(60_000, periodNs / 4);
            case 1 -> periodNs / 2;
            default -> periodNs;
        };
        int frameBytes = 64 + random.nextInt(largestFrameBytes - 63);
        return new StreamDemand("s", periodNs, deadlineNs, frameBytes, Phase.ASSIGNED, OptionalLong.empty(), 7);
    }

    /** A port with that many streams, or as many as fitted before 500 were refused. */
    Timetable filled(long seed) {
        Timetable timetable = new Timetable("uplink0", timing);
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < streams && refused < 500; ) {
            if (timetable.admit(List.of(next(random))) instanceof Admission.Admitted admitted) {
                timetable.add("pod-" + i, "s0", admitted.windows().get(0));
                i++;
            } else {
                refused++;
            }
        }
        return timetable;
    }
}
