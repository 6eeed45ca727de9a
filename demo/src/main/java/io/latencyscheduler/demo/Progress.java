package io.latencyscheduler.demo;

import java.io.PrintStream;
import java.util.Locale;

/** Says on standard error what is being done, with the time since the start. */
final class Progress {
    private final PrintStream out;
    private final long startedNs = System.nanoTime();

    Progress(PrintStream out) {
        this.out = out;
    }

    void step(String sentence) {
        out.printf(Locale.ROOT, "%5.1f s  %s%n", seconds(), sentence);
    }

    double seconds() {
        return (System.nanoTime() - startedNs) / 1e9;
    }
}
