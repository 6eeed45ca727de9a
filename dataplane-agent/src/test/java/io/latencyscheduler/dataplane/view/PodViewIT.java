package io.latencyscheduler.dataplane.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.contract.Tier;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.view.PodView.Chosen;
import io.latencyscheduler.sandbox.testing.RequiresTier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A DPDK program that knows nothing of this project, started as the sample pod starts it. */
class PodViewIT {
    private static final int FRAMES = 2_000;

    @TempDir
    Path run;

    private final String id = Long.toString(ProcessHandle.current().pid(), Character.MAX_RADIX);

    @AfterEach
    void removeLinks() throws Exception {
        for (int link = 0; link < 2; link++) {
            new ProcessBuilder("ip", "link", "delete", inside(link)).start().waitFor();
        }
    }

    private String inside(int link) {
        return "view" + id + "i" + link;
    }

    private String outside(int link) {
        return "view" + id + "o" + link;
    }

    private static Port owned(String netdev) {
        return new Port(
                netdev,
                null,
                netdev,
                "virtual Ethernet",
                null,
                "veth",
                -1,
                10_000_000_000L,
                true,
                Role.OWNED,
                "configured",
                Set.of(),
                null,
                null,
                null,
                1);
    }

    @Test
    @RequiresTier(3)
    void shouldLetTestpmdForwardFramesBetweenThePortsOfAPod() throws Exception {
        for (int link = 0; link < 2; link++) {
            run("ip", "link", "add", inside(link), "type", "veth", "peer", "name", outside(link));
            run("ip", "link", "set", inside(link), "up", "promisc", "on");
            run("ip", "link", "set", outside(link), "up");
        }
        String uid = UUID.randomUUID().toString();
        BoundPod pod = new BoundPod(
                uid,
                "default",
                "testpmd",
                1,
                false,
                new Allocation(1, uid, Tier.DPDK, List.of(inside(0), inside(1)), List.of()));
        NodeInventory inventory =
                new NodeInventory("uid", List.of(owned(inside(0)), owned(inside(1))), false, List.of(), "");
        PodViewFiles files = new PodViewFiles(
                run, () -> inventory, name -> "", any -> new Chosen(Map.of("testpmd", "0,1"), Map.of()));
        assertThat(files.reconcile(List.of(pod))).isEmpty();
        Path log = run.resolve("testpmd.log");

        Process testpmd = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        "sh",
                        "-ec",
                        "mkdir -p /dev/hugepages; mount -t hugetlbfs none /dev/hugepages;"
                                + " exec dpdk-testpmd $(cat " + run.resolve(uid).resolve("eal-arguments")
                                + ") -- --forward-mode=io --auto-start --total-num-mbufs=4096 --stats-period=60")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            Process frames = new ProcessBuilder(
                            "python3", resource("frames.py"), outside(0), outside(1), String.valueOf(FRAMES))
                    .redirectErrorStream(true)
                    .start();
            String said = new String(frames.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(frames.waitFor())
                    .as(said + Files.readString(log, StandardCharsets.ISO_8859_1))
                    .isZero();
            assertThat(said).contains(FRAMES + " of " + FRAMES);
        } finally {
            testpmd.destroy();
            if (!testpmd.waitFor(30, TimeUnit.SECONDS)) {
                testpmd.destroyForcibly().waitFor();
            }
        }
        assertThat(Files.readString(log, StandardCharsets.ISO_8859_1)).contains("io packet forwarding");
        try (Stream<Path> runtime = Files.list(Path.of("/var/run/dpdk"))) {
            assertThat(runtime.map(Path::getFileName).map(Path::toString)).contains("pod-" + uid);
        }
        run("rm", "-rf", "/var/run/dpdk/pod-" + uid);
    }

    private static String resource(String name) throws Exception {
        return Path.of(PodViewIT.class.getResource("/view/" + name).toURI()).toString();
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(String.join(" ", command) + ": " + said)
                .isZero();
    }
}
