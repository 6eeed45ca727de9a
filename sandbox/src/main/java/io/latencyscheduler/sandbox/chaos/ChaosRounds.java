package io.latencyscheduler.sandbox.chaos;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.fault.FaultPlan;
import io.latencyscheduler.sandbox.fault.FaultPlan.Fault;
import io.latencyscheduler.sandbox.fault.FaultProxy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Two schedulers behind proxies that spoil requests and watch events, on an API server that is restarted under them, with
 * pods that ask for ports, for windows or for nothing special. After each round nothing is spoiled any more, and all must
 * heal: every pod placed, nothing given twice still, labels true, queues empty.
 */
public final class ChaosRounds {
    /** What befalls the round beside single requests and events. */
    public enum Blow {
        NONE,
        LEADER_KILLED,
        LEADER_FROZEN,
        API_SERVER_RESTARTED,
        ETCD_RESTARTED,
        /** The leader's wall clock is set forward or back, and right again at the end of the round. */
        CLOCK_STEPPED,
        AGENT_KILLED
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

    /** What must not be, in the order in which one asks for it. */
    public enum Wrong {
        /** A port or window was given twice, or used twice at once. */
        OWNED_TWICE,
        /** A pod was not placed, or not served and gone, in the end. */
        STRANDED,
        /** An audit after all had healed found a scheduler's ledger to differ. */
        DRIFTED,
        /** What was given does not exist, is not the pod's own, or the pod could not run there. */
        MISPLACED,
        /** Labels, queues, watches or threads did not come to rest. */
        RESTLESS
    }

    /** One thing that is wrong, in a sentence. */
    public record Finding(Wrong wrong, String sentence) {}

    /**
     * What one round showed.
     *
     * @param placed pods bound in it
     * @param injected faults of each kind
     * @param excused given twice after a binding that came late, and over at the end: what no lease can exclude
     * @param faults everything else that the auditor found, and what did not heal
     * @param healedNs from the end of all faults until nothing waited any more
     * @param atRest what each scheduler held then, as one says it
     */
    public record Round(
            int number,
            Blow blow,
            int placed,
            Map<Fault, Long> injected,
            int excused,
            List<Finding> faults,
            long healedNs,
            List<String> atRest) {}

    private static final Map<String, List<String>> NODES = Map.of(
            "line-1", List.of("0000:05:00.0", "0000:05:00.1"),
            "line-2", List.of("0000:06:00.0"),
            "line-3", List.of(),
            "cordoned", List.of("0000:07:00.0", "0000:07:00.1"));
    private static final String NODE_WITH_AGENT = "line-1";
    private static final List<Duration> STEPS =
            List.of(Duration.ofHours(-1), Duration.ofSeconds(-3), Duration.ofSeconds(3), Duration.ofHours(1));
    private static final String GATED_NODE = "gated";
    private static final String GATED_PORT = "uplink0";
    private static final Duration HELD = Duration.ofSeconds(4);
    private static final Duration SPOILED = Duration.ofSeconds(4);
    private static final long PATIENCE_NS = Duration.ofMinutes(4).toNanos();
    /** All pools of a scheduler full, the JVM's own threads counted. */
    private static final int MOST_THREADS = 160;

    private static final String DRIFTS = "latency_scheduler_capacity_drift_total";
    private static final String AUDITS = "latency_scheduler_audits_total";
    /** Enough to see a difference twice, and to list everything anew. */
    private static final int REPAIRING_AUDITS = 3;
    /** One that is under way when they are counted, and two that see the same. */
    private static final int CONFIRMING_AUDITS = 3;

    private static final int WAITING = 12;
    private static final int LONGEST_RUN_MS = 800;

    private final Options options;
    private final Random random;
    private final FaultPlan plan;
    private Map<Fault, Long> counted = Map.of();
    private final List<SteppedClock> clocks = new ArrayList<>();
    private final List<Blow> ahead = new ArrayList<>();
    private int reflectorsAtFirst;

    private ChaosRounds(Options options) {
        this.options = options;
        this.random = new Random(options.seed());
        this.plan = new FaultPlan(options.seed())
                .with(Fault.PUSHED_BACK, 0.02)
                .with(Fault.SERVER_ERROR, 0.05)
                .with(Fault.RESET, 0.03)
                .with(Fault.HALF_OPEN, 0.01)
                .with(Fault.ANSWER_LOST, 0.05)
                .with(Fault.BINDING_LATE, 0.02)
                .with(Fault.EVENT_DROPPED, 0.01)
                .with(Fault.EVENT_REPEATED, 0.05)
                .with(Fault.EVENT_DELAYED, 0.05)
                .with(Fault.WATCH_CUT, 0.01)
                .with(Fault.WATCH_EXPIRED, 0.01)
                .with(Fault.WATCH_STALLED, 0.005);
    }

