package io.latencyscheduler.discovery.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.discovery.derive.NodeLabel;
import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.host.HostFiles;
import io.latencyscheduler.discovery.host.HostReader;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.ControlPlaneOptions;
import io.latencyscheduler.sandbox.testing.RequiresApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresApiServer
class PublisherIT extends PublisherBehaviour {
    private static ControlPlane controlPlane;

    @BeforeAll
    static void startServer() throws Exception {
        controlPlane = ControlPlane.start(ControlPlaneOptions.fromEnvironment()
                .withUser("nobody", "token-of-nobody")
                .withUser("discovery", "token-of-discovery"));
        try (Clients clients = Clients.open(ClientSettings.of(controlPlane.kubeconfig(), "test"))) {
            ObjectClient client = new ObjectClient(clients.commands());
            applyCustomResources(client);
            awaitServed(client);
        }
    }

    /** A custom resource is served a moment after its definition was stored: lists answer 404 until then. */
    private static void awaitServed(ObjectClient client) throws Exception {
        long deadlineNs = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (true) {
            try {
                client.list(Resource.NODE_INVENTORIES, "", java.util.Map.of());
                return;
            } catch (IOException notYet) {
                assertThat(System.nanoTime()).as("served within two minutes").isLessThan(deadlineNs);
                Thread.sleep(100);
            }
        }
    }

    @AfterAll
    static void stopServer() {
        if (controlPlane != null) {
            controlPlane.close();
        }
    }

    @Override
    Path kubeconfig() {
        return controlPlane.kubeconfig();
    }

    @Test
    void shouldSayInOneSentenceThatItIsNotPermitted() throws IOException {
        try (Clients nobody = Clients.open(ClientSettings.of(controlPlane.kubeconfigOf("nobody"), "test"))) {
            Publication refused = publisher(new ObjectClient(nobody.commands())).publish(host("plain-vm"), null);
            assertThat(refused.failures())
                    .singleElement()
                    .asString()
                    .contains("not permitted, check the service account's role");
        }
    }

    /** The server limits the size of an object to 1.5 MB: the largest inventory must stay below. */
    @Test
    void shouldPublishFourThousandVirtualFunctions(@TempDir Path root) throws IOException {
        int functions = 4096;
        Path devices = Files.createDirectories(root.resolve("sys/bus/pci/devices"));
        Files.createDirectories(root.resolve("sys/class/net"));
        Files.createDirectories(root.resolve("proc/net"));
        Files.writeString(root.resolve("proc/net/route"), "Iface\tDestination\n");
        for (int i = 0; i < functions; i++) {
            String address = String.format("0000:%02x:%02x.%d", 8 + i / 256, i / 8 % 32, i % 8);
            Path device = Files.createDirectory(devices.resolve(address));
            Files.writeString(device.resolve("class"), "0x020000\n");
            Files.writeString(device.resolve("vendor"), "0x8086\n");
            Files.writeString(device.resolve("device"), "0x1889\n");
            Files.writeString(device.resolve("numa_node"), "1\n");
            Files.createSymbolicLink(device.resolve("driver"), Path.of("../../drivers/vfio-pci"));
            Files.createSymbolicLink(device.resolve("physfn"), Path.of("../0000:07:00.0"));
            Files.createSymbolicLink(
                    device.resolve("iommu_group"), Path.of("../../../../kernel/iommu_groups/" + (1000 + i)));
        }
        HostFacts facts = new HostReader(new HostFiles(root)).read();
        assertThat(publisher().publish(facts, null).failures()).isEmpty();
        assertThat(Json.read(inventory().path("spec"), NodeInventory.class).ports())
                .hasSize(functions);
        assertThat(labels())
                .containsEntry(NodeLabel.SRIOV_VFS_FREE.key(), "4096")
                .containsEntry("dpdk", "4096");
    }
}
