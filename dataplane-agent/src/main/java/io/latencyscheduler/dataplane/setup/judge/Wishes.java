package io.latencyscheduler.dataplane.setup.judge;

import java.util.List;

/**
 * What is wanted of a node.
 *
 * @param hugepages 2 MB pages that must be reserved
 * @param isolatedCpus CPUs for poll threads; empty: none asked for
 * @param bind PCI addresses of the devices for DPDK
 * @param openVSwitch whether Open vSwitch with DPDK is wanted
 * @param withoutIommu whether vfio may be used without an IOMMU, which protects no memory
 */
public record Wishes(
        long hugepages, List<Integer> isolatedCpus, List<String> bind, boolean openVSwitch, boolean withoutIommu) {
    public Wishes {
        isolatedCpus = List.copyOf(isolatedCpus);
        bind = List.copyOf(bind);
    }
}
