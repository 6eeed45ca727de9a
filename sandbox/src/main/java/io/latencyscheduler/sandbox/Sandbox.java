package io.latencyscheduler.sandbox;

/** Starts the program. */
public final class Sandbox {
    private Sandbox() {}

    public static void main(String[] args) {
        System.exit(2);
    }
}
