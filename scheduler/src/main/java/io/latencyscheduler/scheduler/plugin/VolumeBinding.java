package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.CycleState;
import io.latencyscheduler.scheduler.framework.EventPlugin;
import io.latencyscheduler.scheduler.framework.FilterPlugin;
import io.latencyscheduler.scheduler.framework.PreBindPlugin;
import io.latencyscheduler.scheduler.framework.PreFilterPlugin;
import io.latencyscheduler.scheduler.framework.ReservePlugin;
import io.latencyscheduler.scheduler.framework.StateKey;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.ClusterObjects;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.LabelSelector;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a pod where its volumes can be reached, and finds or orders volumes for claims that wait for their first pod.
 *
 * <p>The pod is bound after its claims are. Until then it keeps its place on the node, for as long as PreBind may take.
 */
public final class VolumeBinding implements PreFilterPlugin, FilterPlugin, ReservePlugin, PreBindPlugin, EventPlugin {
    private static final StateKey<PodClaims> CLAIMS = new StateKey<>();
    private static final StateKey<Plan> PLAN = new StateKey<>();
    private static final CompletionStage<Verdict> DONE = CompletableFuture.completedFuture(Verdict.SUCCESS);
    private static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";

    private final VolumeWriter writer;
    private final Verdict conflict = Verdict.unresolvable(this, "node(s) had volume node affinity conflict");
    private final Verdict nothingToBind =
            Verdict.unresolvable(this, "node(s) didn't find available persistent volumes to bind");
    private final Verdict elsewhere =
            Verdict.unresolvable(this, "node(s) were not the one that a claim's volume is being provisioned for");
    /** Volumes chosen for claims and not yet seen bound, by volume: the UID of the pod that chose them. */
    private final Map<String, String> chosen = new HashMap<>();
    /** Pods held until their claims are bound, by UID. */
    private final Map<String, Wait> waits = new HashMap<>();

    /** What is to be written for one pod on one node. */
    private record Plan(List<VolumeWriter.Match> matches, List<VolumeWriter.Provision> provisions) {
        boolean isEmpty() {
            return matches.isEmpty() && provisions.isEmpty();
        }
    }

    public VolumeBinding(VolumeWriter writer) {
        this.writer = writer;
    }

    @Override
    public Result preFilter(CycleState state, PodInfo pod) {
        PodClaims claims = PodClaims.of(pod.pod(), state.cluster().objects());
        if (!claims.fault().isEmpty()) {
            return Result.refused(Verdict.unresolvable(this, claims.fault()));
        }
        if (claims.isEmpty()) {
            return Result.SKIP;
        }
        state.put(CLAIMS, claims);
        return Result.SUCCESS;
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeState node) {
        PodClaims claims = state.get(CLAIMS);
        for (PersistentVolume volume : claims.bound()) {
            if (!volume.reachableFrom(node.node())) {
                return conflict;
            }
        }
        for (PersistentVolumeClaim claim : claims.waiting()) {
            String selected = claim.metadata().annotations().get(PersistentVolumeClaim.SELECTED_NODE);
            if (selected != null
                    && !selected.equals(node.name())
                    && state.cluster().node(selected) != null) {
                return elsewhere;
            }
        }
        return plan(state, pod, claims, node) == null ? nothingToBind : Verdict.SUCCESS;
    }

    /** Null when a claim can be served neither by an existing volume nor by a provisioner. */
    private @Nullable Plan plan(CycleState state, PodInfo pod, PodClaims claims, NodeState node) {
        ClusterObjects objects = state.cluster().objects();
        List<VolumeWriter.Match> matches = new ArrayList<>();
        List<VolumeWriter.Provision> provisions = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (PersistentVolumeClaim claim : claims.waiting()) {
            String namespace = claim.metadata().namespace();
            String name = claim.metadata().name();
            PersistentVolume volume = smallestMatch(objects, pod, claim, node, taken);
            if (volume != null) {
                taken.add(volume.metadata().name());
                matches.add(new VolumeWriter.Match(
                        volume.metadata().name(),
                        namespace,
                        name,
                        claim.metadata().uid()));
                continue;
            }
            StorageClass storageClass = objects.storageClass(claim.storageClass());
            if (storageClass == null
                    || storageClass.provisioner().isEmpty()
                    || storageClass.provisioner().equals(NO_PROVISIONER)
                    || !storageClass.allows(node.labels())) {
                return null;
            }
            provisions.add(new VolumeWriter.Provision(namespace, name, node.name()));
        }
        return new Plan(matches, provisions);
    }

