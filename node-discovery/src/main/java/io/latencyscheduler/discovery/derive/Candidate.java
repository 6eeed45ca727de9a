package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.NodeInventory.Feature;
import io.latencyscheduler.discovery.fact.NetworkInterface;
import io.latencyscheduler.discovery.fact.PciFunction;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A port before its role is decided: a PCI function, a kernel interface, or both. At least one is there. */
record Candidate(@Nullable PciFunction function, @Nullable NetworkInterface netdev) {
    /** What it is called unless it is gated under another name. */
    String defaultName() {
        return function != null ? function.address() : netdevName() == null ? "" : netdevName();
    }

    @Nullable
    String netdevName() {
        return netdev == null ? null : netdev.name();
    }

    @Nullable
    String pciAddress() {
        return function == null ? null : function.address();
    }

    @Nullable
    String vendorDevice() {
        return function == null ? null : function.vendorDevice();
    }

    @Nullable
    String driver() {
        return function != null ? function.driver() : netdev == null ? null : netdev.driver();
    }

    String model() {
        if (function != null) {
            return function.model();
        }
        return netdev != null && netdev.device() != null ? "device " + netdev.device() : "virtual interface";
    }

    int numaNode() {
        return function != null ? function.numaNode() : netdev == null ? -1 : netdev.numaNode();
    }

    @Nullable
    String ptpClock() {
        String ofFunction = function == null ? null : function.ptpClock();
        return ofFunction != null || netdev == null ? ofFunction : netdev.ptpClock();
    }

    boolean virtualFunction() {
        return function != null && function.physicalFunction() != null;
    }

    Set<Feature> features(DeviceCatalogue catalogue) {
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        features.addAll(catalogue.features(vendorDevice(), driver()));
        if (ptpClock() != null) {
            features.add(Feature.HARDWARE_TIMESTAMPING);
        }
        if (netdev != null && netdev.hardwareTimestamping() != null) {
            // The driver knows better than the tables.
            features.remove(Feature.HARDWARE_TIMESTAMPING);
            if (netdev.hardwareTimestamping()) {
                features.add(Feature.HARDWARE_TIMESTAMPING);
            }
        }
        if (netdev != null && Boolean.TRUE.equals(netdev.framePreemption())) {
            features.add(Feature.FRAME_PREEMPTION);
        }
        if (virtualFunction()) {
            features.add(Feature.VIRTUAL_FUNCTION);
        }
        if (function != null && function.sriovTotalVfs() > 0) {
            features.add(Feature.SRIOV);
        }
        return features;
    }
}
