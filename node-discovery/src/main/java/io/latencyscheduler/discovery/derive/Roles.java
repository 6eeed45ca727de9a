package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.NodeInventory.Feature;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.discovery.config.DiscoveryConfig;
import io.latencyscheduler.discovery.config.DiscoveryConfig.GatedPorts;
import io.latencyscheduler.discovery.config.PortRule;
import io.latencyscheduler.discovery.fact.PciFunction;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may use a port. Whatever is in doubt is {@code external}: a port given away wrongly cuts somebody off, a
 * port held back wrongly costs one line of configuration.
 */
final class Roles {
    /** Userspace drivers that DPDK works through. */
    static final Set<String> DPDK_BOUND = Set.of("vfio-pci", "igb_uio", "uio_pci_generic", "uio_hv_generic");

    private final DiscoveryConfig config;
    private final DeviceCatalogue catalogue;
    private final HostUse use;

    Roles(DiscoveryConfig config, DeviceCatalogue catalogue, HostUse use) {
        this.config = config;
        this.catalogue = catalogue;
        this.use = use;
    }

    /** @param linkRateBps as it will stand in the inventory, 0 when unknown */
    RoleDecision decide(Candidate port, @Nullable PortRule rule, long linkRateBps) {
        if (rule != null && rule.role() != null) {
            return byRule(port, rule.role(), rule.key(), linkRateBps);
        }
        if (use.management(port)) {
            return RoleDecision.of(Role.MANAGEMENT, "carries the default route");
        }
        String bridge = use.bridge(port);
        if (bridge != null) {
            return RoleDecision.of(Role.EXTERNAL, "belongs to the Open vSwitch bridge " + bridge);
        }
        if (port.driver() != null && DPDK_BOUND.contains(port.driver())) {
            return dpdkBound(port, port.driver());
        }
        if (port.function() != null && port.driver() == null) {
            return RoleDecision.of(Role.EXTERNAL, "no driver is bound");
        }
        if (port.function() != null && !port.function().virtualFunctions().isEmpty()) {
            return RoleDecision.of(
                    Role.EXTERNAL,
                    "has " + port.function().virtualFunctions().size()
                            + " virtual functions, which are ports of their own");
        }
        String otherUse = use.otherUse(port);
        if (otherUse != null) {
            return RoleDecision.of(Role.EXTERNAL, "in use: " + otherUse);
        }
        return unusedKernelPort(port, linkRateBps);
    }

    private RoleDecision byRule(Candidate port, Role role, String key, long linkRateBps) {
        String because = "configured by " + key;
        if (role == Role.OWNED && use.management(port)) {
            return RoleDecision.refused(
                    Role.MANAGEMENT, key + " says owned, but it carries the default route and stays the node's own");
        }
        String bridge = use.bridge(port);
        if (bridge != null && (role == Role.OWNED || role == Role.GATED)) {
            return RoleDecision.refused(
                    Role.EXTERNAL,
                    key + " says " + role.wireName() + ", but it belongs to the Open vSwitch bridge " + bridge);
        }
        if (role == Role.GATED && linkRateBps == 0) {
            return RoleDecision.refused(
                    Role.EXTERNAL, key + " says gated, but the link rate is unknown: set " + key + ".link-rate");
        }
        if (role == Role.GATED && port.netdev() == null && !isDpdkBound(port)) {
            return RoleDecision.refused(
                    Role.EXTERNAL, key + " says gated, but neither the kernel nor DPDK can drive it");
        }
        return RoleDecision.of(role, because);
    }

    private static boolean isDpdkBound(Candidate port) {
        return port.driver() != null && DPDK_BOUND.contains(port.driver());
    }

    private RoleDecision dpdkBound(Candidate port, String driver) {
        PciFunction function = port.function();
        if (!port.features(catalogue).contains(Feature.DPDK)) {
            return RoleDecision.of(
                    Role.EXTERNAL,
                    "bound to " + driver + ", but no DPDK driver is known to serve " + port.vendorDevice());
        }
        if (function != null
                && driver.equals("vfio-pci")
                && !function.iommuGroupHolders().isEmpty()) {
            return RoleDecision.of(
                    Role.EXTERNAL,
                    "shares IOMMU group " + function.iommuGroup() + " with "
                            + String.join(", ", function.iommuGroupHolders()) + ", which a kernel driver holds");
        }
        if (function != null && !function.virtualFunctions().isEmpty()) {
            return RoleDecision.of(
                    Role.EXTERNAL,
                    "has " + function.virtualFunctions().size() + " virtual functions, which are ports of their own");
        }
        return RoleDecision.of(Role.OWNED, "bound to " + driver);
    }

    private RoleDecision unusedKernelPort(Candidate port, long linkRateBps) {
        Set<Feature> features = port.features(catalogue);
        boolean tsn = features.contains(Feature.GATES) || features.contains(Feature.LAUNCH_TIME);
        String hardware = features.contains(Feature.GATES) ? "a gate engine" : "launch time";
        if (tsn && config.gatedPorts() == GatedPorts.AUTO) {
            if (linkRateBps == 0) {
                return RoleDecision.of(
                        Role.EXTERNAL,
                        "has " + hardware + " and is unused, but its link rate is unknown until the link has been up");
            }
            return RoleDecision.of(Role.GATED, "has " + hardware + " and is unused");
        }
        if (port.vendorDevice() != null && catalogue.bifurcated().contains(port.vendorDevice())) {
            return RoleDecision.of(
                    Role.EXTERNAL,
                    "DPDK can share it with the kernel driver " + port.driver() + ": needs a rule to be owned");
        }
        String kind =
                port.virtualFunction() ? "a virtual function of the kernel driver " : "bound to the kernel driver ";
        return RoleDecision.of(Role.EXTERNAL, port.driver() == null ? "a virtual interface" : kind + port.driver());
    }
}
