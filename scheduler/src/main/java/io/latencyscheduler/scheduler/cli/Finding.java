package io.latencyscheduler.scheduler.cli;

/** What {@code status} found out about one part. */
record Finding(Level level, String part, String sentence) {
    enum Level {
        OK,
        WARNING,
        ERROR
    }

    static Finding ok(String part, String sentence) {
        return new Finding(Level.OK, part, sentence);
    }

    static Finding warning(String part, String sentence) {
        return new Finding(Level.WARNING, part, sentence);
    }

    static Finding error(String part, String sentence) {
        return new Finding(Level.ERROR, part, sentence);
    }
}
