package io.latencyscheduler.discovery.derive;

import java.util.Map;
import java.util.TreeMap;

/**
 * What Node Feature Discovery wrote on the node and says something about a label of ours whose source could not be read, as in
 * a container that does not see all of the host.
 */
public final class NodeFeatureDiscovery {
    private static final String PREFIX = "feature.node.kubernetes.io/";

    private NodeFeatureDiscovery() {}

    /** Labels of ours, as its labels imply them; only what they say for sure. */
    public static Map<String, String> implied(Map<String, String> nodeLabels) {
        Map<String, String> implied = new TreeMap<>();
        if ("true".equals(nodeLabels.get(PREFIX + "kernel-config.PREEMPT_RT"))) {
            implied.put(NodeLabel.REAL_TIME_KERNEL.key(), "true");
        }
        return implied;
    }
}
