package io.latencyscheduler.discovery.derive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeFeatureDiscoveryTest {
    @Test
    void shouldTakeOverOnlyWhatItsLabelsSayForSure() {
        assertThat(NodeFeatureDiscovery.implied(Map.of(
                        "feature.node.kubernetes.io/kernel-config.PREEMPT_RT", "true",
                        "feature.node.kubernetes.io/network-sriov.capable", "true")))
                .containsOnly(Map.entry(NodeLabel.REAL_TIME_KERNEL.key(), "true"));
        assertThat(NodeFeatureDiscovery.implied(Map.of("feature.node.kubernetes.io/kernel-config.PREEMPT", "true")))
                .isEmpty();
    }
}
