package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.contract.NodeInventory.HugepagePool;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.config.PortRule;
import io.latencyscheduler.discovery.fact.HostFacts;
import io.latencyscheduler.discovery.fact.Hugepages;
import io.latencyscheduler.discovery.fact.NetworkInterface;
import io.latencyscheduler.discovery.fact.OpenVSwitch;
import io.latencyscheduler.discovery.fact.PciFunction;
import io.latencyscheduler.discovery.fact.Problem;
import io.latencyscheduler.discovery.fact.Routes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pure function from facts to labels and inventory. The same facts, configuration and earlier inventory always give
 * the same result. What could not be read now keeps what the earlier inventory of the same node said.
 */
public final class Derivation {
    private static final Routes NO_ROUTES = new Routes(Set.of(), Set.of());

    private final DiscoveryConfig config;
    private final DeviceCatalogue catalogue;

    public Derivation(DiscoveryConfig config, DeviceCatalogue catalogue) {
        this.config = config;
        this.catalogue = catalogue;
    }

    /**
     * Concludes.
     *
     * @param nodeUid UID of the node, empty when there is none yet
     * @param earlier what was last published for this node; one of another node UID is ignored
     */
    public Derived derive(HostFacts facts, String nodeUid, @Nullable NodeInventory earlier) {
        NodeInventory before = earlier != null && earlier.nodeUid().equals(nodeUid) ? earlier : null;
        List<Problem> problems = new ArrayList<>(facts.problems());
        boolean portsRead = facts.pciFunctions().isKnown() && facts.interfaces().isKnown();
        List<Port> ports =
                portsRead ? ports(facts, before, problems) : before != null ? before.ports() : List.<Port>of();
        OpenVSwitch openVSwitch = facts.openVSwitch().value();
        NodeInventory inventory = new NodeInventory(
                nodeUid,
                ports,
                openVSwitch != null ? openVSwitch.dpdkInitialized() : before != null && before.ovsDpdk(),
                facts.hugepages().map(Derivation::pools).orElse(before != null ? before.hugepages() : List.of()),
                facts.cpus().map(cpus -> cpus.isolated()).orElse(before != null ? before.isolatedCpus() : ""));
        boolean portsKnown = portsRead || before != null;
        boolean rolesKnown = portsRead && usersRead(facts) || before != null;
        return new Derived(
                Labels.of(facts, inventory, portsKnown, rolesKnown, config.bareLabels()),
                inventory,
                portsKnown,
                problems);
    }

    private List<Port> ports(HostFacts facts, @Nullable NodeInventory before, List<Problem> problems) {
        List<PciFunction> functions = facts.pciFunctions().orElse(List.of());
        List<NetworkInterface> interfaces = facts.interfaces().orElse(List.of());
        HostUse use = new HostUse(
                interfaces,
                facts.routes().orElse(NO_ROUTES),
                facts.openVSwitch().orElse(OpenVSwitch.NONE));
        Roles roles = new Roles(config, catalogue, use);
        List<Port> ports = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Map<Integer, String> ownerOfGroup = new HashMap<>();
        for (Candidate candidate : Candidates.of(functions, interfaces, config.ports())) {
            PortRule rule = ruleFor(candidate);
            long linkRateBps = linkRateBps(candidate, rule, before);
            RoleDecision decision = usersRead(facts)
                    ? roles.decide(candidate, rule, linkRateBps)
                    : inDoubt(candidate, rule, before, facts, roles, linkRateBps);
            decision = wholeGroup(candidate, rule, decision, ownerOfGroup);
            String name = name(candidate, rule, decision);
            if (!names.add(name)) {
                decision = RoleDecision.refused(Role.EXTERNAL, "another port is already called " + name);
                name = uniqueName(candidate, names);
            }
            if (decision.fault()) {
                problems.add(new Problem("ports", candidate.defaultName(), decision.reason()));
            }
            ports.add(port(candidate, name, linkRateBps, decision));
        }
        keepUnread(facts, before, ports);
        ports.sort(Comparator.comparing(Port::name));
        return ports;
    }

    private static boolean usersRead(HostFacts facts) {
        return facts.routes().isKnown() && facts.openVSwitch().isKnown();
    }

    /** VFIO hands out IOMMU groups, not functions: of several owned functions in one group the first stands for all. */
    private static RoleDecision wholeGroup(
            Candidate port, @Nullable PortRule rule, RoleDecision decision, Map<Integer, String> ownerOfGroup) {
        PciFunction function = port.function();
        boolean byRule = rule != null && rule.role() != null;
        if (decision.role() != Role.OWNED || byRule || function == null || function.iommuGroup() == null) {
            return decision;
        }
        String owner = ownerOfGroup.putIfAbsent(function.iommuGroup(), function.address());
        return owner == null
                ? decision
                : RoleDecision.of(
                        Role.EXTERNAL,
                        "shares IOMMU group " + function.iommuGroup() + " with " + owner
                                + ": it goes where that one goes");
    }

