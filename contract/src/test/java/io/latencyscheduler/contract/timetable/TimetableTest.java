package io.latencyscheduler.contract.timetable;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeDataplane.ClassLimit;
import io.latencyscheduler.contract.NodeDataplane.GateLimits;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission.Admitted;
import io.latencyscheduler.contract.timetable.Admission.Code;
import io.latencyscheduler.contract.timetable.Admission.Refused;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TimetableTest {
    private static final PortTiming GIGABIT = new PortTiming(1_000_000_000, 0, 1_000, 1522);
    private static final StreamDemand PLC = stream("plc", 1_000_000, 250_000, Phase.ASSIGNED);

    private static StreamDemand stream(String name, long periodNs, long deadlineNs, Phase phase) {
        return new StreamDemand(name, periodNs, deadlineNs, 1522, phase, OptionalLong.empty(), 7);
    }

    private static Window admitted(Timetable timetable, StreamDemand demand) {
        return ((Admitted) timetable.admit(List.of(demand))).windows().get(0);
    }

    private static Refused refused(Timetable timetable, StreamDemand... demands) {
        return (Refused) timetable.admit(List.of(demands));
    }

    @ParameterizedTest(name = "{0} bytes with {1} bytes of overhead need {2} ns")
    @CsvSource({"1522, 0, 13336", "64, 0, 1672", "1522, 50, 13736"})
    void shouldComputeWindowsOfAGigabitPort(int frameBytes, int overheadBytes, long windowNs) {
        assertThat(new PortTiming(1_000_000_000, overheadBytes, 1_000, 1522).windowNs(frameBytes))
                .isEqualTo(windowNs);
    }

    @Test
    void shouldFitEighteenPlcStreamsAndRefuseTheNineteenth() {
        Timetable timetable = new Timetable("uplink0", GIGABIT);
        for (int i = 0; i < 18; i++) {
            Window window = admitted(timetable, PLC);
            assertThat(window.offsetNs()).isBetween(0L, 236_664L);
            assertThat(timetable.meeting(window)).isEmpty();
            timetable.add("default/plc-" + i, "s0", window);
        }
        assertThat(timetable.fits(List.of(PLC))).isFalse();
        Refused refused = refused(timetable, PLC);
        assertThat(refused.code()).isEqualTo(Code.NO_FREE_WINDOW);
        assertThat(refused.collision())
                .get()
                .extracting(Holding::owner)
                .asString()
                .startsWith("default/plc-");
        assertThat(refused.nearestDeadlineNs()).hasValue(263_336);
        timetable.remove("default/plc-7");
        assertThat(timetable.fits(List.of(PLC))).isTrue();
    }

    @Test
    void shouldPutAFixedPhaseBetweenItsReleaseAndItsDeadline() {
        Timetable timetable = new Timetable(GIGABIT);
        StreamDemand fixed = stream("motion", 1_000_000, 100_000, Phase.fixed(950_000));
        for (int i = 0; i < 7; i++) {
            Window window = admitted(timetable, fixed);
            assertThat(Math.floorMod(window.offsetNs() - 950_000, 1_000_000L)).isLessThanOrEqualTo(100_000 - 13_336);
            timetable.add("pod-" + i, window);
        }
        assertThat(timetable.fits(List.of(fixed))).isFalse();
    }

    @Test
    void shouldGiveAFreePhaseTheFewestWindowsThatKeepItsDeadline() {
        Timetable timetable = new Timetable(GIGABIT);
        assertThat(admitted(timetable, stream("free", 1_000_000, 250_000, Phase.FREE))
                        .periodNs())
                .isEqualTo(200_000);
        // A window every 200 µs has no room beside one every 125 µs: their gcd of 25 µs holds only one. 125 µs has.
        timetable.add("other", new Window(125_000, 0, 13_336));
        timetable.add("another", new Window(500_000, 20_000, 13_336));
        assertThat(admitted(timetable, stream("free", 1_000_000, 250_000, Phase.FREE))
                        .periodNs())
                .isEqualTo(125_000);
    }

    @Test
    void shouldAdmitSeveralStreamsAllOrNone() {
        Timetable timetable = new Timetable(GIGABIT);
        StreamDemand tight = stream("tight", 1_000_000, 13_336, Phase.ASSIGNED);
        StreamDemand lax = stream("lax", 1_000_000, 30_000, Phase.ASSIGNED);
        Admitted both = (Admitted) timetable.admit(List.of(lax, tight));
        assertThat(both.windows().get(1).offsetNs()).isZero();
        assertThat(both.windows().get(0).meets(both.windows().get(1))).isFalse();
        assertThat(refused(timetable, tight, lax, tight).stream()).isEqualTo("tight");
        assertThat(timetable.holdings()).isEmpty();
    }

    @Test
    void shouldLeaveATrialAloneWhenTheOriginalChanges() {
        Timetable timetable = new Timetable(GIGABIT);
        timetable.add("a", admitted(timetable, PLC));
        Timetable copy = timetable.trial();
        timetable.remove("a");
        copy.add("b", admitted(copy, PLC));
        assertThat(timetable.holdings()).isEmpty();
        assertThat(copy.holdings()).extracting(Holding::owner).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void shouldUseTheWholePort() {
        Timetable timetable = new Timetable(new PortTiming(1_000_000_000, 0, 0, 1522));
        StreamDemand smallest = new StreamDemand("s", 6_720, 6_720, 64, Phase.ASSIGNED, OptionalLong.empty(), 7);
        for (int i = 0; i < 10; i++) {
            timetable.add("pod-" + i, admitted(timetable, smallest));
        }
        assertThat(timetable.utilisation()).isEqualTo(1.0);
        assertThat(refused(timetable, smallest).code()).isEqualTo(Code.PORT_FULL);
    }

    @Test
    void shouldAskWithoutAllocatingOnceAPeriodIsKnown() {
        Timetable timetable = new Timetable(GIGABIT);
        RandomStreams streams = new RandomStreams(1, RandomStreams.HARMONIC_NS);
        List<List<StreamDemand>> questions = new java.util.ArrayList<>();
        for (int i = 0; i < 200; i++) {
            StreamDemand demand = streams.next("s" + i);
            questions.add(List.of(demand));
            if (timetable.admit(List.of(demand)) instanceof Admitted admitted) {
                timetable.add("s" + i, admitted.windows().get(0));
            }
        }
        questions.forEach(timetable::fits);
        var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        threads.getCurrentThreadAllocatedBytes();
        long before = threads.getCurrentThreadAllocatedBytes();
        int fitting = 0;
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < questions.size(); i++) {
                fitting += timetable.fits(questions.get(i)) ? 1 : 0;
            }
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("bytes for 20,000 answers, %d of them yes", fitting)
                .isLessThan(20_000);
    }

    @Test
    void shouldKeepShortPeriodsPossibleByPuttingLongOnesIntoTheShadow() {
        Timetable timetable = new Timetable(GIGABIT);
        timetable.add("short", new Window(125_000, 0, 13_336));
        for (int i = 0; i < 32; i++) {
            StreamDemand slow = stream("slow" + i, 4_000_000, 4_000_000, Phase.ASSIGNED);
            timetable.add("slow" + i, admitted(timetable, slow));
        }
        // First fit would have put the 32 windows at 32 different offsets modulo 125 µs; they share one.
        StreamDemand fast = stream("fast", 125_000, 125_000, Phase.ASSIGNED);
        for (int i = 0; i < 7; i++) {
            timetable.add("fast" + i, admitted(timetable, fast));
        }
    }

    static Stream<Arguments> refusals() {
        PortTiming limited = new PortTiming(
                1_000_000_000,
                0,
                1_000,
                1522,
                List.of(new ClassLimit(6, true, 2_000, 300), new ClassLimit(0, false, 1_000, 1522)),
                List.of(1_000_000L, 4_000_000L));
        return Stream.of(
                Arguments.of(
                        "a period the port does not support",
                        limited,
                        new StreamDemand("s0", 3_000_000, 3_000_000, 64, Phase.ASSIGNED, OptionalLong.empty(), 7),
                        Code.PERIOD_UNSUPPORTED,
                        "stream s0 on port uplink0: period of 3ms, the port supports 1ms, 4ms (static test);"
                                + " a period of 1ms would fit"),
                Arguments.of(
                        "a class that is not for streams",
                        limited,
                        new StreamDemand("s0", 1_000_000, 1_000_000, 64, Phase.ASSIGNED, OptionalLong.empty(), 0),
                        Code.CLASS_NOT_SERVED,
                        "stream s0 on port uplink0: streams may not use traffic class 0 of the port (static test)"),
                Arguments.of(
                        "a frame above queueMaxSDU",
                        limited,
                        new StreamDemand("s0", 1_000_000, 1_000_000, 301, Phase.ASSIGNED, OptionalLong.empty(), 6),
                        Code.FRAME_TOO_LARGE,
                        "stream s0 on port uplink0: frame of 301 bytes, the port takes 300 in traffic class 6"
                                + " (static test)"),
                Arguments.of(
                        "a jitter below the guard of the class",
                        limited,
                        new StreamDemand("s0", 1_000_000, 1_000_000, 64, Phase.ASSIGNED, OptionalLong.of(1_999), 6),
                        Code.JITTER_TOO_SMALL,
                        "stream s0 on port uplink0: jitter of 1999ns is below the port's guard of 2µs (static test)"),
                Arguments.of(
                        "a deadline below the frame's own time",
                        GIGABIT,
                        stream("s0", 1_000_000, 13_335, Phase.ASSIGNED),
                        Code.DEADLINE_TOO_SHORT,
                        "stream s0 on port uplink0: its frame needs 13336ns on this port, its deadline is 13335ns"
                                + " (static test); a deadline of 13336ns would fit"),
                Arguments.of(
                        "a free phase whose jitter does not cover the wait",
                        GIGABIT,
                        new StreamDemand("s0", 1_000_000, 1_000_000, 1522, Phase.FREE, OptionalLong.of(13_000), 7),
                        Code.DEADLINE_TOO_SHORT,
                        "stream s0 on port uplink0: no whole fraction of its period, down to 1/1024, is short enough"
                                + " for a deadline of 1ms and a jitter of 13µs (static test)"));
    }

    static Stream<Arguments> gateLimits() {
        return Stream.of(
                Arguments.of(
                        "a window shorter than the shortest interval",
                        new GateLimits(128, 1_000_000_000, 1_000_000_000, 20_000),
                        stream("s0", 1_000_000, 250_000, Phase.ASSIGNED),
                        Code.WINDOW_TOO_SHORT,
                        "stream s0 on port uplink0: its window of 13336ns is shorter than the shortest interval of the"
                                + " port's gates, 20µs (static test)"),
                Arguments.of(
                        "a period longer than the cycle",
                        new GateLimits(128, 1_000_000_000, 2_000_000, 672),
                        stream("s0", 3_000_000, 250_000, Phase.ASSIGNED),
                        Code.GATES_EXHAUSTED,
                        "stream s0 on port uplink0: with its windows, no gate control list of 128 entries and a cycle"
                                + " of 2ms, which the port takes, leaves other traffic any time (gates test);"
                                + " a period of 2ms would fit"),
                Arguments.of(
                        "a list that has room for one entry alone",
                        new GateLimits(1, 1_000_000_000, 1_000_000_000, 672),
                        stream("s0", 1_000_000, 250_000, Phase.ASSIGNED),
                        Code.GATES_EXHAUSTED,
                        "stream s0 on port uplink0: with its windows, no gate control list of 1 entries and a cycle"
                                + " of 1s, which the port takes, leaves other traffic any time (gates test)"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("gateLimits")
    void shouldRefuseWhatTheGatesOfThePortCannotOpen(
            String name, GateLimits gates, StreamDemand demand, Code code, String sentence) {
        PortTiming timing = new PortTiming(1_000_000_000, 0, 1_000, 1522, List.of(), List.of(), gates);
        shouldSayWhyAStreamCanNeverFit(name, timing, demand, code, sentence);
    }

    @Test
    void shouldAnswerAfterSomeTurnsAsItWouldAtOnce() {
        for (long seed = 1; seed <= 20; seed++) {
            RandomStreams streams = new RandomStreams(seed, RandomStreams.DECIMAL_NS);
            Timetable filled = new Timetable("uplink0", GIGABIT);
            for (int i = 0; i < 80; i++) {
                if (filled.admit(List.of(streams.next("s" + i))) instanceof Admitted admitted) {
                    filled.add("s" + i, admitted.windows().get(0));
                }
            }
            Timetable unasked = new Timetable("uplink0", GIGABIT);
            filled.holdings().forEach(unasked::add);
            for (int i = 0; i < 20; i++) {
                List<StreamDemand> question = List.of(streams.next("q" + i), streams.next("r" + i));
                int turns = 1;
                Timetable.Fit fit = unasked.fits(question, new Preparation(1));
                while (fit == Timetable.Fit.UNKNOWN) {
                    fit = unasked.fits(question, new Preparation(1));
                    turns++;
                }
                assertThat(turns).as("seed %d", seed).isLessThan(8);
                assertThat(fit == Timetable.Fit.YES)
                        .as("seed %d, %s", seed, question)
                        .isEqualTo(filled.fits(question));
            }
        }
    }

    @Test
    void shouldSayWhatAWindowTakesFromOtherPeriods() {
        Timetable timetable = new Timetable("uplink0", GIGABIT);
        assertThat(timetable.fragmentation(List.of(new Window(1_000_000, 0, 13_336))))
                .isZero();
        timetable.add("short", new Window(125_000, 0, 12_500));
        timetable.add("shadow", new Window(500_000, 100_000, 12_500));
        // In the shadow of what every 125 µs lose anyway: offset 225 µs lies 100 µs after a multiple of 125 µs.
        assertThat(timetable.fragmentation(List.of(new Window(1_000_000, 225_000, 12_500))))
                .isEqualTo(0.0125);
        // Elsewhere a tenth of the circle of 125 µs and a fortieth of that of 500 µs are lost.
        assertThat(timetable.fragmentation(List.of(new Window(1_000_000, 50_000, 12_500))))
                .isEqualTo(0.0625);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void shouldSayWhyAStreamCanNeverFit(
            String name, PortTiming timing, StreamDemand demand, Code code, String sentence) {
        Timetable timetable = new Timetable("uplink0", timing);
        Refused refused = refused(timetable, demand);
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.sentence()).isEqualTo(sentence);
        assertThat(timetable.fits(List.of(demand))).isFalse();
    }

    @Test
    void shouldNameTheStreamItCollidesWithAndWhatWouldFit() {
        Timetable timetable = new Timetable("uplink0", GIGABIT);
        timetable.add("plant/press", "s0", new Window(1_000_000, 0, 40_000));
        assertThat(refused(timetable, stream("s1", 2_000_000, 50_000, Phase.ASSIGNED))
                        .sentence())
                .isEqualTo("stream s1 on port uplink0: every offset that meets its deadline of 50µs collides with a"
                        + " window that is held, the first with plant/press (s0), 40µs at 0µs in every 1ms"
                        + " (window test); a deadline of 53336ns would fit");
    }

    @Test
    void shouldExplainPeriodsThatShareTooLittle() {
        Timetable timetable = new Timetable("uplink0", GIGABIT);
        timetable.add("plant/press", "s0", new Window(1_000_000, 0, 13_336));
        Refused refused = refused(timetable, stream("s1", 330_000, 330_000, Phase.ASSIGNED));
        assertThat(refused.code()).isEqualTo(Code.PERIODS_CLASH);
        assertThat(refused.sentence())
                .isEqualTo("stream s1 on port uplink0: its period of 330µs and the 1ms of plant/press (s0), 13336ns at"
                        + " 0µs in every 1ms share only 10µs, less than their two windows need (window test);"
                        + " a period of 250µs would fit");
    }
}
