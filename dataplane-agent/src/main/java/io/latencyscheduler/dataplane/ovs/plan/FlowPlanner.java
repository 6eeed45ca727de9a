package io.latencyscheduler.dataplane.ovs.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The flows of the integration bridge.
 *
 * <pre>
 * table 0   where a frame comes from: a pod (its own addresses only), the engine, a tunnel from a known node
 *       5   engine: traffic class (802.1Q priority) becomes the DSCP of the same number, class selector
 *       6   engine: whose frame it is; from here on it counts as come from that pod's port
 *      10   where it goes: a pod here, the node a tunnel taught, everybody
 *      20   from a tunnel: to pods here alone, so frames never go round
 * </pre>
 *
 * <p>Learning is explicit (table 0 into table 10, from tunnels alone): a pod has two ways into the switch, its interface
 * and the engine, and learning bridges would follow its address from one to the other.
 */
public final class FlowPlanner {
    private static final int FROM = 0;
    private static final int CLASS = 5;
    private static final int OWNER = 6;
    private static final int TO = 10;
    private static final int INWARD = 20;
    private static final int LEARNED_FOR_SECONDS = 300;
    private static final int CLASSES = 8;
    private static final int DSCP_SHIFT = 5;
    private static final String MULTICAST = "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00";

    private FlowPlanner() {}

    /**
     * A pod's port.
     *
     * @param ofport its number on the bridge, above 0
     * @param mac the only source address it may use
     * @param ipv4 the only IPv4 source addresses it may use; empty: any
     */
    public record PodPort(int ofport, String mac, List<String> ipv4) {
        public PodPort {
            ipv4 = List.copyOf(ipv4);
        }
    }

    /**
     * Plans the bridge.
     *
     * @param pods ports that have a number
     * @param peers IPv4 addresses of the other nodes
     * @param tunnelPort number of the VXLAN port; 0: none yet
     * @param enginePort number of the engine's vhost-user port; 0: none
     */
    public static List<Flow> plan(Collection<PodPort> pods, Collection<String> peers, int tunnelPort, int enginePort) {
        List<Flow> flows = new ArrayList<>();
        pods.forEach(pod -> fromPod(pod, flows));
        if (enginePort > 0) {
            fromEngine(enginePort, pods, flows);
        }
        List<String> reachable = tunnelPort > 0 ? peers.stream().sorted().toList() : List.of();
        reachable.forEach(peer -> fromPeer(peer, tunnelPort, flows));
        String toPods = pods.stream()
                .sorted((a, b) -> Integer.compare(a.ofport(), b.ofport()))
                .map(pod -> "output:" + pod.ofport())
                .collect(Collectors.joining(","));
        String toPeers = reachable.stream()
                .map(peer -> "set_field:" + peer + "->tun_dst,output:" + tunnelPort)
                .collect(Collectors.joining(","));
        for (PodPort pod : pods) {
            flows.add(new Flow(TO, 100, "dl_dst=" + pod.mac(), "output:" + pod.ofport()));
            flows.add(new Flow(INWARD, 100, "dl_dst=" + pod.mac(), "output:" + pod.ofport()));
        }
        flows.add(new Flow(TO, 40, MULTICAST, joined(toPods, toPeers)));
        flows.add(new Flow(TO, 10, "", joined("", toPeers)));
        flows.add(new Flow(INWARD, 40, MULTICAST, joined(toPods, "")));
        return flows;
    }

    private static void fromPod(PodPort pod, List<Flow> flows) {
        String own = "in_port=" + pod.ofport() + ",dl_src=" + pod.mac();
        String onwards = "resubmit(," + TO + ")";
        flows.add(new Flow(FROM, 100, own, onwards));
        if (!pod.ipv4().isEmpty()) {
            flows.add(new Flow(FROM, 110, own + ",ip", "drop"));
            flows.add(new Flow(FROM, 110, own + ",arp", "drop"));
        }
        for (String address : pod.ipv4()) {
            flows.add(new Flow(FROM, 120, own + ",ip,nw_src=" + address, onwards));
            flows.add(new Flow(FROM, 120, own + ",arp,arp_sha=" + pod.mac() + ",arp_spa=" + address, onwards));
            // Duplicate address detection (RFC 5227) asks with no address of its own.
            flows.add(new Flow(FROM, 120, own + ",arp,arp_sha=" + pod.mac() + ",arp_spa=0.0.0.0", onwards));
        }
    }

    private static void fromEngine(int enginePort, Collection<PodPort> pods, List<Flow> flows) {
        flows.add(new Flow(FROM, 100, "in_port=" + enginePort, "resubmit(," + CLASS + ")"));
        for (int trafficClass = 1; trafficClass < CLASSES; trafficClass++) {
            flows.add(new Flow(
                    CLASS,
                    100,
                    "ip,vlan_tci=0x" + Integer.toHexString(0x1000 | trafficClass << 13) + "/0xf000",
                    "strip_vlan,mod_nw_tos:" + (trafficClass << DSCP_SHIFT) + ",resubmit(," + OWNER + ")"));
        }
        flows.add(new Flow(CLASS, 50, "vlan_tci=0x1000/0x1fff", "strip_vlan,resubmit(," + OWNER + ")"));
        flows.add(new Flow(CLASS, 0, "", "resubmit(," + OWNER + ")"));
        for (PodPort pod : pods) {
            flows.add(new Flow(
                    OWNER,
                    100,
                    "dl_src=" + pod.mac(),
                    "load:" + pod.ofport() + "->NXM_OF_IN_PORT[],resubmit(," + TO + ")"));
        }
    }

    private static void fromPeer(String peer, int tunnelPort, List<Flow> flows) {
        // delete_learned: what a node taught goes with the node.
        String learn = "learn(table=" + TO + ",priority=50,idle_timeout=" + LEARNED_FOR_SECONDS + ",cookie=0x"
                + Long.toHexString(Flow.learnedFrom(peer)) + ",delete_learned,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
                + "load:NXM_NX_TUN_IPV4_SRC[]->NXM_NX_TUN_IPV4_DST[],output:" + "NXM_OF_IN_PORT[])";
        flows.add(new Flow(
                FROM, 100, "in_port=" + tunnelPort + ",tun_src=" + peer, learn + ",resubmit(," + INWARD + ")"));
    }

    private static String joined(String first, String second) {
        String both = first + (first.isEmpty() || second.isEmpty() ? "" : ",") + second;
        return both.isEmpty() ? "drop" : both;
    }
}
