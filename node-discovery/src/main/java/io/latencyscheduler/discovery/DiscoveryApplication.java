package io.latencyscheduler.discovery;

import picocli.CommandLine;

/** Starts the program. Spring is only started for the daemon, so that {@code --dry-run} answers at once. */
public final class DiscoveryApplication {
    private DiscoveryApplication() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new DiscoveryCommand()).execute(args));
    }
}