    /**
     * Runs all rounds.
     *
     * @param progress told of each round
     * @throws IllegalStateException when a scheduler does not come back within 4 minutes
     */
    public static List<Round> run(Options options, Consumer<Round> progress) throws IOException, InterruptedException {
        return new ChaosRounds(options).run(progress);
    }

    private List<Round> run(Consumer<Round> progress) throws IOException, InterruptedException {
        List<Round> rounds = new ArrayList<>();
        try (ControlPlane plane = ControlPlane.start(ControlPlaneOptions.fromEnvironment());
                TestCluster cluster = new TestCluster(
                        plane,
                        options.manifests(),
                        pod -> !Json.text(pod, "/spec/nodeName").equals("cordoned"));
                FaultProxy firstProxy = new FaultProxy(plane.httpClient(), plane.url(), plan, HELD);
                FaultProxy secondProxy = new FaultProxy(plane.httpClient(), plane.url(), plan, HELD);
                SchedulerProcess first = process("a", firstProxy, plane);
                SchedulerProcess second = process("b", secondProxy, plane)) {
            for (Map.Entry<String, List<String>> node : new TreeMap<>(NODES).entrySet()) {
                cluster.addNode(node.getKey(), node.getValue(), List.of());
            }
            cluster.addNode(GATED_NODE, List.of(), List.of(GATED_PORT));
            cluster.api().patch("/api/v1/nodes/cordoned", PlainClient.MERGE_PATCH, "{spec: {unschedulable: true}}");
            first.start();
            second.start();
            try (Tenants tenants = new Tenants(
                            cluster.api(),
                            WAITING,
                            LONGEST_RUN_MS,
                            random,
                            ChaosRounds::manifest,
                            Set.of(NODE_WITH_AGENT),
                            cluster.uses());
                    NodeAgent agent = new NodeAgent(
                            NODE_WITH_AGENT,
                            NODES.getOrDefault(NODE_WITH_AGENT, List.of()),
                            options.agentJar(),
                            options.folder(),
                            plane,
                            cluster.api(),
                            tenants::served)) {
                FailoverRounds.await("the dataplane-agent to report", agent::reports);
                cluster.beat(GATED_NODE, GATED_PORT);
                cluster.follow(tenants);
                awaitReady(List.of(first, second));
                reflectorsAtFirst = first.footprint().reflectors();
                for (int number = 1; number <= options.rounds(); number++) {
                    Round round = round(
                            number,
                            plane,
                            cluster,
                            List.of(firstProxy, secondProxy),
                            tenants,
                            agent,
                            List.of(first, second));
                    rounds.add(round);
                    progress.accept(round);
                }
            }
        }
        return rounds;
    }

    /** @param agent of the one node that has a real one */
    private Round round(
            int number,
            ControlPlane plane,
            TestCluster cluster,
            List<FaultProxy> proxies,
            Tenants tenants,
            NodeAgent agent,
            List<SchedulerProcess> schedulers)
            throws IOException, InterruptedException {
        awaitReady(schedulers);
        int placedBefore = tenants.placed();
        plan.setOn(true);
        tenants.setCreating(true);
        Blow blow = nextBlow();
        Thread.sleep(random.nextInt(1000));
        suffer(blow, plane, agent, schedulers);
        Thread.sleep(SPOILED.toMillis());
        plan.setOn(false);
        tenants.setCreating(false);
        clocks.forEach(clock -> clock.setAhead(Duration.ZERO));

        long endedNs = System.nanoTime();
        List<Finding> faults = new ArrayList<>();
        List<String> stranded = tenants.awaitNoneLeft(PATIENCE_NS);
        long healedNs = System.nanoTime() - endedNs;
        if (!stranded.isEmpty()) {
            faults.add(new Finding(Wrong.STRANDED, "stranded: " + stranded));
        }
        Map<Fault, Long> injected = injectedSinceLastRound();
        Set<String> lateBindings = new HashSet<>();
        proxies.forEach(proxy -> lateBindings.addAll(proxy.lateBindings()));
        int excused = judge(cluster, blow, lateBindings, faults);
        awaitReady(schedulers); // One that was killed may not have begun to follow, and would hold nothing.
        awaitRest(cluster, schedulers, faults);
        if (number == options.rounds()) {
            awaitNoDrift(schedulers, faults);
        }
        List<String> atRest = new ArrayList<>();
        for (SchedulerProcess scheduler : schedulers) {
            SchedulerProcess.Footprint footprint = scheduler.footprint();
            atRest.add(scheduler.name() + ": " + footprint);
            if (footprint.reflectors() != reflectorsAtFirst || footprint.threads() > MOST_THREADS) {
                faults.add(new Finding(
                        Wrong.RESTLESS,
                        scheduler.name() + " holds " + footprint + ", at first " + reflectorsAtFirst
                                + " watches, and at most " + MOST_THREADS + " threads"));
            }
        }
        return new Round(number, blow, tenants.placed() - placedBefore, injected, excused, faults, healedNs, atRest);
    }

