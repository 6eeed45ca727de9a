package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Terms;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.model.CsiNode;
import io.latencyscheduler.scheduler.model.NodeSelector;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.Quantity;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VolumesTest {
    private final List<VolumeWriter.Match> matches = new ArrayList<>();
    private final List<VolumeWriter.Provision> provisions = new ArrayList<>();
    private final Harness harness = new Harness(
            DefaultPlugins.create(TierSettings.DEFAULT, StreamSettings.DEFAULT, DpdkReadiness.Mode.OFF, this::write));

    private CompletionStage<Verdict> write(List<VolumeWriter.Match> matched, List<VolumeWriter.Provision> provisioned) {
        matches.addAll(matched);
        provisions.addAll(provisioned);
        return CompletableFuture.completedFuture(Verdict.SUCCESS);
    }

    @BeforeEach
    void twoNodesInTwoZones() {
        harness.node(node("a").label(Terms.ZONE, "a")).node(node("b").label(Terms.ZONE, "b"));
        harness.inbox().storageClass(storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer"));
        harness.inbox().storageClass(storageClass("csi", "csi.example.com", "WaitForFirstConsumer"));
        harness.inbox().storageClass(storageClass("at-once", "csi.example.com", "Immediate"));
    }

    private static ObjectMeta meta(String name, String namespace, Map<String, String> annotations) {
        return new ObjectMeta(name, namespace, "uid-" + name, "1", 0, Map.of(), annotations, null, null, List.of());
    }

    private static StorageClass storageClass(String name, String provisioner, String mode) {
        return new StorageClass(meta(name, "", Map.of()), provisioner, mode, List.of());
    }

    private void claim(String name, String storageClass, String volume) {
        Map<String, String> annotations =
                volume.isEmpty() ? Map.of() : Map.of(PersistentVolumeClaim.BIND_COMPLETED, "yes");
        harness.inbox()
                .claim(new PersistentVolumeClaim(
                        meta(name, "default", annotations),
                        new PersistentVolumeClaim.Spec(
                                volume,
                                storageClass,
                                List.of("ReadWriteOnce"),
                                new Pod.ResourceRequirements(Map.of("storage", Quantity.valueOf("1Gi")), Map.of()),
                                "",
                                null),
                        new PersistentVolumeClaim.Status(volume.isEmpty() ? "Pending" : "Bound")));
    }

    /** A volume that only nodes of one zone reach. */
    private void volume(String name, String storageClass, String zone, String size) {
        harness.inbox()
                .volume(new PersistentVolume(
                        meta(name, "", Map.of()),
                        new PersistentVolume.Spec(
                                Map.of("storage", Quantity.valueOf(size)),
                                List.of("ReadWriteOnce"),
                                null,
                                storageClass,
                                "",
                                new PersistentVolume.NodeAffinity(new NodeSelector(List.of(new NodeSelector.Term(
                                        List.of(new NodeSelector.Requirement(Terms.ZONE, "In", List.of(zone))),
                                        List.of())))),
                                new PersistentVolume.Csi("csi.example.com", name)),
                        new PersistentVolume.Status("Available")));
    }

    @Test
    void shouldGoWhereTheBoundVolumeCanBeReached() {
        volume("v", "csi", "b", "1Gi");
        claim("data", "csi", "v");

        harness.pod(pod("p").claim("data")).run();

        assertThat(harness.nodeOf("p")).isEqualTo("b");
        assertThat(matches).isEmpty();
    }

    @Test
    void shouldSayWhyNoNodeReachesTheVolume() {
        volume("v", "csi", "c", "1Gi");
        claim("data", "csi", "v");

        harness.pod(pod("p").claim("data")).run();

        assertThat(harness.messages.get("p"))
                .startsWith("0/2 nodes are available: 2 node(s) had volume node affinity conflict.");
    }

    @Test
    void shouldWaitForAClaimThatDoesNotExist() {
        harness.pod(pod("p").claim("data")).run();
        assertThat(harness.messages.get("p"))
                .isEqualTo("0/2 nodes are available: persistentvolumeclaim \"data\" not found.");

        volume("v", "csi", "a", "1Gi");
        claim("data", "csi", "v");
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.nodeOf("p")).isEqualTo("a");
    }

    @Test
    void shouldRefuseAnUnboundClaimThatIsBoundAtOnce() {
        claim("data", "at-once", "");

        harness.pod(pod("p").claim("data")).run();

        assertThat(harness.messages.get("p"))
                .isEqualTo("0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.");
    }

    @Test
    void shouldChooseTheSmallestVolumeThatServesAndBindAfterItIsBound() {
        volume("big", "local", "a", "10Gi");
        volume("small", "local", "a", "2Gi");
        volume("tiny", "local", "b", "1Mi");
        claim("data", "local", "");

        harness.pod(pod("p").claim("data")).run();
        assertThat(matches).extracting(VolumeWriter.Match::volumeName).containsExactly("small");
        assertThat(harness.bound).isEmpty();

        claim("data", "local", "small");
        harness.run();
        assertThat(harness.nodeOf("p")).isEqualTo("a");
    }

    @Test
    void shouldNotChooseOneVolumeForTwoClaims() {
        volume("v1", "local", "a", "1Gi");
        claim("data", "local", "");
        claim("more", "local", "");

        harness.pod(pod("p").claim("data")).pod(pod("q").claim("more")).run();

        assertThat(matches).hasSize(1);
        assertThat(harness.messages.get("q")).contains("2 node(s) didn't find available persistent volumes to bind");
    }

    @Test
    void shouldOrderAVolumeForTheChosenNode() {
        claim("data", "csi", "");

        harness.pod(pod("p").selector(Terms.ZONE, "b").claim("data")).run();

        assertThat(provisions).containsExactly(new VolumeWriter.Provision("default", "data", "b"));
        assertThat(harness.bound).isEmpty();
        assertThat(harness.cluster.node("b").pods()).hasSize(1);
    }

    @Test
    void shouldGiveBackThePlaceWhenTheVolumeTakesTooLong() {
        claim("data", "csi", "");
        harness.pod(pod("p").selector(Terms.ZONE, "b").claim("data")).run();

        harness.clock.advance(Duration.ofMinutes(10));
        harness.scheduler.scheduleOne();

        assertThat(harness.cluster.node("b").pods()).isEmpty();
        assertThat(harness.messages.get("p")).contains("such as its volumes, took too long");
    }

    @Test
    void shouldNotExceedWhatADriverAttachesToANode() {
        volume("v1", "csi", "a", "1Gi");
        volume("v2", "csi", "a", "1Gi");
        claim("one", "csi", "v1");
        claim("two", "csi", "v2");
        harness.inbox()
                .csiNode(new CsiNode(
                        meta("a", "", Map.of()),
                        new CsiNode.Spec(List.of(new CsiNode.Driver("csi.example.com", new CsiNode.Allocatable(1))))));

        harness.pod(pod("p").claim("one")).pod(pod("q").claim("two")).run();

        assertThat(harness.nodeOf("p")).isEqualTo("a");
        assertThat(harness.messages.get("q")).contains("1 node(s) exceed max volume count");
    }
}