    private @Nullable PortRule ruleFor(Candidate port) {
        return config.ports().stream()
                .filter(rule ->
                        rule.match().matches(port.netdevName(), port.pciAddress(), port.vendorDevice(), port.driver()))
                .findFirst()
                .orElse(null);
    }

    /**
     * Configured, else as the kernel says, else as it was before: the kernel forgets the rate while the link is down, and
     * a gated port must not lose its role, and its pods their windows, because a cable was pulled.
     */
    private static long linkRateBps(Candidate port, @Nullable PortRule rule, @Nullable NodeInventory before) {
        if (rule != null && rule.linkRateBps() > 0) {
            return rule.linkRateBps();
        }
        NetworkInterface netdev = port.netdev();
        if (netdev == null || netdev.linkRateBps() > 0) {
            return netdev == null ? 0 : netdev.linkRateBps();
        }
        return earlier(port, before).map(Port::linkRateBps).orElse(0L);
    }

    /** Who uses the ports could not be read: a port keeps its earlier role, and a new one is nobody's. */
    private static RoleDecision inDoubt(
            Candidate port,
            @Nullable PortRule rule,
            @Nullable NodeInventory before,
            HostFacts facts,
            Roles roles,
            long linkRateBps) {
        Optional<Port> known = earlier(port, before);
        if (known.isPresent()) {
            return RoleDecision.of(known.get().role(), known.get().roleReason());
        }
        RoleDecision asFarAsKnown = roles.decide(port, rule, linkRateBps);
        if (asFarAsKnown.role() == Role.MANAGEMENT || (rule != null && rule.role() != null)) {
            return asFarAsKnown;
        }
        String source = facts.routes().isKnown() ? "Open vSwitch" : "the routing table";
        return RoleDecision.of(Role.EXTERNAL, source + " could not be read: somebody may use it");
    }

    private static Optional<Port> earlier(Candidate port, @Nullable NodeInventory before) {
        if (before == null) {
            return Optional.empty();
        }
        return before.ports().stream()
                .filter(other -> port.pciAddress() != null
                        ? port.pciAddress().equals(other.pciAddress())
                                && (port.netdev() == null
                                        || other.netdev() == null
                                        || other.netdev().equals(port.netdevName()))
                        : other.pciAddress() == null
                                && port.netdevName() != null
                                && port.netdevName().equals(other.netdev()))
                .findFirst();
    }

    /** A device that is there but could not be read keeps its earlier entry. */
    private static void keepUnread(HostFacts facts, @Nullable NodeInventory before, List<Port> ports) {
        if (before == null) {
            return;
        }
        for (Port port : before.ports()) {
            boolean unread = (port.pciAddress() != null && facts.unreadDevices().contains(port.pciAddress()))
                    || (port.netdev() != null && facts.unreadDevices().contains(port.netdev()));
            if (unread && ports.stream().noneMatch(other -> same(other, port))) {
                ports.add(port);
            }
        }
    }

    private static boolean same(Port one, Port other) {
        return one.name().equals(other.name())
                || (one.pciAddress() != null && one.pciAddress().equals(other.pciAddress()));
    }

    private static String name(Candidate port, @Nullable PortRule rule, RoleDecision decision) {
        if (decision.role() != Role.GATED || port.netdevName() == null) {
            return decision.role() == Role.GATED && rule != null && rule.name() != null
                    ? rule.name()
                    : port.defaultName();
        }
        return rule != null && rule.name() != null ? rule.name() : port.netdevName();
    }

    /** The second interface of one PCI function, or a port whose name was taken by configuration. */
    private static String uniqueName(Candidate port, Set<String> names) {
        String name = port.netdevName() != null && !names.contains(port.netdevName())
                ? port.netdevName()
                : port.defaultName();
        while (!names.add(name)) {
            name = name + "-2";
        }
        return name;
    }

    private Port port(Candidate candidate, String name, long linkRateBps, RoleDecision decision) {
        NetworkInterface netdev = candidate.netdev();
        PciFunction function = candidate.function();
        return new Port(
                name,
                candidate.pciAddress(),
                candidate.netdevName(),
                candidate.model(),
                candidate.vendorDevice(),
                candidate.driver(),
                candidate.numaNode(),
                linkRateBps,
                netdev == null ? null : netdev.linkUp(),
                decision.role(),
                decision.reason(),
                candidate.features(catalogue),
                function == null ? null : function.physicalFunction(),
                function == null ? null : function.iommuGroup(),
                candidate.ptpClock(),
                netdev == null ? 0 : netdev.txQueues());
    }

    static List<HugepagePool> pools(List<Hugepages> hugepages) {
        return hugepages.stream()
                .map(pages -> new HugepagePool(pages.numaNode(), pages.pageSizeBytes(), pages.total()))
                .toList();
    }
}
