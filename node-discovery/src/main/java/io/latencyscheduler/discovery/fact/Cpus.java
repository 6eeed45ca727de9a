package io.latencyscheduler.discovery.fact;

/**
 * How the CPUs are divided.
 *
 * @param isolated taken from the kernel's scheduler, as ranges such as {@code 2-5,8}; empty when none
 * @param nohzFull without a timer tick, likewise
 * @param numaNodes number of NUMA nodes, at least 1
 */
public record Cpus(String isolated, String nohzFull, int numaNodes) {}
