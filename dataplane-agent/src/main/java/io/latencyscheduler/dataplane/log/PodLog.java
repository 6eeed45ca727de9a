package io.latencyscheduler.dataplane.log;

import io.latencyscheduler.dataplane.plan.BoundPod;
import org.slf4j.spi.LoggingEventBuilder;

/** Fields of the lines about a pod, the same as the scheduler's; the node is a field of every line. */
public final class PodLog {
    private PodLog() {}

    /** A line about this pod. */
    public static LoggingEventBuilder about(LoggingEventBuilder line, BoundPod pod) {
        return about(line, pod.display(), pod.uid());
    }

    /**
     * A line about a pod.
     *
     * @param pod {@code namespace/name}
     * @param uid empty where it is not known
     */
    public static LoggingEventBuilder about(LoggingEventBuilder line, String pod, String uid) {
        LoggingEventBuilder about = line.addKeyValue("pod", pod);
        return uid.isEmpty() ? about : about.addKeyValue("podUid", uid);
    }
}
