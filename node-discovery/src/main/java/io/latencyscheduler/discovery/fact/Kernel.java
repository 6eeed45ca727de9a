package io.latencyscheduler.discovery.fact;

/** The running kernel; {@code realTime} when it is a PREEMPT_RT build. */
public record Kernel(String release, boolean realTime) {}
