package io.latencyscheduler.bench.scheduler;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * How fast a fresh process places pods that were there before it.
 *
 * @param podsPerSecond from the first binding seen to the last
 * @param secondHalfPerSecond the same of the second half of the pods
 * @param firstBoundSeconds from the start of the process to the first binding; 0 for raw bindings
 * @param cpuSecondsPer1000 of the scheduler from its first binding until it rests; 0 for raw bindings
 * @param startCpuSeconds of the scheduler before its first binding; 0 for raw bindings
 * @param serverCpuSecondsPer1000 of etcd and kube-apiserver in the same time
 * @param peakMemoryMib largest resident memory of the scheduler; 0 for raw bindings
 */
record Drain(
        double podsPerSecond,
        double secondHalfPerSecond,
        double firstBoundSeconds,
        double cpuSecondsPer1000,
        double startCpuSeconds,
        double serverCpuSecondsPer1000,
        double peakMemoryMib) {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration LONGEST_AFTERMATH = Duration.ofSeconds(60);
    private static final long LOOK_EVERY_MS = 500;
    /** Less CPU than this between two looks is rest. */
    private static final double RESTING_CPU_SECONDS = 0.05;

    /** Starts the scheduler on {@code pods} pods that exist and waits until all are bound. The caller ends the process. */
    static Drain of(Rig rig, BoundWatch watch, Contender.Running running, long startedAtNs, int pods)
            throws IOException, InterruptedException {
        watch.await(1, PATIENCE);
        double cpuAtFirst = ProcessUsage.cpuSeconds(running.pid());
        double serverAtFirst = rig.serverCpuSeconds();
        watch.await(pods, PATIENCE);
        List<Long> boundAt = watch.boundAtNs().values().stream().sorted().toList();
        awaitRest(running);
        return new Drain(
                rate(boundAt, 0),
                rate(boundAt, boundAt.size() / 2),
                (boundAt.get(0) - startedAtNs) / 1e9,
                (ProcessUsage.cpuSeconds(running.pid()) - cpuAtFirst) * 1000 / pods,
                cpuAtFirst,
                (rig.serverCpuSeconds() - serverAtFirst) * 1000 / pods,
                ProcessUsage.peakMemoryMib(running.pid()));
    }

    /** Binds the same pods without deciding anything: what this API server can take at most from one such client. */
    static Drain raw(Rig rig, BoundWatch watch, int pods, int inFlight) throws IOException, InterruptedException {
        double serverBefore = rig.serverCpuSeconds();
        rig.bindPods(pods, inFlight);
        watch.await(pods, PATIENCE);
        List<Long> boundAt = watch.boundAtNs().values().stream().sorted().toList();
        return new Drain(
                rate(boundAt, 0),
                rate(boundAt, boundAt.size() / 2),
                0,
                0,
                0,
                (rig.serverCpuSeconds() - serverBefore) * 1000 / pods,
                0);
    }

    private static double rate(List<Long> sortedNs, int from) {
        int last = sortedNs.size() - 1;
        return (last - from) * 1e9 / (sortedNs.get(last) - sortedNs.get(from));
    }

    /** What a scheduler writes behind its bindings, such as events, is part of a pod's cost. */
    private static void awaitRest(Contender.Running running) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + LONGEST_AFTERMATH.toNanos();
        double before = ProcessUsage.cpuSeconds(running.pid());
        while (System.nanoTime() < deadline) {
            Thread.sleep(LOOK_EVERY_MS);
            double now = ProcessUsage.cpuSeconds(running.pid());
            if (now - before < RESTING_CPU_SECONDS) {
                return;
            }
            before = now;
        }
    }
}
