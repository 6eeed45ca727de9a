package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.scheduler.view.NodeView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What is wrong with nodes, their ports and their agents. */
final class NodeFindings {
    private NodeFindings() {}

    static List<Finding> of(List<NodeView> nodes) {
        List<Finding> findings = new ArrayList<>();
        if (nodes.isEmpty()) {
            return List.of(Finding.error("nodes", "the cluster has no nodes"));
        }
        long inventoried = nodes.stream().filter(NodeView::inventoried).count();
        long agents = nodes.stream().filter(node -> node.agent() != null).count();
        report(findings, "nodes", nodes, node -> !node.ready(), "not ready");
        report(findings, "discovery", nodes, node -> !node.inventoried() && inventoried > 0, "not inventoried");
        report(
                findings,
                "agent",
                nodes,
                node -> node.agent() != null && !node.agent().live(),
                "with a silent agent");
        report(
                findings,
                "agent",
                nodes,
                node -> node.agent() != null
                        && node.agent().clock().state() == NodeDataplane.ClockState.UNLOCKED
                        && !node.gatedPorts().isEmpty(),
                "with gated ports and a clock that is not locked: no new streams go there");
        report(
                findings,
                "ports",
                nodes,
                node -> node.gatedPorts().stream().anyMatch(port -> !port.linkUp()),
                "with a gated port whose link is down");
        report(findings, "ports", nodes, node -> node.headroom() < 0, "with more DPDK ports held than there are");
        int ports = nodes.stream().mapToInt(node -> node.ownedPorts().size()).sum();
        int free = nodes.stream().mapToInt(node -> Math.max(0, node.headroom())).sum();
        int gated = nodes.stream().mapToInt(node -> node.gatedPorts().size()).sum();
        findings.add(Finding.ok(
                "nodes",
                nodes.size() + " nodes, " + inventoried + " inventoried, " + agents + " with an agent; " + free + " of "
                        + ports + " DPDK ports free, " + gated + " gated ports"));
        return findings;
    }

    private static void report(
            List<Finding> findings, String part, List<NodeView> nodes, Predicate<NodeView> wrong, String words) {
        List<String> names =
                nodes.stream().filter(wrong).map(NodeView::name).sorted().toList();
        if (!names.isEmpty()) {
            String some = String.join(", ", names.subList(0, Math.min(3, names.size())));
            findings.add(Finding.warning(
                    part,
                    names.size() + (names.size() == 1 ? " node " : " nodes ") + words + ": " + some
                            + (names.size() > 3 ? ", …" : "")));
        }
    }
}
