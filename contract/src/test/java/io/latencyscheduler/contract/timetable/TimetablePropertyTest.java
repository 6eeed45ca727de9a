package io.latencyscheduler.contract.timetable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission.Admitted;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever was admitted is laid out over the hyperperiod, occurrence by occurrence, and sent over a simulated wire. */
class TimetablePropertyTest {
    private record Admittance(StreamDemand demand, Window window) {}

    static Stream<Arguments> ports() {
        List<Arguments> ports = new ArrayList<>();
        for (long seed = 1; seed <= 4; seed++) {
            for (long rate : new long[] {100_000_000L, 1_000_000_000L, 10_000_000_000L}) {
                ports.add(Arguments.of("harmonic", seed, rate, RandomStreams.HARMONIC_NS));
                ports.add(Arguments.of("decimal", seed, rate, RandomStreams.DECIMAL_NS));
                ports.add(Arguments.of("irregular", seed, rate, RandomStreams.IRREGULAR_NS));
            }
        }
        return ports.stream();
    }

    private static List<Admittance> fill(Timetable timetable, RandomStreams streams, int asked, Random random) {
        List<Admittance> admitted = new ArrayList<>();
        for (int i = 0; i < asked; i++) {
            StreamDemand demand = streams.next("s" + i);
            boolean fits = timetable.fits(List.of(demand));
            Admission admission = timetable.admit(List.of(demand));
            assertThat(admission instanceof Admitted).isEqualTo(fits);
            if (admission instanceof Admitted yes) {
                Window window = yes.windows().get(0);
                timetable.add("s" + i, window);
                admitted.add(new Admittance(demand, window));
            }
            if (random.nextInt(8) == 0 && !admitted.isEmpty()) {
                Admittance gone = admitted.remove(random.nextInt(admitted.size()));
                timetable.remove(gone.demand().name());
            }
        }
        return admitted;
    }

    @ParameterizedTest(name = "{0} periods, seed {1}, {2} b/s")
    @MethodSource("ports")
    void shouldNeverCollideNorMissADeadline(String name, long seed, long linkRateBps, long[] periodsNs) {
        PortTiming timing = new PortTiming(linkRateBps, seed % 2 == 0 ? 50 : 0, 200 * seed, 1522);
        Timetable timetable = new Timetable("uplink0", timing);
        Random random = new Random(seed);
        List<Admittance> admitted = fill(timetable, new RandomStreams(seed, periodsNs), 120, random);
        assertThat(admitted).hasSizeGreaterThan(3);

        assertOccurrencesNeverOverlap(admitted);
        for (Admittance admittance : admitted) {
            assertDeadlineIsKept(admittance, random);
        }
        assertFramesStartAtTheirWindows(timing, admitted, seed);
    }

    /** A shortest deadline is remembered for all frames from one size on: it must never say no where the whole test says yes. */
    @ParameterizedTest(name = "{0} periods, seed {1}, {2} b/s")
    @MethodSource("ports")
    void shouldRuleOutByShortestDeadlinesOnlyWhatTheWholeTestRefuses(
            String name, long seed, long linkRateBps, long[] periodsNs) {
        Random random = new Random(seed);
        NodeDataplane.GateLimits gates = random.nextBoolean()
                ? null
                : new NodeDataplane.GateLimits(
                        256, 1_000_000_000L, 1_000_000_000L, wire(linkRateBps, 64 + random.nextInt(900)));
        PortTiming timing = new PortTiming(
                linkRateBps,
                0,
                200 * seed,
                1522,
                List.of(new NodeDataplane.ClassLimit(6, random.nextBoolean(), 3_000, 1_000)),
                List.of(),
                gates);
        Timetable timetable = new Timetable("uplink0", timing);
        RandomStreams streams = new RandomStreams(seed, periodsNs);
        int ruledOut = 0;
        int exactly = 0;
        for (int i = 0; i < 400; i++) {
            StreamDemand demand = streams.next("s" + i);
            int smallerBytes = 64 + random.nextInt(demand.frameBytes() - 63);
            boolean fits = timetable.fits(List.of(demand));
            long forSmallerNs = timetable.shortestDeadlineNs(demand.ofFrame(smallerBytes), Preparation.UNLIMITED);
            if (forSmallerNs > demand.deadlineNs()) {
                assertThat(fits)
                        .as("%s, judged by a frame of %d bytes", demand, smallerBytes)
                        .isFalse();
                ruledOut++;
            }
            long shortestNs = timetable.shortestDeadlineNs(demand, Preparation.UNLIMITED);
            boolean mayBeGivenUp = shortestNs <= timing.windowNs(demand.frameBytes(), demand.trafficClass());
            if (shortestNs <= demand.deadlineNs()
                    && !mayBeGivenUp
                    && demand.phase().kind() != Phase.Kind.FREE
                    && gates == null) {
                StreamDemand hurried = new StreamDemand(
                        "s",
                        demand.periodNs(),
                        shortestNs,
                        demand.frameBytes(),
                        demand.phase(),
                        OptionalLong.empty(),
                        demand.trafficClass());
                boolean fitsThen = !(timetable.admit(List.of(hurried)) instanceof Admission.Refused refused)
                        || refused.code() == Admission.Code.GATES_EXHAUSTED;
                assertThat(fitsThen).as("%s", hurried).isTrue();
                exactly++;
            }
            if (timetable.admit(List.of(demand)) instanceof Admitted yes) {
                timetable.add("s" + i, yes.windows().get(0));
            } else if (random.nextInt(10) == 0) {
                timetable.remove("s" + random.nextInt(i + 1));
            }
        }
        assertThat(ruledOut).isPositive();
        assertThat(exactly + (gates == null ? 0 : 1)).isPositive();
    }