    private static void awaitReady(List<SchedulerProcess> schedulers) throws InterruptedException {
        FailoverRounds.await(
                "both schedulers to follow the cluster and one to lead",
                () -> schedulers.stream().allMatch(SchedulerProcess::ready)
                        && schedulers.stream().anyMatch(SchedulerProcess::leads));
    }

    /** Each as often as the others, in random order. */
    private Blow nextBlow() {
        if (ahead.isEmpty()) {
            ahead.addAll(List.of(Blow.values()));
            Collections.shuffle(ahead, random);
        }
        return ahead.remove(0);
    }

    private void suffer(Blow blow, ControlPlane plane, NodeAgent agent, List<SchedulerProcess> schedulers)
            throws IOException, InterruptedException {
        int leading = schedulers.get(0).leads() ? 0 : 1;
        SchedulerProcess leader = schedulers.get(leading);
        switch (blow) {
            case NONE -> {}
            case LEADER_KILLED -> {
                leader.kill();
                leader.start();
            }
            case LEADER_FROZEN -> {
                leader.freeze();
                Thread.sleep(3000);
                leader.thaw();
            }
            case API_SERVER_RESTARTED -> {
                plane.kill(ControlPlane.Part.API_SERVER);
                plane.start(ControlPlane.Part.API_SERVER);
            }
            case ETCD_RESTARTED -> {
                plane.kill(ControlPlane.Part.ETCD);
                plane.start(ControlPlane.Part.ETCD);
            }
            case CLOCK_STEPPED -> clocks.get(leading).setAhead(STEPS.get(random.nextInt(STEPS.size())));
            case AGENT_KILLED -> agent.restart();
        }
    }

    private Map<Fault, Long> injectedSinceLastRound() {
        Map<Fault, Long> all = plan.injected();
        Map<Fault, Long> more = new TreeMap<>(all);
        counted.forEach((fault, count) -> more.merge(fault, -count, Long::sum));
        counted = all;
        return more;
    }

    /**
     * Adds what the auditor found to the faults; the number of those that healed and that nobody but the node can prevent:
     * the binding of a pod that they concern was held on its way, or the process that sent it was frozen meanwhile.
     */
    private static int judge(TestCluster cluster, Blow blow, Set<String> lateBindings, List<Finding> faults)
            throws InterruptedException {
        int excused = 0;
        for (Auditor.Violation violation : cluster.newViolations()) {
            boolean twice =
                    violation.kind() == Auditor.Kind.PORT_GIVEN_TWICE || violation.kind() == Auditor.Kind.WINDOWS_MEET;
            boolean late = blow == Blow.LEADER_FROZEN || !Collections.disjoint(violation.pods(), lateBindings);
            if (twice && late) {
                excused++;
            } else {
                faults.add(new Finding(wrong(violation), violation.kind() + ": " + violation.sentence()));
            }
        }
        for (Auditor.Violation violation : cluster.auditor().open()) {
            faults.add(new Finding(wrong(violation), "still so: " + violation.sentence()));
        }
        return excused;
    }

    private static Wrong wrong(Auditor.Violation violation) {
        return switch (violation.kind()) {
            case PORT_GIVEN_TWICE, PORT_USED_TWICE, WINDOWS_MEET -> Wrong.OWNED_TWICE;
            case NOT_IN_INVENTORY, NOT_ITS_OWN, INFEASIBLE -> Wrong.MISPLACED;
        };
    }

