package io.latencyscheduler.bench.scheduler;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How long pods wait that arrive one by one at a steady rate.
 *
 * @param perSecond arrivals
 * @param p50Ms from the moment the request to create a pod leaves to the moment its binding is seen, median
 * @param p99Ms likewise, nearest rank
 * @param maxMs the worst
 * @param cpuSecondsPer1000 of the scheduler
 */
record Arrivals(int perSecond, double p50Ms, double p99Ms, double maxMs, double cpuSecondsPer1000) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int CREATORS = 32;

    /** Creates pods at the rate, each at its own time however long the others take. */
    static Arrivals of(
            Rig rig,
            Workload workload,
            Contender contender,
            Contender.Running running,
            int perSecond,
            Duration duration)
            throws IOException, InterruptedException {
        int pods = (int) (perSecond * duration.toSeconds());
        Map<String, Long> sentAtNs = new ConcurrentHashMap<>();
        try (BoundWatch watch = BoundWatch.open(rig.control, Rig.NAMESPACE)) {
            double cpuBefore = ProcessUsage.cpuSeconds(running.pid());
            long beginNs = System.nanoTime();
            Parallel.run(CREATORS, pods, number -> {
                long waitNs = beginNs + number * 1_000_000_000L / perSecond - System.nanoTime();
                if (waitNs > 0) {
                    Thread.sleep(waitNs / 1_000_000, (int) (waitNs % 1_000_000));
                }
                sentAtNs.put(Rig.podName(number), System.nanoTime());
                rig.createPod(workload, number, contender.schedulerName());
            });
            watch.await(pods, PATIENCE);
            double cpu = ProcessUsage.cpuSeconds(running.pid()) - cpuBefore;
            long[] waitsNs = watch.boundAtNs().entrySet().stream()
                    .mapToLong(bound -> bound.getValue() - sentAtNs.getOrDefault(bound.getKey(), bound.getValue()))
                    .sorted()
                    .toArray();
            return new Arrivals(
                    perSecond,
                    quantileMs(waitsNs, 0.5),
                    quantileMs(waitsNs, 0.99),
                    quantileMs(waitsNs, 1),
                    cpu * 1000 / pods);
        }
    }

    private static double quantileMs(long[] sortedNs, double quantile) {
        int rank = (int) Math.ceil(quantile * sortedNs.length);
        return sortedNs[Math.max(0, rank - 1)] / 1e6;
    }

    /** The run with the median of the p99s. */
    static Arrivals median(Arrivals[] runs) {
        Arrivals[] sorted = runs.clone();
        Arrays.sort(sorted, (a, b) -> Double.compare(a.p99Ms, b.p99Ms));
        return sorted[(sorted.length - 1) / 2];
    }
}
