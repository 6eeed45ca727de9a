package io.latencyscheduler.dataplane.paths;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeDataplane.MeasuredPath;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.dataplane.engine.NativeEngine;
import io.latencyscheduler.dataplane.paths.PathSettings.Devices;
import io.latencyscheduler.dataplane.paths.ProbePlanner.Peer;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program path-probe over real paths of this machine, as the agent runs it. */
class PathProbeIT {
    private static final int RATE = 500;

    @TempDir
    Path folder;

    private volatile @Nullable Supplier<List<Probe>> plan;
    private @Nullable PathMonitor monitor;
    private @Nullable ProbeProcesses processes;

    private static PathSettings settings(Devices dpdk, Optional<Path> ovsDatabase, int peerPort) {
        return new PathSettings(RATE, dpdk, ovsDatabase, false, peerPort, OptionalInt.empty());
    }

    private PathMonitor monitor(PathSettings settings, boolean ovsDpdk, List<Peer> peers) {
        ProbePlanner planner = new ProbePlanner(settings, folder.resolve("paths"));
        NodeInventory inventory = new NodeInventory("uid", List.of(), ovsDpdk, List.of(), "");
        processes = new ProbeProcesses(NativeEngine.folder(), settings, planner);
        plan = () -> planner.plan(inventory, Set.of(), peers);
        monitor = new PathMonitor(() -> plan.get(), processes, InstantSource.system());
        monitor.start();
        return monitor;
    }

    @AfterEach
    void stop() {
        if (monitor != null && processes != null) {
            monitor.close();
            processes.close();
            monitor = null;
        }
    }

    /** Waits for what must come; the time is only to end a test that failed. */
    private static void await(BooleanSupplier condition, PathMonitor monitor) throws InterruptedException {
        long deadlineNs = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as(monitor.problems() + " " + monitor.measured())
                    .isLessThan(deadlineNs);
            Thread.sleep(50);
        }
    }

    private static boolean any(PathMonitor monitor, Predicate<MeasuredPath> wanted) {
        return monitor.measured().stream().anyMatch(wanted);
    }

    private static boolean measured(PathMonitor monitor, Tier tier, long samples) {
        return any(
                monitor,
                path -> path.tier() == tier
                        && path.latency().samples() - path.lost() >= samples
                        && path.latency().p50Ns() > 0);
    }

    @Test
    @RequiresTier(2)
    void shouldMeasureTheKernelsPathBetweenTwoNamespacesOfItsOwn() throws Exception {
        PathMonitor kernel = monitor(settings(Devices.NONE, Optional.empty(), 1), false, List.of());

        await(() -> measured(kernel, Tier.KERNEL, 300), kernel);

        assertThat(kernel.problems()).isEmpty();
    }

    @Test
    @RequiresTier(2)
    void shouldMeasureBetweenTwoDpdkDevices() throws Exception {
        String wire = ",socket-abstract=no,socket=" + folder.resolve("wire.sock");
        Devices devices = new Devices(false, List.of("net_memif0,role=server" + wire, "net_memif1,role=client" + wire));
        PathMonitor dpdk = monitor(settings(devices, Optional.empty(), 1), false, List.of());

        await(() -> measured(dpdk, Tier.DPDK, 300), dpdk);
    }

    @Test
    @RequiresTier(2)
    void shouldSayWhyADeviceCannotBeMeasuredAndMeasureTheOthers() throws Exception {
        Devices devices = new Devices(false, List.of("0000:ff:1f.6", "0000:ff:1f.7"));
        PathMonitor broken = monitor(settings(devices, Optional.empty(), 1), false, List.of());

        await(() -> measured(broken, Tier.KERNEL, 100) && !broken.problems().isEmpty(), broken);

        assertThat(broken.problems())
                .singleElement()
                .asString()
                .startsWith("dpdk loop: DPDK device '0000:ff:1f.6' cannot be opened: ");
    }

    @Test
    @RequiresTier(2)
    void shouldCountProbesAsLostWhileThePeerIsGoneAndMeasureOnceItAnswers() throws Exception {
        int port;
        try (DatagramSocket free = new DatagramSocket(0, InetAddress.getByName("::"))) {
            port = free.getLocalPort();
        }
        List<Peer> peers = List.of(new Peer("node-b", "127.0.0.1"));
        PathMonitor pair = monitor(settings(Devices.NONE, Optional.empty(), port), false, peers);
        await(() -> any(pair, path -> path.peer().equals("node-b") && path.lost() > 10), pair);

        PathSettings answering =
                new PathSettings(RATE, Devices.NONE, Optional.empty(), true, port, OptionalInt.empty());
        plan = () -> new ProbePlanner(answering, folder.resolve("paths")).plan(null, Set.of(), peers);
        pair.wake();

        await(
                () -> any(
                        pair,
                        path -> path.peer().equals("node-b") && path.latency().samples() - path.lost() > 100),
                pair);
        assertThat(pair.problems()).isEmpty();
    }

    @Test
    @RequiresTier(1)
    void shouldSayThatAnotherProgramHasThePortOfTheAnswersAndAnswerOnceItIsFree() throws Exception {
        PathMonitor answers;
        try (DatagramSocket taken = new DatagramSocket(0, InetAddress.getByName("::"))) {
            int port = taken.getLocalPort();
            PathSettings answering =
                    new PathSettings(RATE, Devices.NONE, Optional.empty(), true, port, OptionalInt.empty());
            answers = monitor(answering, false, List.of(new Peer("node-b", "127.0.0.1")));
            await(() -> answers.problems().size() == 1, answers);
            assertThat(answers.problems())
                    .containsExactly("answers to other nodes: UDP port " + port
                            + " cannot be answered on: Address already in use");
        }

        await(
                () -> answers.problems().isEmpty()
                        && any(
                                answers,
                                path -> path.peer().equals("node-b")
                                        && path.latency().samples() > path.lost()),
                answers);
    }

    @Test
    @RequiresTier(3)
    void shouldMeasureThroughOpenVSwitchWithDpdkAndAgainAfterItsRestart() throws Exception {
        try (OvsDpdk ovs = OvsDpdk.start(folder)) {
            PathMonitor path = monitor(settings(Devices.NONE, Optional.of(ovs.database()), 1), true, List.of());
            await(() -> measured(path, Tier.OVS_DPDK, 300), path);
            assertThat(path.problems()).isEmpty();

            ovs.restart();
            long before = path.measured().stream()
                    .filter(measured -> measured.tier() == Tier.OVS_DPDK)
                    .mapToLong(measured -> measured.latency().samples() - measured.lost())
                    .sum();
            await(() -> measured(path, Tier.OVS_DPDK, before + 300), path);

            stop();
            assertThat(ovs.bridges()).isBlank();
        }
    }
}
