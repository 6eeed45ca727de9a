package io.latencyscheduler.dataplane.setup.judge;

import java.util.List;

/** One thing that is done to a host. */
public sealed interface Act {
    /** Writes a text into a file of /proc or /sys. */
    record Write(String path, String text) implements Act {}

    /** Runs a program. */
    record Run(List<String> command) implements Act {
        public Run {
            command = List.copyOf(command);
        }
    }
}
