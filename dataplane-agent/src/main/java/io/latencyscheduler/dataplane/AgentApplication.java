package io.latencyscheduler.dataplane;

/** Starts the program. */
public final class AgentApplication {
    private AgentApplication() {}

    public static void main(String[] args) {
        System.exit(2);
    }
}
