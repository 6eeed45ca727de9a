package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Pods for which preemption is making room, by the node that it makes room on. */
final class Nominations {
    private final Map<String, Map<String, PodInfo>> byNode = new HashMap<>();
    private final Map<String, String> nodeByUid = new HashMap<>();

    void nominate(PodInfo pod, String nodeName) {
        withdraw(pod.uid());
        nodeByUid.put(pod.uid(), nodeName);
        byNode.computeIfAbsent(nodeName, unused -> new LinkedHashMap<>()).put(pod.uid(), pod);
    }

    void withdraw(String uid) {
        String nodeName = nodeByUid.remove(uid);
        if (nodeName == null) {
            return;
        }
        Map<String, PodInfo> pods = byNode.get(nodeName);
        if (pods != null) {
            pods.remove(uid);
            if (pods.isEmpty()) {
                byNode.remove(nodeName);
            }
        }
    }

    @Nullable
    String nodeOf(String uid) {
        return nodeByUid.get(uid);
    }

    boolean none() {
        return byNode.isEmpty();
    }

    Collection<PodInfo> on(String nodeName) {
        Map<String, PodInfo> pods = byNode.get(nodeName);
        return pods == null ? List.of() : pods.values();
    }
}
