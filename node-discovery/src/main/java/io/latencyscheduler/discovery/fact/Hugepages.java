package io.latencyscheduler.discovery.fact;

/** Hugepages of one size on one NUMA node; {@code numaNode} is -1 on a kernel without NUMA. */
public record Hugepages(int numaNode, long pageSizeBytes, long total, long free) {}
