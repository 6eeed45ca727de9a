package io.latencyscheduler.dataplane.ovs.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.dataplane.ovs.plan.FlowPlanner.PodPort;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FlowPlannerTest {
    private static final PodPort A = new PodPort(5, "0a:00:00:00:00:01", List.of("10.1.0.5"));
    private static final PodPort B = new PodPort(6, "0a:00:00:00:00:02", List.of());
    private static final int TUNNEL = 1;
    private static final int ENGINE = 2;

    private static String text(List<Flow> flows) {
        return flows.stream()
                .map(flow -> flow.text().replaceFirst("cookie=[^,]*,", ""))
                .collect(Collectors.joining("\n"));
    }

    @Test
    void shouldCarryNothingOnAnEmptyNode() {
        assertThat(text(FlowPlanner.plan(List.of(), List.of(), 0, 0))).isEqualTo("""
                table=10,priority=40,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop
                table=10,priority=10,actions=drop
                table=20,priority=40,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop""");
    }

    @Test
    void shouldLetAPodSendFromItsOwnAddressesOnly() {
        assertThat(text(FlowPlanner.plan(List.of(A), List.of(), TUNNEL, 0))
                        .lines()
                        .filter(line -> line.startsWith("table=0,")))
                .containsExactly(
                        "table=0,priority=100,in_port=5,dl_src=0a:00:00:00:00:01,actions=resubmit(,10)",
                        "table=0,priority=110,in_port=5,dl_src=0a:00:00:00:00:01,ip,actions=drop",
                        "table=0,priority=110,in_port=5,dl_src=0a:00:00:00:00:01,arp,actions=drop",
                        "table=0,priority=120,in_port=5,dl_src=0a:00:00:00:00:01,ip,nw_src=10.1.0.5,actions=resubmit(,10)",
                        "table=0,priority=120,in_port=5,dl_src=0a:00:00:00:00:01,arp,arp_sha=0a:00:00:00:00:01,"
                                + "arp_spa=10.1.0.5,actions=resubmit(,10)",
                        "table=0,priority=120,in_port=5,dl_src=0a:00:00:00:00:01,arp,arp_sha=0a:00:00:00:00:01,"
                                + "arp_spa=0.0.0.0,actions=resubmit(,10)");
    }

    @Test
    void shouldFloodToPodsAndNodesButFromATunnelToPodsAlone() {
        List<String> multicast = text(FlowPlanner.plan(List.of(B, A), List.of("10.0.0.3", "10.0.0.2"), TUNNEL, 0))
                .lines()
                .filter(line -> line.contains("priority=40"))
                .toList();
        assertThat(multicast)
                .containsExactly(
                        "table=10,priority=40,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=output:5,output:6,"
                                + "set_field:10.0.0.2->tun_dst,output:1,set_field:10.0.0.3->tun_dst,output:1",
                        "table=20,priority=40,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=output:5,output:6");
    }

    @Test
    void shouldTakeFramesOfTheEngineAsComeFromThePodWhoseAddressTheyBear() {
        String flows = text(FlowPlanner.plan(List.of(A), List.of(), TUNNEL, ENGINE));
        assertThat(flows)
                .contains("table=0,priority=100,in_port=2,actions=resubmit(,5)")
                .contains(
                        "table=6,priority=100,dl_src=0a:00:00:00:00:01,actions=load:5->NXM_OF_IN_PORT[],resubmit(,10)");
    }

    @Test
    void shouldMarkEachTrafficClassWithTheClassSelectorOfItsNumber() {
        assertThat(text(FlowPlanner.plan(List.of(), List.of(), TUNNEL, ENGINE))
                        .lines()
                        .filter(line -> line.contains("mod_nw_tos")))
                .hasSize(7)
                .contains(
                        "table=5,priority=100,ip,vlan_tci=0xf000/0xf000,actions=strip_vlan,mod_nw_tos:224,resubmit(,6)");
    }

    @Test
    void shouldAcceptTunnelsFromKnownNodesOnlyAndForgetWhatALostOneTaught() {
        List<Flow> both = FlowPlanner.plan(List.of(), List.of("10.0.0.2", "10.0.0.3"), TUNNEL, 0);
        assertThat(text(both))
                .contains("in_port=1,tun_src=10.0.0.2,actions=learn(table=10,")
                .contains("delete_learned")
                .doesNotContain("tun_src=10.0.0.4");
    }

    @Test
    void shouldTellFlowsApartByCookiesThatComeFromTheirText() {
        List<Flow> flows = FlowPlanner.plan(List.of(A, B), List.of("10.0.0.2", "10.0.0.3"), TUNNEL, ENGINE);
        assertThat(flows.stream().map(Flow::cookie)).doesNotHaveDuplicates().allMatch(Flow::isAgents);
        assertThat(FlowPlanner.plan(List.of(A, B), List.of("10.0.0.3", "10.0.0.2"), TUNNEL, ENGINE))
                .isEqualTo(flows);
        assertThat(Flow.isAgents(Flow.learnedFrom("10.0.0.2"))).isFalse();
    }
}
