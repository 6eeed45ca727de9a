package io.latencyscheduler.scheduler.framework;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Writes what was decided about volumes to the API server; the edge implements it. */
public interface VolumeWriter {
    /**
     * An existing volume for a claim: {@code spec.claimRef} of the volume, and the annotation
     * {@code pv.kubernetes.io/bound-by-controller: "yes"}.
     */
    record Match(String volumeName, String claimNamespace, String claimName, String claimUid) {}

    /**
     * A volume to be made for a node: the annotation {@code volume.kubernetes.io/selected-node} of the claim. An empty
     * {@code nodeName} removes it, so that another node can be chosen.
     */
    record Provision(String claimNamespace, String claimName, String nodeName) {}

    /**
     * Starts to write; must not block. Completes with SUCCESS when all is written, else with ERROR and the reason. It
     * does not wait until the claims are bound.
     */
    CompletionStage<Verdict> write(List<Match> matches, List<Provision> provisions);

    /** For programs that write nothing: refuses every pod that would need it. */
    VolumeWriter NONE = (matches, provisions) -> CompletableFuture.completedFuture(
            new Verdict(Code.ERROR, "volumes cannot be written here", "VolumeBinding"));
}
