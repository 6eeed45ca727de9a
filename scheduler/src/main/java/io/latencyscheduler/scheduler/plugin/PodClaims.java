package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.ledger.ClusterObjects;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a pod, sorted by what is to be done about them.
 *
 * @param fault why the pod cannot be placed at all; empty when it can
 * @param bound volumes that its bound claims have
 * @param waiting claims that wait for their first pod
 */
record PodClaims(String fault, List<PersistentVolume> bound, List<PersistentVolumeClaim> waiting) {
    private static final PodClaims NONE = new PodClaims("", List.of(), List.of());

    /** Names of the claims that a pod's volumes refer to, those of ephemeral volumes included. */
    static List<String> names(Pod pod) {
        List<String> names = new ArrayList<>();
        for (Pod.Volume volume : pod.spec().volumes()) {
            if (volume.persistentVolumeClaim() != null) {
                names.add(volume.persistentVolumeClaim().claimName());
            } else if (volume.ephemeral() != null) {
                names.add(pod.metadata().name() + "-" + volume.name());
            }
        }
        return names;
    }

    static PodClaims of(Pod pod, ClusterObjects objects) {
        List<String> names = names(pod);
        if (names.isEmpty()) {
            return NONE;
        }
        List<PersistentVolume> bound = new ArrayList<>();
        List<PersistentVolumeClaim> waiting = new ArrayList<>();
        for (String name : names) {
            PersistentVolumeClaim claim = objects.claim(pod.metadata().namespace() + "/" + name);
            String fault = fault(name, claim, objects);
            if (claim == null || !fault.isEmpty()) {
                return new PodClaims(fault, List.of(), List.of());
            }
            PersistentVolume volume = objects.volume(claim.spec().volumeName());
            if (claim.fullyBound() && volume != null) {
                bound.add(volume);
            } else {
                waiting.add(claim);
            }
        }
        return new PodClaims("", bound, waiting);
    }

    private static String fault(String name, @Nullable PersistentVolumeClaim claim, ClusterObjects objects) {
        if (claim == null) {
            return "persistentvolumeclaim \"" + name + "\" not found";
        }
        if (claim.metadata().deletionTimestamp() != null) {
            return "persistentvolumeclaim \"" + name + "\" is being deleted";
        }
        String volumeName = claim.spec().volumeName();
        if (claim.status().phase().equals("Lost")) {
            return "persistentvolumeclaim \"" + name + "\" bound to non-existent persistentvolume \"" + volumeName
                    + "\"";
        }
        if (claim.fullyBound()) {
            return objects.volume(volumeName) == null
                    ? "persistentvolumeclaim \"" + name + "\" bound to non-existent persistentvolume \"" + volumeName
                            + "\""
                    : "";
        }
        StorageClass storageClass = objects.storageClass(claim.storageClass());
        boolean waits = storageClass != null && storageClass.waitsForFirstConsumer();
        return waits ? "" : "pod has unbound immediate PersistentVolumeClaims";
    }

    boolean isEmpty() {
        return bound.isEmpty() && waiting.isEmpty();
    }
}
