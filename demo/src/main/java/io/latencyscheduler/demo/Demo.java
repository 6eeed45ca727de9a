package io.latencyscheduler.demo;

/** Starts the program. */
public final class Demo {
    private Demo() {}

    public static void main(String[] args) {
        System.exit(2);
    }
}
