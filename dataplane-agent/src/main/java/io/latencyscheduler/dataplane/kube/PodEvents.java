package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.dataplane.log.PodLog;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warning events about pods of this node, each also a line of the log. Thread-safe. */
public final class PodEvents {
    private static final Logger LOG = LoggerFactory.getLogger(PodEvents.class);
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss'Z'").withZone(ZoneOffset.UTC);
    private static final int LONGEST_MESSAGE = 1024;

    private final ObjectClient objects;
    private final String nodeName;
    private final InstantSource clock;

    public PodEvents(ObjectClient objects, String nodeName, InstantSource clock) {
        this.objects = objects;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    /** Logs and creates one. */
    public void warn(BoundPod pod, String reason, String message) throws IOException {
        warn(pod.namespace(), pod.name(), pod.uid(), reason, message);
    }

    /** Logs and creates one. */
    public void warn(String namespace, String podName, String podUid, String reason, String message)
            throws IOException {
        String display = namespace + "/" + podName;
        PodLog.about(LOG.atWarn(), display, podUid)
                .addKeyValue("reason", reason)
                .log("pod {}: {}: {}", display, reason, message);
        String now = SECONDS.format(clock.instant());
        ObjectNode event = Json.object().put("apiVersion", "v1").put("kind", "Event");
        event.putObject("metadata").put("generateName", podName + ".").put("namespace", namespace);
        event.putObject("involvedObject")
                .put("apiVersion", "v1")
                .put("kind", "Pod")
                .put("namespace", namespace)
                .put("name", podName)
                .put("uid", podUid);
        event.put("reason", reason)
                .put("message", message.length() <= LONGEST_MESSAGE ? message : message.substring(0, LONGEST_MESSAGE))
                .put("type", "Warning")
                .put("firstTimestamp", now)
                .put("lastTimestamp", now)
                .put("count", 1);
        event.putObject("source").put("component", "dataplane-agent").put("host", nodeName);
        objects.create(Resource.EVENTS, namespace, event);
    }
}
