package io.latencyscheduler.scheduler;

/** Starts the program. */
public final class SchedulerApplication {
    private SchedulerApplication() {}

    public static void main(String[] args) {
        System.exit(2);
    }
}
