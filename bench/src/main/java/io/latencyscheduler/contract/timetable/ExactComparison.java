package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Random;
import org.chocosolver.solver.Model;
import org.chocosolver.solver.Solver;
import org.chocosolver.solver.search.limits.TimeCounter;
import org.chocosolver.solver.search.strategy.Search;
import org.chocosolver.solver.variables.IntVar;

/**
 * How long streams can be taken before the first refusal: by placements that never move a window, and by a constraint solver
 * that may place all of them anew each time, knowing them all.
 */
final class ExactComparison {
    /** 1 ns per byte, no guard: small numbers for the solver. */
    private static final PortTiming BYTE_PER_NS = new PortTiming(8_000_000_000L, 0, 0, 1522);

    private static final int[] PERIODS_NS = {500, 1_000, 2_000};
    private static final int INSTANCES = 30;
    private static final long SOLVER_LIMIT_NS = 2_000_000_000L;

    private ExactComparison() {}

    static void print() {
        double[] utilisations = new double[3];
        int[] counts = new int[3];
        int undecided = 0;
        for (int seed = 0; seed < INSTANCES; seed++) {
            List<StreamDemand> offered = offered(seed);
            int first = prefix(offered, Placement.FIRST_FIT);
            int harmonic = prefix(offered, Placement.HARMONIC);
            int exact = Math.max(first, harmonic);
            while (exact < offered.size()) {
                Boolean solvable = solvable(offered.subList(0, exact + 1));
                if (solvable == null) {
                    undecided++;
                    break;
                }
                if (!solvable) {
                    break;
                }
                exact++;
            }
            int[] prefixes = {first, harmonic, exact};
            for (int i = 0; i < prefixes.length; i++) {
                counts[i] += prefixes[i];
                utilisations[i] += utilisation(offered.subList(0, prefixes[i]));
            }
        }
        System.out.println(
                "Before the first refusal, " + INSTANCES + " small instances (periods 500, 1000, 2000 ns), against"
                        + " an exact solver; undecided within 2 s: " + undecided);
        System.out.println("| placement | streams | utilisation | share of the exact solver's streams |");
        System.out.println("|---|---|---|---|");
        String[] names = {"first fit", "harmonic (ours)", "exact, all placed anew"};
        for (int i = 0; i < names.length; i++) {
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.1f | %.3f | %.2f |%n",
                    names[i],
                    (double) counts[i] / INSTANCES,
                    utilisations[i] / INSTANCES,
                    (double) counts[i] / counts[2]);
        }
        System.out.println();
    }

    private static List<StreamDemand> offered(long seed) {
        Random random = new Random(seed);
        List<StreamDemand> offered = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            int periodNs = PERIODS_NS[random.nextInt(PERIODS_NS.length)];
            int deadlineNs = random.nextInt(3) == 0 ? periodNs / 2 : periodNs;
            offered.add(new StreamDemand(
                    "s" + i, periodNs, deadlineNs, 64 + random.nextInt(80), Phase.ASSIGNED, OptionalLong.empty(), 7));
        }
        return offered;
    }

    private static double utilisation(List<StreamDemand> streams) {
        return streams.stream()
                .mapToDouble(stream -> (double) BYTE_PER_NS.windowNs(stream.frameBytes()) / stream.periodNs())
                .sum();
    }

    private static int prefix(List<StreamDemand> offered, Placement placement) {
        Timetable timetable = new Timetable("", BYTE_PER_NS, placement);
        int count = 0;
        while (count < offered.size()
                && timetable.admit(List.of(offered.get(count))) instanceof Admission.Admitted admitted) {
            timetable.add("s" + count++, admitted.windows().get(0));
        }
        return count;
    }

    /** Null when the solver did not finish in time. */
    @org.jspecify.annotations.Nullable
    private static Boolean solvable(List<StreamDemand> streams) {
        if (utilisation(streams) > 1) {
            return false;
        }
        Model model = new Model();
        int count = streams.size();
        IntVar[] offsets = new IntVar[count];
        for (int i = 0; i < count; i++) {
            int lengthNs = (int) BYTE_PER_NS.windowNs(streams.get(i).frameBytes());
            offsets[i] = model.intVar("o" + i, 0, (int) streams.get(i).deadlineNs() - lengthNs, false);
            for (int j = 0; j < i; j++) {
                int g = (int)
                        Window.gcd(streams.get(i).periodNs(), streams.get(j).periodNs());
                int otherNs = (int) BYTE_PER_NS.windowNs(streams.get(j).frameBytes());
                if (otherNs + lengthNs > g) {
                    return false;
                }
                IntVar distance = model.intVar(otherNs, g - lengthNs, false);
                IntVar difference = model.intVar(0, 4_000 + g, true);
                model.arithm(model.offset(offsets[i], g * (2_000 / g)), "-", offsets[j], "=", difference)
                        .post();
                model.mod(difference, g, distance).post();
            }
        }
        Solver solver = model.getSolver();
        solver.setSearch(Search.domOverWDegSearch(offsets));
        solver.addStopCriterion(new TimeCounter(model, SOLVER_LIMIT_NS));
        if (solver.solve()) {
            return true;
        }
        return solver.isStopCriterionMet() ? null : false;
    }
}