    /** Nothing waits and nothing is held: labels show all ports free, queues are empty. */
    private static void awaitRest(TestCluster cluster, List<SchedulerProcess> schedulers, List<Finding> faults)
            throws InterruptedException {
        try {
            FailoverRounds.await("labels and queues to come to rest", () -> atRest(cluster, schedulers));
        } catch (IllegalStateException inVain) {
            faults.add(new Finding(Wrong.RESTLESS, String.valueOf(inVain.getMessage())));
        }
    }

    /**
     * Audits find nothing any more. The first few may still confirm and repair what a lost event left behind, in the ledger
     * of the one that does not lead as well.
     */
    private static void awaitNoDrift(List<SchedulerProcess> schedulers, List<Finding> faults)
            throws InterruptedException {
        awaitAudits(schedulers, REPAIRING_AUDITS);
        List<Double> before = new ArrayList<>();
        for (SchedulerProcess scheduler : schedulers) {
            before.add(read(scheduler, DRIFTS));
        }
        awaitAudits(schedulers, CONFIRMING_AUDITS);
        for (int i = 0; i < schedulers.size(); i++) {
            double more = read(schedulers.get(i), DRIFTS) - before.get(i);
            if (more != 0) {
                faults.add(new Finding(
                        Wrong.DRIFTED,
                        schedulers.get(i).name() + " found its ledger to differ " + more
                                + " times after all had healed"));
            }
        }
    }

    private static void awaitAudits(List<SchedulerProcess> schedulers, int more) throws InterruptedException {
        List<Double> before = new ArrayList<>();
        for (SchedulerProcess scheduler : schedulers) {
            before.add(read(scheduler, AUDITS));
        }
        for (int i = 0; i < schedulers.size(); i++) {
            SchedulerProcess scheduler = schedulers.get(i);
            double until = before.get(i) + more;
            FailoverRounds.await(more + " audits of " + scheduler.name(), () -> {
                try {
                    return scheduler.metric(AUDITS) >= until;
                } catch (IOException notNow) {
                    return false;
                }
            });
        }
    }

    /** A metric of a scheduler that may be too busy to answer at once. */
    private static double read(SchedulerProcess scheduler, String metric) throws InterruptedException {
        double[] value = new double[1];
        FailoverRounds.await(scheduler.name() + " to tell " + metric, () -> {
            try {
                value[0] = scheduler.metric(metric);
                return true;
            } catch (IOException notNow) {
                return false;
            }
        });
        return value[0];
    }

    private static boolean atRest(TestCluster cluster, List<SchedulerProcess> schedulers) {
        try {
            for (Map.Entry<String, List<String>> node : NODES.entrySet()) {
                int ports = node.getValue().size();
                if (ports > 0 && !cluster.shownFree(node.getKey()).equals(Integer.toString(ports))) {
                    return false;
                }
            }
            for (SchedulerProcess scheduler : schedulers) {
                if (scheduler.metric("latency_scheduler_pending_pods") != 0
                        || scheduler.metric("latency_scheduler_event_backlog") != 0
                        || scheduler.metric("latency_scheduler_in_flight_pods") != 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException notNow) {
            return false;
        }
    }

    private static String manifest(String name, Random random) {
        String asks = switch (random.nextInt(5)) {
            case 0 -> Keys.PREFIX + "interfaces: \"2\"";
            case 1, 2 -> Keys.PREFIX + "interfaces: \"1\"";
            case 3 -> Keys.PREFIX + "period: 1ms, " + Keys.PREFIX + "deadline: 250us";
            default -> "";
        };
        return """
            {apiVersion: v1, kind: Pod, metadata: {name: %s, annotations: {%s}},
             spec: {schedulerName: latency-scheduler, automountServiceAccountToken: false,
                    containers: [{name: c, image: none, resources: {requests: {cpu: 10m}}}]}}
            """.formatted(name, asks);
    }

    private SchedulerProcess process(String name, FaultProxy proxy, ControlPlane plane)
            throws IOException, InterruptedException {
        SteppedClock clock = new SteppedClock(options.folder(), name);
        clocks.add(clock);
        List<String> properties = new ArrayList<>(FailoverRounds.LEASE);
        properties.addAll(List.of("queue.initial-backoff=50ms", "queue.max-backoff=1s", "audit.interval=2s"));
        return new SchedulerProcess(
                "scheduler-" + name,
                options.folder(),
                options.schedulerJar(),
                ControlPlane.freePort(),
                proxy.url(),
                plane.token(),
                null,
                properties,
                clock.prefix());
    }
}
