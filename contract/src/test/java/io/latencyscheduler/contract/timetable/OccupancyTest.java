package io.latencyscheduler.contract.timetable;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches against an oracle that tries every nanosecond with the pair test of {@link Window#meets}. */
class OccupancyTest {
    private static final long[][] PERIOD_SETS = {
        {8, 16, 32, 64}, {10, 20, 50, 100}, {30, 70, 100, 110}, {12, 18, 30, 7}, {1, 2, 3, 97}, {1_000, 37, 250, 64}
    };

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldFindTheFirstAndTheLastFreeOffsetOfAnyPeriods(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            long[] periods = PERIOD_SETS[random.nextInt(PERIOD_SETS.length)];
            Occupancy occupancy = Occupancy.EMPTY;
            for (int i = 0; i < 12; i++) {
                long periodNs = periods[random.nextInt(periods.length)];
                long lengthNs = 1 + random.nextLong(Math.max(1, periodNs / 6));
                long fromNs = random.nextLong(periodNs);
                long toNs = fromNs + random.nextLong(periodNs);
                long first = -1;
                long last = -1;
                for (long at = fromNs; at <= toNs; at++) {
                    if (free(occupancy, new Window(periodNs, at % periodNs, lengthNs))) {
                        first = first < 0 ? at : first;
                        last = at;
                    }
                }
                assertThat(occupancy.firstFree(periodNs, lengthNs, fromNs, toNs))
                        .isEqualTo(first);
                assertThat(occupancy.lastFreePairwise(periodNs, lengthNs, fromNs, toNs))
                        .isEqualTo(last);
                assertThat(occupancy.lastFree(periodNs, lengthNs, fromNs, toNs)).isEqualTo(last);
                assertThat(occupancy.firstFreePairwise(periodNs, lengthNs, fromNs, toNs))
                        .isEqualTo(first);
                assertThat(occupancy.lastFreePairwise(periodNs, lengthNs, fromNs, toNs))
                        .isEqualTo(last);
                if (first >= 0) {
                    long at = random.nextBoolean() ? first : last;
                    occupancy = occupancy.plus(new Holding("o" + i, "", new Window(periodNs, at % periodNs, lengthNs)));
                }
                if (random.nextInt(4) == 0) {
                    String gone = "o" + random.nextInt(12);
                    occupancy = occupancy.minus(holding -> holding.owner().equals(gone), random.nextBoolean());
                }
            }
        }
    }

    private static boolean free(Occupancy occupancy, Window window) {
        return occupancy.holdings().stream()
                .noneMatch(holding -> holding.window().meets(window));
    }
}
