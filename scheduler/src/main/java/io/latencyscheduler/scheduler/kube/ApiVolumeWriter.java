package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import io.latencyscheduler.scheduler.framework.Code;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.framework.VolumeWriter;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Writes matches and selected nodes as merge patches; the volume controllers do the rest. A volume is given away only as it
 * was read, free or kept for this very claim: another scheduler or the volume controller may have given it away since.
 */
public final class ApiVolumeWriter implements VolumeWriter {
    private static final String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
    private static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

    private final Transport api;
    private final Supplier<Leadership.Permit> permits;
    private final Executor executor;

    public ApiVolumeWriter(Transport api, Supplier<Leadership.Permit> permits, Executor executor) {
        this.api = api;
        this.permits = permits;
        this.executor = executor;
    }

    @Override
    public CompletionStage<Verdict> write(List<Match> matches, List<Provision> provisions) {
        Leadership.Permit permit = permits.get();
        return CompletableFuture.supplyAsync(() -> writeNow(matches, provisions, permit), executor);
    }

    private Verdict writeNow(List<Match> matches, List<Provision> provisions, Leadership.Permit permit) {
        try {
            for (Match match : matches) {
                give(match, permit);
            }
            for (Provision provision : provisions) {
                send(
                        Resource.PERSISTENT_VOLUME_CLAIMS.path(provision.claimNamespace(), provision.claimName()),
                        selectedNode(provision),
                        permit);
            }
            return Verdict.SUCCESS;
        } catch (IOException failure) {
            return new Verdict(Code.ERROR, "volumes could not be written: " + failure.getMessage(), "VolumeBinding");
        }
    }

    private void give(Match match, Leadership.Permit permit) throws IOException {
        String path = Resource.PERSISTENT_VOLUMES.path("", match.volumeName());
        JsonNode volume = api.demand(ApiRequest.get(path).onlyIf(permit::holds)).tree();
        JsonNode present = volume.path("spec").path("claimRef");
        String uid = present.path("uid").asText("");
        boolean free = present.isMissingNode() || present.isNull();
        boolean kept = present.path("namespace").asText().equals(match.claimNamespace())
                && present.path("name").asText().equals(match.claimName())
                && (uid.isEmpty() || uid.equals(match.claimUid()));
        if (!free && !kept) {
            throw new IOException("volume " + match.volumeName() + " belongs to claim "
                    + present.path("namespace").asText() + "/"
                    + present.path("name").asText() + " now");
        }
        send(
                path,
                claimRef(match, volume.path("metadata").path("resourceVersion").asText(), free),
                permit);
    }

    private void send(String path, ObjectNode change, Leadership.Permit permit) throws IOException {
        api.demand(ApiRequest.patch(path, Patch.merge(change)).onlyIf(permit::holds));
    }

    private static ObjectNode claimRef(Match match, String resourceVersion, boolean free) {
        ObjectNode change = Json.object();
        ObjectNode metadata = change.putObject("metadata").put("resourceVersion", resourceVersion);
        if (free) {
            // A volume that was kept for the claim by its maker stays the claim's when that is deleted.
            metadata.putObject("annotations").put(BOUND_BY_CONTROLLER, "yes");
        }
        change.putObject("spec")
                .putObject("claimRef")
                .put("apiVersion", "v1")
                .put("kind", "PersistentVolumeClaim")
                .put("namespace", match.claimNamespace())
                .put("name", match.claimName())
                .put("uid", match.claimUid());
        return change;
    }

    private static ObjectNode selectedNode(Provision provision) {
        ObjectNode change = Json.object();
        ObjectNode annotations = change.putObject("metadata").putObject("annotations");
        if (provision.nodeName().isEmpty()) {
            annotations.putNull(SELECTED_NODE);
        } else {
            annotations.put(SELECTED_NODE, provision.nodeName());
        }
        return change;
    }
}
