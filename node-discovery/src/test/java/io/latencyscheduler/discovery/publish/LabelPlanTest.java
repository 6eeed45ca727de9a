package io.latencyscheduler.discovery.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.discovery.derive.NodeLabel;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LabelPlanTest {
    private static final String NICS = NodeLabel.DPDK_NICS.key();
    private static final String IOMMU = NodeLabel.IOMMU.key();

    private static ObservedNode node(Map<String, String> labels, String owned) {
        return new ObservedNode("uid", labels, owned.isEmpty() ? Map.of() : Map.of(LabelPlan.OWNED, owned));
    }

    @Test
    void shouldWriteEveryLabelOfANewNodeAndRemember() {
        LabelPlan plan = LabelPlan.of(node(Map.of("zone", "a"), ""), Map.of(NICS, "2", "dpdk", "2"), true);
        assertThat(plan.set()).containsOnly(Map.entry(NICS, "2"), Map.entry("dpdk", "2"));
        assertThat(plan.owned()).containsExactly("dpdk", NICS);
        assertThat(plan.remove()).isEmpty();
    }

    @Test
    void shouldWriteNothingWhenEverythingStands() {
        LabelPlan plan = LabelPlan.of(
                node(Map.of(NICS, "2", "dpdk", "1"), "dpdk," + NICS), Map.of(NICS, "2", "dpdk", "2"), true);
        assertThat(plan.isEmpty()).isTrue();
    }

    @Test
    void shouldLeaveTheSchedulersFreeCountAloneEvenWhenTheTotalChanges() {
        LabelPlan plan = LabelPlan.of(
                node(Map.of(NICS, "4", "dpdk", "1"), "dpdk," + NICS), Map.of(NICS, "3", "dpdk", "3"), true);
        assertThat(plan.set()).containsOnly(Map.entry(NICS, "3"));
    }

    @Test
    void shouldLeaveABareLabelThatSomebodyElseWrote() {
        LabelPlan plan =
                LabelPlan.of(node(Map.of(Keys.OVS_DPDK_LABEL, "yes"), ""), Map.of(Keys.OVS_DPDK_LABEL, "false"), true);
        assertThat(plan.isEmpty()).isTrue();
    }

    @Test
    void shouldMendALabelUnderOurPrefixWhoeverChangedIt() {
        LabelPlan plan = LabelPlan.of(node(Map.of(NICS, "99"), ""), Map.of(NICS, "2"), true);
        assertThat(plan.set()).containsOnly(Map.entry(NICS, "2"));
        assertThat(plan.owned()).containsExactly(NICS);
    }

    @Test
    void shouldKeepALabelWhoseSourceCouldNotBeRead() {
        LabelPlan plan =
                LabelPlan.of(node(Map.of(NICS, "2", IOMMU, "true"), NICS + "," + IOMMU), Map.of(NICS, "2"), true);
        assertThat(plan.isEmpty()).isTrue();
    }

    @Test
    void shouldRemoveALabelThatAnEarlierVersionWrote() {
        String old = Keys.PREFIX + "no-longer-written";
        LabelPlan plan = LabelPlan.of(node(Map.of(NICS, "2", old, "x"), NICS + "," + old), Map.of(NICS, "2"), true);
        assertThat(plan.remove()).containsExactly(old);
        assertThat(plan.owned()).containsExactly(NICS);
    }

    @Test
    void shouldTakeBareLabelsAwayWhenSwitchedOffButNotTheSchedulers() {
        LabelPlan plan = LabelPlan.of(
                node(Map.of("ovs-dpdk", "true", "dpdk", "1", NICS, "2"), "dpdk,ovs-dpdk," + NICS),
                Map.of(NICS, "2"),
                false);
        assertThat(plan.remove()).containsExactly("ovs-dpdk");
        assertThat(plan.owned()).containsExactly(NICS);
    }

    @Test
    void shouldCleanUpWhatItRecordedAndNothingElse() {
        LabelPlan plan = LabelPlan.cleanup(
                node(Map.of("dpdk", "1", NICS, "2", "zone", "a", "ovs-dpdk", "hand-made"), "dpdk,gone," + NICS));
        assertThat(plan.remove()).containsExactly("dpdk", NICS);
        assertThat(plan.owned()).isEmpty();
        assertThat(plan.isEmpty()).isFalse();
    }

    @Test
    void shouldCleanUpTheAgentsLabelWhichOutlivesTheAgents() {
        LabelPlan plan = LabelPlan.cleanup(node(Map.of(Keys.OVERLAY_LABEL, "kernel", NICS, "2"), NICS));
        assertThat(plan.remove()).containsExactly(NICS, Keys.OVERLAY_LABEL);
    }

    @Test
    void shouldRestoreACountThatSomebodySetByHand() {
        LabelPlan plan = LabelPlan.cleanup(
                new ObservedNode("uid", Map.of("dpdk", "1"), Map.of("latency-scheduler.io/dpdk-total", "4")));
        assertThat(plan.set()).containsExactly(Map.entry("dpdk", "4"));
        assertThat(plan.remove()).isEmpty();
    }
}
