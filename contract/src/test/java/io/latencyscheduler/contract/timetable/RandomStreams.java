package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import java.util.OptionalLong;
import java.util.Random;

/** Random demands, the same for the same seed. */
final class RandomStreams {
    static final long[] HARMONIC_NS = {125_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000};
    static final long[] DECIMAL_NS = {1_000_000, 2_000_000, 5_000_000, 10_000_000};
    static final long[] IRREGULAR_NS = {300_000, 700_000, 1_000_000, 1_100_000};

    private final Random random;
    private final long[] periodsNs;

    RandomStreams(long seed, long... periodsNs) {
        this.random = new Random(seed);
        this.periodsNs = periodsNs;
    }

    StreamDemand next(String name) {
        long periodNs = periodsNs[random.nextInt(periodsNs.length)];
        int frameBytes = 64 + random.nextInt(1459);
        long deadlineNs = switch (random.nextInt(4)) {
            case 0 -> 20_000 + random.nextLong(periodNs / 4);
            case 1 -> periodNs / 4 + random.nextLong(periodNs / 2);
            default -> periodNs;
        };
        Phase phase = switch (random.nextInt(6)) {
            case 0 -> Phase.fixed(random.nextLong(periodNs));
            case 1 -> Phase.FREE;
            default -> Phase.ASSIGNED;
        };
        OptionalLong jitterNs =
                random.nextInt(5) == 0 ? OptionalLong.of(random.nextLong(periodNs)) : OptionalLong.empty();
        return new StreamDemand(
                name, periodNs, Math.min(deadlineNs, periodNs), frameBytes, phase, jitterNs, 5 + random.nextInt(3));
    }
}
