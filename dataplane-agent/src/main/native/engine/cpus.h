/* Which threads run where. */
#ifndef TSN_ENGINE_CPUS_H
#define TSN_ENGINE_CPUS_H

/*
 * Takes a CPU from the affinity of every thread of this process that may run elsewhere too, so that a poll thread pinned
 * to it has it for itself; threads to come inherit that. Of a JVM: its collector, its compilers, the application. Best
 * effort, for as long as the process lives. Threads of other processes are the operator's business (isolcpus, cpusets).
 */
void tsn_cpus_leave(int cpu);

#endif
