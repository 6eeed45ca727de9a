package io.latencyscheduler.contract.timetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission.Admitted;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.chocosolver.solver.Model;
import org.chocosolver.solver.search.strategy.Search;
import org.chocosolver.solver.variables.IntVar;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A constraint solver referees small instances: it is asked for an offset wherever the timetable said there is none. */
class ExactSolverTest {
    /** 1 ns per byte and no guard, so a frame of 64 bytes takes 84 ns. */
    private static final PortTiming BYTE_PER_NS = new PortTiming(8_000_000_000L, 0, 0, 1522);

    private static final int[][] PERIOD_SETS_NS = {
        {500, 1_000, 2_000, 4_000}, {1_000, 2_000, 5_000}, {300, 700, 1_000, 1_100}, {600, 900, 1_500}
    };

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void shouldRefuseOnlyWhereNoOffsetExists(long seed) {
        Random random = new Random(seed);
        int refusals = 0;
        for (int round = 0; round < 12; round++) {
            int[] periods = PERIOD_SETS_NS[random.nextInt(PERIOD_SETS_NS.length)];
            Timetable timetable = new Timetable(BYTE_PER_NS);
            for (int i = 0; i < 16; i++) {
                StreamDemand demand = demand(random, periods);
                Admission admission = timetable.admit(List.of(demand));
                boolean solvable = solverFinds(timetable, demand);
                assertThat(admission instanceof Admitted)
                        .as("%s among %s", demand, timetable.holdings())
                        .isEqualTo(solvable);
                if (admission instanceof Admitted admitted) {
                    timetable.add("s" + i, admitted.windows().get(0));
                } else {
                    refusals++;
                }
            }
        }
        assertThat(refusals).isPositive();
    }

    private static StreamDemand demand(Random random, int[] periods) {
        long periodNs = periods[random.nextInt(periods.length)];
        Phase phase = switch (random.nextInt(3)) {
            case 0 -> Phase.fixed(random.nextLong(periodNs));
            case 1 -> Phase.FREE;
            default -> Phase.ASSIGNED;
        };
        long deadlineNs = random.nextBoolean() ? periodNs : 150 + random.nextLong(periodNs - 150);
        return new StreamDemand("s", periodNs, deadlineNs, 64 + random.nextInt(60), phase, OptionalLong.empty(), 7);
    }

    private static boolean solverFinds(Timetable timetable, StreamDemand demand) {
        int lengthNs = Math.toIntExact(BYTE_PER_NS.windowNs(demand.frameBytes()));
        if (demand.phase().kind() != Phase.Kind.FREE) {
            int fromNs = Math.toIntExact(demand.phase().releaseNs());
            int toNs = fromNs + Math.toIntExact(demand.deadlineNs()) - lengthNs;
            return solve(timetable, Math.toIntExact(demand.periodNs()), fromNs, toNs, lengthNs);
        }
        for (int n = 1; n <= demand.periodNs(); n++) {
            long periodNs = demand.periodNs() / n;
            if (demand.periodNs() % n == 0
                    && periodNs >= lengthNs
                    && periodNs + lengthNs <= demand.deadlineNs()
                    && solve(timetable, (int) periodNs, 0, (int) periodNs - 1, lengthNs)) {
                return true;
            }
        }
        return false;
    }

    /** C1 ≤ (o − o1) mod g ≤ g − C for every window held, o the unknown. */
    private static boolean solve(Timetable timetable, int periodNs, int fromNs, int toNs, int lengthNs) {
        if (fromNs > toNs) {
            return false;
        }
        Model model = new Model();
        IntVar offset = model.intVar("offset", fromNs, toNs, false);
        for (Holding holding : timetable.holdings()) {
            Window window = holding.window();
            int g = Math.toIntExact(Window.gcd(periodNs, window.periodNs()));
            int heldNs = Math.toIntExact(window.lengthNs());
            if (heldNs + lengthNs > g) {
                return false;
            }
            IntVar distance = model.intVar(0, g - 1, false);
            int shift = Math.toIntExact(Math.floorMod(-window.offsetNs(), (long) g));
            model.mod(model.offset(offset, shift), g, distance).post();
            model.arithm(distance, ">=", heldNs).post();
            model.arithm(distance, "<=", g - lengthNs).post();
        }
        model.getSolver().setSearch(Search.inputOrderLBSearch(offset));
        return model.getSolver().solve();
    }
}
