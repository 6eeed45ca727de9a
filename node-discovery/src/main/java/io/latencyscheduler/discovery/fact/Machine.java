package io.latencyscheduler.discovery.fact;

/** Summary of processors and memory. */
public record Machine(int cpuSockets, int cpuCores, int cpuThreads, long memoryBytes) {}
