package io.latencyscheduler.sandbox.chaos;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.fault.TcpProxy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Two schedulers, one port, the agent of its node, and pods that come and go: in each round the leader is frozen, killed or
 * cut off while it binds, the other takes over, and the former comes back. An auditor that reads the API server alone
 * tells whether the port was ever given to two pods, and whether two ever ran with it; a pod that is not placed in the end
 * is stranded.
 */
public final class FailoverRounds {
    /** What befalls the leader. */
    public enum Fault {
        /** SIGSTOP past the end of its lease, then SIGCONT. */
        FROZEN("frozen (SIGSTOP)"),
        /** SIGKILL; a new one starts. */
        KILLED("killed (SIGKILL)"),
        /** Its connections look alive and carry nothing. */
        CUT_OFF("cut off");

        private final String words;

        Fault(String words) {
            this.words = words;
        }

        /** What befell it, as one says it. */
        public String words() {
            return words;
        }
    }

    /**
     * How to run.
     *
     * @param schedulerJar the scheduler
     * @param agentJar the dataplane-agent, which needs root here
     * @param manifests folder with {@code crds}
     * @param folder for logs, kubeconfigs and sockets, at most 70 bytes
     */
    public record Options(int rounds, long seed, Path schedulerJar, Path agentJar, Path manifests, Path folder) {}

    /**
     * What one round showed.
     *
     * @param placed pods bound in it
     * @param takenOverNs from the fault until a pod was placed by the other instance
     * @param longestWaitNs of any pod
     * @param stranded pods that were not placed, or not served and gone, in the end
     * @param violations what the auditor found
     * @param lasting of these, what was still so when no pod waited any more
     */
    public record Round(
            int number,
            Fault fault,
            int placed,
            long takenOverNs,
            long longestWaitNs,
            List<String> stranded,
            List<Auditor.Violation> violations,
            List<Auditor.Violation> lasting) {
        /**
         * Whether all was right that can be: a binding that a leader was about to send when it was frozen is sent when it
         * wakes, which no lease excludes; then the port is given twice for a moment, and still used by one pod at a time.
         */
        public boolean sound() {
            return stranded.isEmpty()
                    && lasting.isEmpty()
                    && violations.stream()
                            .allMatch(violation ->
                                    fault == Fault.FROZEN && violation.kind() == Auditor.Kind.PORT_GIVEN_TWICE);
        }
    }

    static final List<String> LEASE = List.of(
            "leader-election.lease-duration=2s",
            "leader-election.renew-deadline=1300ms",
            "leader-election.retry-period=300ms");
    private static final String NODE = "line-1";
    private static final List<String> PORTS = List.of("0000:05:00.0");
    private static final long PATIENCE_NS = Duration.ofMinutes(4).toNanos();
    private static final int WAITING = 20;
    private static final int LONGEST_RUN_MS = 40;
    private static final int PLACED_BEFORE = 10;
    private static final int PLACED_AFTER = 10;

    private final Options options;
    private final Consumer<Round> progress;
    private final Random random;
    private final List<Fault> ahead = new ArrayList<>();
    private final List<Round> rounds = new ArrayList<>();

    private FailoverRounds(Options options, Consumer<Round> progress) {
        this.options = options;
        this.progress = progress;
        this.random = new Random(options.seed());
    }

    /**
     * Runs all rounds.
     *
     * @param progress told of each round
     * @throws IllegalStateException when a scheduler does not do what a round needs, such as take over, within 4 minutes
     */
    public static List<Round> run(Options options, Consumer<Round> progress) throws IOException, InterruptedException {
        return new FailoverRounds(options, progress).run();
    }

    private List<Round> run() throws IOException, InterruptedException {
        try (ControlPlane plane = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
                TestCluster cluster = new TestCluster(plane, options.manifests(), pod -> true);
                Instance first = instance("a", plane);
                Instance second = instance("b", plane)) {
            cluster.addNode(NODE, PORTS, List.of());
            first.process.start();
            second.process.start();
            try (Tenants tenants = new Tenants(
                            cluster.api(),
                            WAITING,
                            LONGEST_RUN_MS,
                            random,
                            (name, any) -> manifest(name),
                            Set.of(NODE),
                            cluster.uses());
                    NodeAgent agent = new NodeAgent(
                            NODE, PORTS, options.agentJar(), options.folder(), plane, cluster.api(), tenants::served)) {
                await("the dataplane-agent to report", agent::reports);
                cluster.follow(tenants);
                for (int number = 1; number <= options.rounds(); number++) {
                    Round round = round(number, cluster, tenants, first, second);
                    rounds.add(round);
                    progress.accept(round);
                }
            }
            return rounds;
        }
    }

