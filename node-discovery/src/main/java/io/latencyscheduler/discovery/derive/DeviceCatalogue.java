package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.contract.NodeInventory.Feature;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known about devices beforehand.
 *
 * @param dpdkDrivers DPDK's network driver by {@code vendor:device}, from the drivers' own information
 * @param bifurcated devices that DPDK drives while the kernel driver stays bound, as ConnectX
 * @param tsnDevices what devices can do under their kernel driver
 */
public record DeviceCatalogue(Map<String, String> dpdkDrivers, Set<String> bifurcated, List<TsnDevices> tsnDevices) {
    public DeviceCatalogue {
        dpdkDrivers = Map.copyOf(dpdkDrivers);
        bifurcated = Set.copyOf(bifurcated);
        tsnDevices = List.copyOf(tsnDevices);
    }

    /**
     * Devices with the same features under one kernel driver.
     *
     * @param vendorDevices such as {@code 8086:15f3}; empty for whatever the driver binds
     */
    public record TsnDevices(Set<String> vendorDevices, String driver, Set<Feature> features) {
        public TsnDevices {
            vendorDevices = Set.copyOf(vendorDevices);
            features = Set.copyOf(features);
        }

        boolean covers(@Nullable String vendorDevice, @Nullable String boundDriver) {
            return driver.equals(boundDriver)
                    && (vendorDevices.isEmpty() || (vendorDevice != null && vendorDevices.contains(vendorDevice)));
        }
    }

    /** Features of a device under the driver it is bound to; a userspace driver brings none of the kernel's. */
    Set<Feature> features(@Nullable String vendorDevice, @Nullable String driver) {
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        if (vendorDevice != null && dpdkDrivers.containsKey(vendorDevice)) {
            features.add(Feature.DPDK);
        }
        for (TsnDevices devices : tsnDevices) {
            if (devices.covers(vendorDevice, driver)) {
                features.addAll(devices.features());
            }
        }
        return features;
    }
}
