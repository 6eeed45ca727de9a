package io.latencyscheduler.dataplane.kube;

import io.latencyscheduler.dataplane.control.Desired.IgnoredAllocation;
import io.latencyscheduler.dataplane.log.PodLog;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.plan.Plan.Refusal;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of pods whose allocation the node refuses, by a Warning event, and evicts those that waiting cannot help: they run
 * where nothing keeps their promise. Not thread-safe.
 */
public final class RefusalReporter {
    private static final Logger LOG = LoggerFactory.getLogger(RefusalReporter.class);

    private final ObjectClient objects;
    private final String nodeName;
    private final boolean evict;
    private final PodEvents events;
    private final Set<String> told = new HashSet<>();
    private final Set<String> evicted = new HashSet<>();

    public RefusalReporter(ObjectClient objects, String nodeName, boolean evict, InstantSource clock) {
        this.objects = objects;
        this.nodeName = nodeName;
        this.evict = evict;
        this.events = new PodEvents(objects, nodeName, clock);
    }

    /** Tells once per pod and reason; evicts once per pod. */
    public void report(List<Refusal> refusals) throws IOException {
        for (Refusal refusal : refusals) {
            BoundPod pod = refusal.pod();
            if (told.add(pod.uid() + refusal.code())) {
                events.warn(
                        pod,
                        "AllocationRefused",
                        "node " + nodeName + " cannot honour the allocation: " + refusal.sentence());
            }
            if (evict && !refusal.code().retry() && !evicted.contains(pod.uid())) {
                evict(pod);
                evicted.add(pod.uid());
            }
        }
    }

    /** Tells once per pod and sentence of an allocation that counts for nothing. */
    public void reportIgnored(List<IgnoredAllocation> ignored) throws IOException {
        for (IgnoredAllocation one : ignored) {
            if (told.add(one.podUid() + one.sentence())) {
                events.warn(one.namespace(), one.podName(), one.podUid(), "AllocationIgnored", one.sentence());
            }
        }
    }

    /** Deletes the pod by its UID; a disruption budget does not protect a pod that cannot work. */
    private void evict(BoundPod pod) throws IOException {
        try {
            objects.delete(Resource.PODS, pod.namespace(), pod.name(), pod.uid());
            PodLog.about(LOG.atInfo(), pod).log("pod {} is evicted", pod.display());
        } catch (ApiFailure refused) {
            if (refused.status() != 409) {
                throw refused;
            }
        }
    }
}
