package io.latencyscheduler.bench.decision;

import io.latencyscheduler.scheduler.kube.SyntheticCluster;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.DefaultPlugins;
import io.latencyscheduler.scheduler.plugin.StreamSettings;
import io.latencyscheduler.scheduler.plugin.TierSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A pod comes, is decided with all plugins, reserved, bound by an API server that answers at once, and goes. */
@State(Scope.Thread)
// The collector of the manifests: what a store costs depends on it.
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class DecisionBenchmark {
    private static final int PODS = 256;

    @Param({"100", "1000", "5000", "15000"})
    public int nodes;

    /** What the pods ask. */
    @Param
    public SyntheticCluster.Asks asks = SyntheticCluster.Asks.PLAIN;

    private SyntheticCluster cluster =
            new SyntheticCluster(0, DefaultPlugins.create(TierSettings.DEFAULT, StreamSettings.DEFAULT));
    private final List<PodInfo> pods = new ArrayList<>();
    private int next;

    /** Makes the cluster up. */
    @Setup
    public void fill() {
        cluster = new SyntheticCluster(nodes, DefaultPlugins.create(TierSettings.DEFAULT, StreamSettings.DEFAULT));
        for (int i = 0; i < PODS; i++) {
            pods.add(cluster.pod(asks));
        }
    }

    /** One pod. */
    @Benchmark
    public boolean decide() {
        next = (next + 1) % PODS;
        return cluster.pass(pods.get(next));
    }
}
