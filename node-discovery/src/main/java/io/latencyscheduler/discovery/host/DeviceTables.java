package io.latencyscheduler.discovery.host;

import io.latencyscheduler.contract.NodeInventory.Feature;
import io.latencyscheduler.discovery.derive.DeviceCatalogue;
import io.latencyscheduler.discovery.derive.DeviceCatalogue.TsnDevices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Loads the shipped tables of devices. */
public final class DeviceTables {
    private DeviceTables() {}

    /** The catalogue of {@code dpdk-devices.tsv} and {@code tsn-devices.tsv}. */
    public static DeviceCatalogue shipped() {
        Map<String, String> dpdkDrivers = new HashMap<>();
        Set<String> bifurcated = new java.util.HashSet<>();
        for (String[] columns : rows("dpdk-devices.tsv", 3)) {
            for (String vendorDevice : columns[2].split(" ")) {
                dpdkDrivers.put(vendorDevice, columns[0]);
                // A driver that needs no userspace binding but works beside its kernel driver, as mlx5 does.
                if (columns[1].contains("ib_uverbs")) {
                    bifurcated.add(vendorDevice);
                }
            }
        }
        List<TsnDevices> tsn = new ArrayList<>();
        for (String[] columns : rows("tsn-devices.tsv", 4)) {
            Set<Feature> features = EnumSet.noneOf(Feature.class);
            for (String name : columns[2].split(" ")) {
                features.add(feature(name));
            }
            Set<String> ids = columns[0].equals("*") ? Set.of() : Set.of(columns[0].split(" "));
            tsn.add(new TsnDevices(ids, columns[1], features));
        }
        return new DeviceCatalogue(dpdkDrivers, bifurcated, tsn);
    }

    private static Feature feature(String wireName) {
        return Arrays.stream(Feature.values())
                .filter(feature -> feature.wireName().equals(wireName))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("tsn-devices.tsv: unknown feature " + wireName));
    }

    private static List<String[]> rows(String resource, int columns) {
        List<String[]> rows = new ArrayList<>();
        for (String line : Resources.lines(resource)) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] row = line.split("\t", -1);
            if (row.length != columns) {
                throw new IllegalStateException(resource + ": not " + columns + " columns: " + line);
            }
            rows.add(row);
        }
        return rows;
    }
}
