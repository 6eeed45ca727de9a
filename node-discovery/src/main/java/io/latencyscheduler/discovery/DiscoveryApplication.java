package io.latencyscheduler.discovery;

/** Starts the program. */
public final class DiscoveryApplication {
    private DiscoveryApplication() {}

    public static void main(String[] args) {
        System.exit(2);
    }
}