    private Round round(int number, TestCluster cluster, Tenants tenants, Instance first, Instance second)
            throws IOException, InterruptedException {
        await("both schedulers to follow the cluster", () -> first.process.ready() && second.process.ready());
        await("one of the schedulers to lead", () -> first.process.leads() || second.process.leads());
        tenants.resetLongestWait();
        int placedAtStart = tenants.placed();
        tenants.setCreating(true);
        placed(tenants, placedAtStart + PLACED_BEFORE + random.nextInt(PLACED_BEFORE));
        Instance leader = first.process.leads() ? first : second;
        Instance other = leader == first ? second : first;
        Fault fault = nextFault();
        Thread.sleep(random.nextInt(50));

        long faultAtNs = System.nanoTime();
        leader.suffer(fault);
        await("scheduler " + other.process.name() + " to take over", other.process::leads);
        placed(tenants, tenants.placed() + 1);
        long takenOverNs = System.nanoTime() - faultAtNs;
        placed(tenants, tenants.placed() + PLACED_AFTER);
        leader.recover(fault);
        placed(tenants, tenants.placed() + PLACED_AFTER);

        tenants.setCreating(false);
        List<String> stranded = tenants.awaitNoneLeft(PATIENCE_NS);
        return new Round(
                number,
                fault,
                tenants.placed() - placedAtStart,
                takenOverNs,
                tenants.longestWaitNs(),
                stranded,
                cluster.newViolations(),
                cluster.auditor().open());
    }

    /** Each as often as the others, in random order. */
    private Fault nextFault() {
        if (ahead.isEmpty()) {
            ahead.addAll(List.of(Fault.values()));
            Collections.shuffle(ahead, random);
        }
        return ahead.remove(0);
    }

    private static void placed(Tenants tenants, int count) throws InterruptedException {
        if (!tenants.awaitPlaced(count, PATIENCE_NS)) {
            throw new IllegalStateException("only " + tenants.placed() + " pods of " + count + " were placed in time");
        }
    }

    static void await(String what, BooleanSupplier arrived) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (!arrived.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("waited in vain for " + what);
            }
            Thread.sleep(50);
        }
    }

    private static String manifest(String name) {
        return """
            {apiVersion: v1, kind: Pod, metadata: {name: %s, annotations: {%sinterfaces: "1"}},
             spec: {schedulerName: latency-scheduler, automountServiceAccountToken: false,
                    containers: [{name: c, image: none}]}}
            """.formatted(name, Keys.PREFIX);
    }

    private Instance instance(String name, ControlPlane plane) throws IOException {
        TcpProxy proxy = TcpProxy.to(plane.url().getPort());
        List<String> properties = new ArrayList<>(LEASE);
        properties.addAll(List.of("queue.initial-backoff=20ms", "queue.max-backoff=320ms", "projector.enabled=false"));
        return new Instance(
                proxy,
                new SchedulerProcess(
                        "scheduler-" + name,
                        options.folder(),
                        options.schedulerJar(),
                        ControlPlane.freePort(),
                        java.net.URI.create("https://127.0.0.1:" + proxy.port()),
                        plane.token(),
                        plane.certificateAuthority(),
                        properties,
                        List.of()));
    }

    /** A scheduler and its way to the API server. */
    private record Instance(TcpProxy proxy, SchedulerProcess process) implements AutoCloseable {
        void suffer(Fault fault) throws IOException {
            switch (fault) {
                case FROZEN -> process.freeze();
                case KILLED -> process.kill();
                case CUT_OFF -> proxy.cut();
            }
        }

        void recover(Fault fault) throws IOException {
            switch (fault) {
                case FROZEN -> process.thaw();
                case KILLED -> process.start();
                case CUT_OFF -> proxy.restore();
            }
        }

        @Override
        public void close() {
            process.close();
            proxy.close();
        }
    }
}
