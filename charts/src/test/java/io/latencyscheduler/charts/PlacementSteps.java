package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What the scheduler and an agent do about pods, each with a right of its own. */
abstract class PlacementSteps extends Steps {
    PlacementSteps(Installed installed) {
        super(installed);
    }

    @Test
    @Order(1)
    void shouldRefuseWhatTheNodeDoesNotHaveAndEvictWhatTookAPortLater() throws IOException {
        ObjectNode wrong = installed.create(Resource.PODS, plainPod("wrong", ""));
        installed.bind(
                wrong, Installed.GATED, "", allocation("plc").at("/streams/0").toString());
        until("the agent has evicted it", () -> !installed.exists("wrong"), () -> "it is still there");

        String taken = allocation("vran-du").at("/interfaces/0").toString();
        ObjectNode second = installed.create(Resource.PODS, plainPod("second", ""));
        installed.bind(second, Installed.OWNED, taken, "");
        until("the scheduler has evicted it", () -> !installed.exists("second"), () -> "it is still there");
        assertThat(installed.exists("vran-du")).isTrue();
    }

    @Test
    @Order(2)
    void shouldPreemptForAMoreImportantPod() throws IOException {
        installed.create(
                Resource.PRIORITY_CLASSES,
                "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: urgent}, value: 1000}");
        installed.create(
                Resource.PRIORITY_CLASSES,
                "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: idle}, value: -1000}");
        installed.create(Resource.PODS, ownerPod("rest", 2, ", priorityClassName: idle"));
        awaitBound("rest");
        installed.create(Resource.PODS, ownerPod("urgent", 2, ", priorityClassName: urgent"));
        until(
                "the urgent pod is placed",
                () -> installed.nodeOf("urgent").equals(Installed.OWNED),
                () -> installed.pod("urgent").path("status").toString());
    }

    @Test
    @Order(3)
    void shouldBindVolumesThatWaitForTheirFirstPod() throws IOException {
        for (String provisioner : List.of("kubernetes.io/no-provisioner", "example.com/disks")) {
            boolean existing = provisioner.startsWith("kubernetes.io");
            String name = existing ? "local" : "made";
            installed.create(Resource.STORAGE_CLASSES, """
                    {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: %s}, provisioner: %s,
                      volumeBindingMode: WaitForFirstConsumer}
                    """.formatted(name, provisioner));
            if (existing) {
                installed.create(Resource.PERSISTENT_VOLUMES, volume(name, ""));
            }
            installed.create(Resource.PERSISTENT_VOLUME_CLAIMS, """
                    {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: %1$s}, spec: {storageClassName: %1$s,
                      accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
                    """.formatted(name));
            installed.create(Resource.PODS, """
                    {apiVersion: v1, kind: Pod, metadata: {name: disk-%1$s}, spec: {schedulerName: latency-scheduler,
                      containers: [{name: c, image: pause}],
                      volumes: [{name: v, persistentVolumeClaim: {claimName: %1$s}}]}}
                    """.formatted(name));
            if (!existing) {
                provision(name);
            }
            awaitBound("disk-" + name);
        }
    }

    /** As a provisioner does: the scheduler has chosen a node for the claim. */
    private void provision(String claim) throws IOException {
        Resource claims = Resource.PERSISTENT_VOLUME_CLAIMS;
        until(
                "a node is chosen for the claim",
                () -> installed
                        .objects
                        .get(claims, "default", claim)
                        .orElseThrow()
                        .at("/metadata/annotations")
                        .has("volume.kubernetes.io/selected-node"),
                () -> "none is");
        installed.create(
                Resource.PERSISTENT_VOLUMES, volume(claim, ", claimRef: {namespace: default, name: " + claim + "}"));
    }

    private String volume(String name, String more) {
        return """
                {apiVersion: v1, kind: PersistentVolume, metadata: {name: %1$s}, spec: {storageClassName: %1$s,
                  accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, local: {path: /tmp},
                  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [
                    {key: kubernetes.io/hostname, operator: In, values: [%2$s]}]}]}}%3$s}}
                """.formatted(name, Installed.GATED, more);
    }

    /** Somebody else binds a pod in the moment in which the scheduler does: who was second looks what became of it. */
    @Test
    @Order(4)
    void shouldAcceptThatAnotherWasFaster() throws IOException {
        String right = Chart.RELEASE + "-scheduler: get pods";
        int[] tries = {0};
        until(
                "a binding came second",
                () -> {
                    ObjectNode pod = installed.create(Resource.PODS, ownerless("raced-" + tries[0]++));
                    try {
                        Thread.sleep(tries[0] % 8);
                        installed.bind(pod, Installed.GATED, "", "");
                    } catch (ApiFailure bound) {
                        assertThat(bound.status()).isEqualTo(409);
                    } catch (InterruptedException ending) {
                        throw new IOException(ending);
                    }
                    return installed.audit.used().contains(right);
                },
                () -> "none of " + tries[0] + " did");
    }
}