    private @Nullable PersistentVolume smallestMatch(
            ClusterObjects objects, PodInfo pod, PersistentVolumeClaim claim, NodeState node, Set<String> taken) {
        return objects.volumes().stream()
                .filter(volume -> serves(volume, claim)
                        && !taken.contains(volume.metadata().name())
                        && pod.uid()
                                .equals(chosen.getOrDefault(volume.metadata().name(), pod.uid()))
                        && volume.reachableFrom(node.node()))
                .min(Comparator.comparing(
                                (PersistentVolume volume) -> volume.spec().claimRef() == null)
                        .thenComparingLong(PersistentVolume::capacityBytes)
                        .thenComparing(volume -> volume.metadata().name()))
                .orElse(null);
    }

    private static boolean serves(PersistentVolume volume, PersistentVolumeClaim claim) {
        PersistentVolume.ClaimRef owner = volume.spec().claimRef();
        boolean reserved = owner != null
                && owner.namespace().equals(claim.metadata().namespace())
                && owner.name().equals(claim.metadata().name())
                && (owner.uid().isEmpty() || owner.uid().equals(claim.metadata().uid()));
        boolean free = owner == null && volume.status().phase().equals("Available");
        LabelSelector selector = claim.spec().selector();
        return (reserved || free)
                && volume.metadata().deletionTimestamp() == null
                && volume.spec().storageClassName().equals(claim.storageClass())
                && volume.spec().volumeMode().equals(claim.spec().volumeMode())
                && volume.capacityBytes() >= claim.requestBytes()
                && volume.spec().accessModes().containsAll(claim.spec().accessModes())
                && (selector == null || selector.matches(volume.metadata().labels()));
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, NodeState node) {
        PodClaims claims = state.find(CLAIMS);
        if (claims == null || claims.waiting().isEmpty()) {
            return Verdict.SUCCESS;
        }
        Plan plan = plan(state, pod, claims, node);
        if (plan == null) {
            return nothingToBind;
        }
        plan.matches.forEach(match -> chosen.put(match.volumeName(), pod.uid()));
        state.put(PLAN, plan);
        return Verdict.SUCCESS;
    }

    @Override
    public void unreserve(CycleState state, PodInfo pod, String nodeName) {
        chosen.values().removeIf(pod.uid()::equals);
        waits.remove(pod.uid());
    }

    @Override
    public CompletionStage<Verdict> preBind(CycleState state, PodInfo pod, String nodeName) {
        Plan plan = state.find(PLAN);
        if (plan == null || plan.isEmpty()) {
            return DONE;
        }
        Wait wait = new Wait(pod, nodeName);
        waits.put(pod.uid(), wait);
        writer.write(plan.matches, plan.provisions).whenComplete((written, broke) -> {
            if (broke != null) {
                wait.outcome.completeExceptionally(broke);
            } else if (written.rejects()) {
                wait.outcome.complete(written);
            }
        });
        return wait.outcome;
    }

    /** Lets pods go on whose claims have all been bound, and sends those away whose provisioner gave up. */
    @Override
    public void onEvent(ClusterEvent event, Cluster cluster) {
        if (waits.isEmpty() || !(event instanceof ClusterEvent.StorageChanged)) {
            return;
        }
        List.copyOf(waits.values()).forEach(wait -> {
            Verdict verdict = wait.check(cluster);
            if (verdict.code() != Code.WAIT) {
                waits.remove(wait.pod.uid());
                wait.outcome.complete(verdict);
            }
        });
    }

    /** A pod that is held until its claims are bound. */
    private final class Wait {
        private final PodInfo pod;
        private final String nodeName;
        private final CompletableFuture<Verdict> outcome = new CompletableFuture<>();
        private boolean nodeWasSelected;

        Wait(PodInfo pod, String nodeName) {
            this.pod = pod;
            this.nodeName = nodeName;
        }

        Verdict check(Cluster cluster) {
            PodClaims claims = PodClaims.of(pod.pod(), cluster.objects());
            NodeState node = cluster.node(nodeName);
            if (!claims.fault().isEmpty() || node == null) {
                return new Verdict(Code.ERROR, claims.fault().isEmpty() ? "node is gone" : claims.fault(), name());
            }
            for (PersistentVolume volume : claims.bound()) {
                if (!volume.reachableFrom(node.node())) {
                    return conflict;
                }
            }
            boolean selected = claims.waiting().stream()
                    .anyMatch(claim ->
                            nodeName.equals(claim.metadata().annotations().get(PersistentVolumeClaim.SELECTED_NODE)));
            if (nodeWasSelected && !selected && !claims.waiting().isEmpty()) {
                return new Verdict(Code.ERROR, "the provisioner could make no volume for node " + nodeName, name());
            }
            nodeWasSelected |= selected;
            return claims.waiting().isEmpty() ? Verdict.SUCCESS : Verdict.pending(VolumeBinding.this, "");
        }
    }

    @Override
    public boolean isConcernedBy(ClusterEvent event) {
        return event instanceof ClusterEvent.StorageChanged
                || event instanceof ClusterEvent.NodeChanged
                || event instanceof ClusterEvent.PodItselfChanged;
    }
}