    private static long wire(long linkRateBps, int frameBytes) {
        return new PortTiming(linkRateBps, 0, 0, 1522).wireNs(frameBytes);
    }

    @ParameterizedTest(name = "{0} periods, seed {1}, {2} b/s")
    @MethodSource("ports")
    void shouldAnswerInATrialAsAPortThatNeverHadAnotherPast(
            String name, long seed, long linkRateBps, long[] periodsNs) {
        PortTiming timing = new PortTiming(linkRateBps, 0, 1_000, 1522);
        Timetable real = new Timetable("uplink0", timing);
        Random random = new Random(seed);
        RandomStreams streams = new RandomStreams(seed, periodsNs);
        fill(real, streams, 60, random);
        List<Holding> before = real.holdings();
        Timetable trial = real.trial();
        for (int i = 0; i < 150; i++) {
            List<Holding> held = trial.holdings();
            Holding some = held.isEmpty() ? null : held.get(random.nextInt(held.size()));
            if (some != null && random.nextInt(3) > 0) {
                trial.remove(some.owner());
                if (random.nextBoolean()) {
                    trial.add(some);
                    if (random.nextBoolean()) {
                        trial.remove(some.owner());
                    }
                }
            } else if (trial.admit(List.of(streams.next("t" + i))) instanceof Admitted yes) {
                trial.add("t" + random.nextInt(5), yes.windows().get(0));
            }
            Timetable anew = new Timetable("uplink0", timing);
            trial.holdings().forEach(anew::add);
            StreamDemand question = streams.next("q");
            assertThat(trial.fits(List.of(question))).isEqualTo(anew.fits(List.of(question)));
            assertThat(trial.utilisation()).isEqualTo(anew.utilisation(), within(1e-12));
        }
        assertThat(real.holdings()).isEqualTo(before);
    }

    private static void assertOccurrencesNeverOverlap(List<Admittance> admitted) {
        long hyperperiodNs = GatePlanner.leastCommonMultiple(admitted.stream()
                .map(admittance -> admittance.window().periodNs())
                .toList());
        List<long[]> occurrences = new ArrayList<>();
        for (Admittance admittance : admitted) {
            Window window = admittance.window();
            for (long at = window.offsetNs(); at < hyperperiodNs + window.periodNs(); at += window.periodNs()) {
                occurrences.add(new long[] {at, at + window.lengthNs()});
            }
        }
        occurrences.sort(Comparator.comparingLong(occurrence -> occurrence[0]));
        for (int i = 1; i < occurrences.size(); i++) {
            assertThat(occurrences.get(i)[0]).isGreaterThanOrEqualTo(occurrences.get(i - 1)[1]);
        }
    }

    /** From release to the end of the window that serves it, for the releases that the phase allows. */
    private static void assertDeadlineIsKept(Admittance admittance, Random random) {
        StreamDemand demand = admittance.demand();
        Window window = admittance.window();
        assertThat(demand.periodNs() % window.periodNs()).isZero();
        for (int i = 0; i < 20; i++) {
            long releaseNs = switch (demand.phase().kind()) {
                case ASSIGNED -> i * demand.periodNs();
                case FIXED -> demand.phase().releaseNs() + i * demand.periodNs();
                case FREE -> random.nextLong(10 * demand.periodNs());
            };
            long startNs = window.offsetNs();
            while (startNs < releaseNs) {
                startNs += window.periodNs();
            }
            assertThat(startNs + window.lengthNs() - releaseNs)
                    .as("%s in %s", demand, window)
                    .isLessThanOrEqualTo(demand.deadlineNs());
            if (demand.phase().kind() == Phase.Kind.FREE && demand.jitterNs().isPresent()) {
                assertThat(startNs - releaseNs)
                        .isLessThanOrEqualTo(demand.jitterNs().getAsLong());
            }
        }
    }

    /** Each stream sends in every period, other traffic floods: nothing shifts a stream by a nanosecond. */
    private static void assertFramesStartAtTheirWindows(PortTiming timing, List<Admittance> admitted, long seed) {
        List<GatedWindow> windows = admitted.stream()
                .map(admittance ->
                        new GatedWindow(admittance.window(), admittance.demand().trafficClass()))
                .toList();
        GatePlan plan = new GatePlanner(timing, GatePlanner.SOFTWARE_LIMITS, true).plan(windows);
        long untilNs = plan.list().baseTimeNs() + 6_000_000;
        List<WireSimulator.Frame> frames = new ArrayList<>();
        List<WireSimulator.Sent> expected = new ArrayList<>();
        for (Admittance admittance : admitted) {
            StreamDemand demand = admittance.demand();
            Window window = admittance.window();
            WireSimulator.Stream stream = new WireSimulator.Stream(demand.trafficClass(), demand.periodNs(), window);
            for (long at = window.offsetNs(); at < untilNs; at += demand.periodNs()) {
                if (at < plan.list().baseTimeNs()) {
                    continue;
                }
                frames.add(new WireSimulator.Frame(
                        demand.name(), stream, demand.trafficClass(), demand.frameBytes(), 0, at));
                expected.add(new WireSimulator.Sent(demand.name(), at, at + timing.wireNs(demand.frameBytes())));
            }
        }
        Random random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            frames.add(new WireSimulator.Frame(
                    "other",
                    null,
                    random.nextInt(5),
                    64 + random.nextInt(1459),
                    plan.list().baseTimeNs() + random.nextLong(6_000_000),
                    -1));
        }
        List<WireSimulator.Sent> sent = new WireSimulator(timing, plan.list())
                .run(frames, untilNs).stream()
                        .filter(one -> !one.id().equals("other"))
                        .toList();
        expected.sort(Comparator.comparingLong(WireSimulator.Sent::startNs));
        assertThat(sent).containsExactlyElementsOf(expected);
    }
}
