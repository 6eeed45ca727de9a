package io.latencyscheduler.contract.timetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission.Admitted;
import io.latencyscheduler.contract.timetable.GateControlList.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GatePlannerTest {
    private static final PortTiming GIGABIT = new PortTiming(1_000_000_000, 0, 1_000, 1522);
    private static final long LOOKED_AT_NS = 24_000_000;
    /** As of a small switch, with the shortest interval that Linux taprio takes at 1 Gb/s. */
    private static final GateLimits SMALL = new GateLimits(128, 500_000, 1_000_000_000, 672);

    private static final GateLimits TINY = new GateLimits(12, 1_000_000_000, 2_000_000, 672);

    private record Piece(long startNs, long endNs, int open) {}

    static Stream<Arguments> ports() {
        List<Arguments> ports = new ArrayList<>();
        for (long seed = 1; seed <= 5; seed++) {
            for (GateLimits limits : List.of(GatePlanner.SOFTWARE_LIMITS, SMALL, TINY)) {
                for (boolean lengthAware : new boolean[] {true, false}) {
                    ports.add(Arguments.of(seed, limits, lengthAware, RandomStreams.HARMONIC_NS));
                    ports.add(Arguments.of(seed, limits, lengthAware, RandomStreams.DECIMAL_NS));
                    ports.add(Arguments.of(seed, limits, lengthAware, RandomStreams.IRREGULAR_NS));
                }
            }
        }
        return ports.stream();
    }

    private static List<GatedWindow> windows(long seed, long[] periodsNs) {
        Timetable timetable = new Timetable(GIGABIT);
        RandomStreams streams = new RandomStreams(seed, periodsNs);
        List<GatedWindow> windows = new ArrayList<>();
        for (int i = 0; i < 6 * seed; i++) {
            StreamDemand demand = streams.next("s" + i);
            if (timetable.admit(List.of(demand)) instanceof Admitted admitted) {
                timetable.add("s" + i, admitted.windows().get(0));
                windows.add(new GatedWindow(admitted.windows().get(0), demand.trafficClass()));
            }
        }
        return windows;
    }

    private static List<Piece> pieces(GateControlList list) {
        List<Piece> pieces = new ArrayList<>();
        long at = list.baseTimeNs();
        while (at < list.baseTimeNs() + LOOKED_AT_NS) {
            for (Entry entry : list.entries()) {
                pieces.add(new Piece(at, at + entry.timeIntervalNs(), entry.gateStates()));
                at += entry.timeIntervalNs();
            }
        }
        return pieces;
    }

    @ParameterizedTest(name = "seed {0}, {1}, length-aware {2}")
    @MethodSource("ports")
    void shouldOpenEveryWindowAndKeepOtherTrafficOutOfIt(
            long seed, GateLimits limits, boolean lengthAware, long[] periodsNs) {
        List<GatedWindow> windows = windows(seed, periodsNs);
        GatePlan plan = new GatePlanner(GIGABIT, limits, lengthAware).plan(windows);
        GateControlList list = plan.list();

        assertThat(list.faults(limits)).isEmpty();
        assertThat(list.entries().stream().mapToLong(Entry::timeIntervalNs).sum())
                .isEqualTo(list.cycleTimeNs());
        int timed =
                windows.stream().mapToInt(gated -> 1 << gated.trafficClass()).reduce(0, (a, b) -> a | b);
        long leadNs = GIGABIT.guardNs() + (lengthAware ? 0 : GIGABIT.wireNs(GIGABIT.maxSduBytes()));
        List<Piece> pieces = pieces(list);
        long[] coveredNs = new long[pieces.size()];
        for (GatedWindow gated : windows) {
            Window window = gated.window();
            int mine = 1 << gated.trafficClass();
            int first = 0;
            for (long at = window.offsetNs(); at < pieces.get(pieces.size() - 1).endNs(); at += window.periodNs()) {
                while (first < pieces.size() && pieces.get(first).endNs() <= at - leadNs) {
                    first++;
                }
                for (int i = first; i < pieces.size() && pieces.get(i).startNs() < at + window.lengthNs(); i++) {
                    Piece piece = pieces.get(i);
                    assertThat(piece.open() & ~timed)
                            .as("other traffic in %s at %d", piece, at)
                            .isZero();
                    if (piece.endNs() > at) {
                        assertThat(piece.open() & mine)
                                .as("class of %s in %s at %d", gated, piece, at)
                                .isNotZero();
                        coveredNs[i] += Math.min(piece.endNs(), at + window.lengthNs()) - Math.max(piece.startNs(), at);
                    }
                }
            }
        }
        if (plan.form() == GatePlan.Form.EXACT) {
            for (int i = 0; i < coveredNs.length; i++) {
                Piece piece = pieces.get(i);
                if ((piece.open() & timed) != 0 && piece.startNs() >= list.baseTimeNs() + 10_000_000) {
                    assertThat(coveredNs[i]).as("%s", piece).isEqualTo(piece.endNs() - piece.startNs());
                }
            }
        } else {
            assertThat(plan.reason()).isNotEmpty();
        }
    }

    @Test
    void shouldLeaveAllGatesOpenWithoutWindows() {
        GatePlan plan = new GatePlanner(GIGABIT, SMALL, false).plan(List.of());
        assertThat(plan.list().entries()).containsExactly(Entry.set(0xff, 500_000));
    }

    @Test
    void shouldGiveOtherTrafficNoTimeWhereWindowsLieEverywhere() {
        GatePlan plan = new GatePlanner(GIGABIT, TINY, true)
                .plan(List.of(
                        new GatedWindow(new Window(1_000_000, 0, 600_000), 7),
                        new GatedWindow(new Window(999_999_999, 700_000, 100_000), 6)));
        assertThat(plan.form()).isEqualTo(GatePlan.Form.TIMED_ONLY);
        assertThat(plan.list().entries())
                .allSatisfy(entry -> assertThat(entry.gateStates()).isEqualTo(0xc0));
    }
}
