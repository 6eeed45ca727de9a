package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.contract.WireName;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The answer of a {@link Timetable}: windows for every stream asked for, or the one reason why not. */
public sealed interface Admission {
    /** All fit; windows in the order of the demands. */
    record Admitted(List<Window> windows) implements Admission {
        public Admitted {
            windows = List.copyOf(windows);
        }
    }

    /**
     * Not all fit; nothing is taken.
     *
     * <p>Cheap to make and to keep: its words are found when somebody asks, from the state of the port at the moment of
     * refusal. Any thread may ask.
     */
    final class Refused implements Admission {
        private final Refusal refusal;

        Refused(Refusal refusal) {
            this.refusal = refusal;
        }

        /** Name of the first stream that does not fit. */
        public String stream() {
            return refusal.demand().name();
        }

        /** Which test failed. */
        public Code code() {
            return refusal.code();
        }

        /** Why, in words: the port, the test, the stream it collides with, and what would fit. */
        public String sentence() {
            return refusal.sentence();
        }

        /** The windows it collides with first, where the reason is a collision. */
        public Optional<Holding> collision() {
            return refusal.collision();
        }

        /** The shortest deadline above the one asked for that would fit, with the same period; empty when none would. */
        public OptionalLong nearestDeadlineNs() {
            return refusal.nearestDeadlineNs();
        }

        /** A near period that would fit; a lower one if there is one. It is a proposal: nothing is ever rounded to it. */
        public OptionalLong nearestPeriodNs() {
            return refusal.nearestPeriodNs();
        }

        @Override
        public String toString() {
            return "Refused[" + code() + ": " + sentence() + "]";
        }
    }

    /** The tests in the order of their cost. */
    enum Test implements WireName {
        /** What the port and the stream are, whoever else is there. */
        STATIC("static"),
        /** Whether the port has that much time left at all. */
        DENSITY("density"),
        /** Whether a window is free where the deadline needs it. */
        WINDOW("window"),
        /** Whether the port's gates can open the windows and leave other traffic some time. */
        GATES("gates");

        private final String wireName;

        Test(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /** Which test failed, and how. */
    enum Code {
        /** The port supports other periods only. */
        PERIOD_UNSUPPORTED(Test.STATIC),
        /** Streams may not use this traffic class of the port. */
        CLASS_NOT_SERVED(Test.STATIC),
        /** The frame is larger than the port or the class takes. */
        FRAME_TOO_LARGE(Test.STATIC),
        /** The window alone is longer than the deadline or the period. */
        DEADLINE_TOO_SHORT(Test.STATIC),
        /** The window is shorter than the shortest interval of the port's gates. */
        WINDOW_TOO_SHORT(Test.STATIC),
        /** The jitter asked for is below what the port can hold. */
        JITTER_TOO_SMALL(Test.STATIC),
        /** The windows held and the one asked for need more than the whole time of the port. */
        PORT_FULL(Test.DENSITY),
        /** The period shares so little with that of an admitted stream that no offset avoids it. */
        PERIODS_CLASH(Test.WINDOW),
        /** Every offset that meets the deadline collides with an admitted window. */
        NO_FREE_WINDOW(Test.WINDOW),
        /** No gate control list within the port's limits has the windows and leaves other traffic any time. */
        GATES_EXHAUSTED(Test.GATES);

        private final Test test;

        Code(Test test) {
            this.test = test;
        }

        /** The test it belongs to. */
        public Test test() {
            return test;
        }
    }
}
