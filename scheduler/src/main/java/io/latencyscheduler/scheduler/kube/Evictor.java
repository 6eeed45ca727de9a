package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes pods from their nodes, each by its UID so that no successor of its name is hit. Thread-safe; never blocks. */
public final class Evictor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Evictor.class);

    private final Transport api;
    private final ObjectClient objects;
    private final ApiVersions versions;
    private final Leadership leadership;
    private final InstantSource clock;
    private final LatestWrites writes = new LatestWrites("eviction", 4, LatestWrites.UNTIL_DONE);

    public Evictor(Transport api, ApiVersions versions, Leadership leadership, InstantSource clock) {
        this.api = api;
        this.objects = new ObjectClient(api);
        this.versions = versions;
        this.leadership = leadership;
        this.clock = clock;
    }

    /** Deletes a pod with its grace period, and says why in its condition first, as kube-scheduler's preemption does. */
    public void preempt(PodInfo victim) {
        Leadership.Permit permit = leadership.permit();
        writes.put(victim.uid(), Duration.ZERO, () -> {
            if (permit.holds()) {
                ObjectMeta meta = victim.pod().metadata();
                try {
                    objects.patchStatus(Resource.PODS, meta.namespace(), meta.name(), disruption(meta.uid()));
                    objects.delete(Resource.PODS, meta.namespace(), meta.name(), meta.uid());
                } catch (ApiFailure refused) {
                    if (refused.status() != 404 && refused.status() != 409) {
                        throw refused;
                    }
                }
            }
        });
    }

    /** Evicts a pod, as far as its disruption budget allows; tried again while it does not. */
    public void evict(PodInfo pod) {
        Leadership.Permit permit = leadership.permit();
        writes.put(pod.uid(), Duration.ZERO, () -> {
            if (permit.holds()) {
                evictNow(pod.pod().metadata());
            }
        });
    }

    private void evictNow(ObjectMeta meta) throws IOException {
        ObjectNode eviction =
                Json.object().put("apiVersion", versions.evictionApiVersion()).put("kind", "Eviction");
        eviction.putObject("metadata").put("name", meta.name()).put("namespace", meta.namespace());
        eviction.putObject("deleteOptions").putObject("preconditions").put("uid", meta.uid());
        ApiResponse response =
                api.send(ApiRequest.post(Resource.PODS.path(meta.namespace(), meta.name(), "eviction"), eviction)
                        .takingPushback());
        if (response.status() != 404 && response.status() != 409) {
            response.orThrow("evict " + meta.key());
        } else {
            LOG.debug("{} is gone already", meta.key());
        }
    }

    private Patch disruption(String uid) {
        ObjectNode patch = Json.object();
        patch.putObject("metadata").put("uid", uid);
        patch.putObject("status")
                .putArray("conditions")
                .addObject()
                .put("type", "DisruptionTarget")
                .put("status", "True")
                .put("reason", "PreemptionByScheduler")
                .put("message", "the scheduler makes room for a pod of higher priority")
                .put("lastTransitionTime", ApiReporter.seconds(clock.instant()));
        return Patch.strategic(patch);
    }

    @Override
    public void close() {
        writes.close();
    }
}
