package io.latencyscheduler.contract.timetable;

import io.latencyscheduler.scheduler.kube.SyntheticCluster;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.latencyscheduler.scheduler.plugin.StreamSettings;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What the scheduler's whole decision on a pod with one stream costs where every node's port is as full as it gets: with all
 * plugins, from the pod's coming to its binding or refusal. Every pod asks something else, so no refusal serves another. CPU time of the
 * thread, so that a shared machine does not blur it.
 */
final class StreamDecisions {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int TEMPLATES = 100;
    private static final int DECISIONS = 1_000;

    private StreamDecisions() {}

    static void print(int nodes) {
        System.out.println(
                "A pod with one stream is decided among nodes whose ports are as full as they get; CPU time");
        System.out.println(
                "| port | nodes | may preempt | first 100, worst, ms | median, ms | p99, ms | worst, ms | placed |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        for (Scenario scenario : List.of(Scenario.STREAMS_60_1G_HARMONIC, Scenario.STREAMS_300_1G_DECIMAL)) {
            row(scenario, nodes, 0, DECISIONS);
        }
        row(Scenario.STREAMS_60_1G_HARMONIC, nodes / 5, 1_000, DECISIONS / 5);
    }

    /** @param priority of the pods; those that hold the ports have none, and one stream each if they may be preempted */
    private static void row(Scenario scenario, int nodes, int priority, int decisions) {
        SyntheticCluster cluster = filled(scenario, nodes, priority > 0);
        Random random = new Random(1);
        double firstMs = 0;
        for (int i = 0; i < 100; i++) {
            firstMs = Math.max(firstMs, Math.abs(decideMs(cluster, cluster.pod(scenario.next(random), priority))));
        }
        double[] ms = new double[decisions];
        int placed = 0;
        for (int i = 0; i < decisions; i++) {
            double took = decideMs(cluster, cluster.pod(scenario.next(random), priority));
            placed += took > 0 ? 1 : 0;
            ms[i] = Math.abs(took);
        }
        Arrays.sort(ms);
        System.out.printf(
                Locale.ROOT,
                "| %s | %,d | %s | %.2f | %.2f | %.2f | %.2f | %.1f%% |%n",
                scenario,
                nodes,
                priority > 0 ? "yes" : "no",
                firstMs,
                ms[decisions / 2],
                ms[decisions * 99 / 100],
                ms[decisions - 1],
                100.0 * placed / decisions);
    }

    private static SyntheticCluster filled(Scenario scenario, int nodes, boolean onePodPerStream) {
        SyntheticCluster cluster =
                new SyntheticCluster(nodes, DefaultPlugins.create(TierSettings.DEFAULT, StreamSettings.DEFAULT));
        List<List<Window>> templates = new ArrayList<>();
        for (int seed = 0; seed < TEMPLATES; seed++) {
            templates.add(scenario.filled(seed).holdings().stream()
                    .map(Holding::window)
                    .toList());
        }
        for (int node = 0; node < nodes; node++) {
            cluster.agent(node, scenario.timing.linkRateBps());
            List<Window> windows = templates.get(node % TEMPLATES);
            if (onePodPerStream) {
                for (Window window : windows) {
                    cluster.hold(node, List.of(window));
                }
            } else {
                cluster.hold(node, windows);
            }
        }
        return cluster;
    }

    /** CPU milliseconds; negative when the pod was not placed. */
    private static double decideMs(SyntheticCluster cluster, PodInfo pod) {
        long start = THREADS.getCurrentThreadCpuTime();
        boolean placed = cluster.pass(pod);
        double ms = (THREADS.getCurrentThreadCpuTime() - start) / 1e6;
        return placed ? ms : -ms;
    }
}
