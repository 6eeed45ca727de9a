package io.latencyscheduler.contract.timetable;

import java.util.List;

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
     * @param stream name of the first stream that does not fit
     * @param code which test failed
     * @param sentence why, in words, with the stream it collides with where there is one
     */
    record Refused(String stream, Code code, String sentence) implements Admission {}

    /** Which test failed. */
    enum Code {
        /** The frame is larger than the port takes. */
        FRAME_TOO_LARGE,
        /** The window alone is longer than the deadline or the period. */
        DEADLINE_TOO_SHORT,
        /** The jitter asked for is below what the port can hold. */
        JITTER_TOO_SMALL,
        /** Every offset that meets the deadline collides with an admitted window. */
        NO_FREE_WINDOW
    }
}
