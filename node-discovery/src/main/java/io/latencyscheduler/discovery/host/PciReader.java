package io.latencyscheduler.discovery.host;

import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.PciFunction;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Network functions of the PCI bus, from {@code /sys/bus/pci/devices} (Documentation/ABI/testing/sysfs-bus-pci), whether
 * a kernel driver, a userspace driver or none holds them.
 */
final class PciReader {
    static final String DEVICES = "sys/bus/pci/devices";

    /** Base class of network controllers, the highest byte of {@code class}. */
    private static final int NETWORK_CLASS = 0x02;

    /** Base class of bridges, which VFIO does not count among the functions of a group. */
    private static final int BRIDGE_CLASS = 0x06;

    /** Drivers under which VFIO still hands out a function's group: it holds them itself, or they do nothing. */
    private static final Set<String> HARMLESS_DRIVERS = Set.of("vfio-pci", "pci-stub", "pcieport");

    private final HostFiles files;
    private final PciIds ids;
    private final Skipped skipped;

    PciReader(HostFiles files, PciIds ids, Skipped skipped) {
        this.files = files;
        this.ids = ids;
        this.skipped = skipped;
    }

    Fact<List<PciFunction>> read() {
        List<String> addresses;
        try {
            addresses = files.names(DEVICES);
        } catch (NoSuchFileException e) {
            // A machine without PCI has /sys/bus but no pci below it; a root without sysfs says nothing.
            return files.exists("sys/bus") ? Fact.known(List.of()) : Fact.unread(ReadFailures.inWords(e));
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
        Map<Integer, List<String>> holdersOfGroup = new HashMap<>();
        List<String> network = new ArrayList<>();
        for (String address : addresses) {
            try {
                int baseClass = Integer.decode(files.text(DEVICES + "/" + address + "/class")) >>> 16;
                if (baseClass == NETWORK_CLASS) {
                    network.add(address);
                }
                noteHolder(address, baseClass, holdersOfGroup);
            } catch (IOException | IllegalArgumentException e) {
                skip(address, e);
            }
        }
        List<PciFunction> functions = new ArrayList<>();
        for (String address : network) {
            try {
                functions.add(function(address, holdersOfGroup));
            } catch (IOException | IllegalArgumentException e) {
                skip(address, e);
            }
        }
        functions.sort(Comparator.comparing(PciFunction::address));
        return Fact.known(functions);
    }

    /** A device that has gone meanwhile is simply not there; one that is there but unreadable is named. */
    private void skip(String address, Exception failure) {
        if (files.exists(DEVICES + "/" + address)) {
            skipped.device("pci", address, ReadFailures.inWords(failure));
        }
    }

    private void noteHolder(String address, int baseClass, Map<Integer, List<String>> holdersOfGroup)
            throws IOException {
        Optional<Integer> group = iommuGroup(address);
        Optional<String> driver = files.linkName(DEVICES + "/" + address + "/driver");
        if (group.isPresent()
                && driver.isPresent()
                && baseClass != BRIDGE_CLASS
                && !HARMLESS_DRIVERS.contains(driver.get())) {
            holdersOfGroup
                    .computeIfAbsent(group.get(), key -> new ArrayList<>())
                    .add(address);
        }
    }

    private Optional<Integer> iommuGroup(String address) throws IOException {
        return files.linkName(DEVICES + "/" + address + "/iommu_group").map(Integer::valueOf);
    }

    private PciFunction function(String address, Map<Integer, List<String>> holdersOfGroup) throws IOException {
        String device = DEVICES + "/" + address;
        String vendorId = PciIds.fourDigits(files.text(device + "/vendor"));
        String deviceId = PciIds.fourDigits(files.text(device + "/device"));
        Integer group = iommuGroup(address).orElse(null);
        List<String> holders = group == null
                ? List.of()
                : holdersOfGroup.getOrDefault(group, List.of()).stream()
                        .filter(other -> !other.equals(address))
                        .toList();
        return new PciFunction(
                address,
                vendorId + ":" + deviceId,
                ids.model(vendorId, deviceId),
                files.linkName(device + "/driver").orElse(null),
                number(device + "/numa_node", -1),
                group,
                holders,
                List.copyOf(netdevs(device)),
                number(device + "/sriov_totalvfs", 0),
                virtualFunctions(device),
                files.linkName(device + "/physfn").orElse(null),
                firstClock(device));
    }

    /** Interfaces right below the function, or below its virtio device. */
    private Set<String> netdevs(String device) throws IOException {
        Set<String> netdevs = new TreeSet<>(files.namesIfPresent(device + "/net"));
        for (String child : files.names(device)) {
            if (child.startsWith("virtio")) {
                netdevs.addAll(files.namesIfPresent(device + "/" + child + "/net"));
            }
        }
        return netdevs;
    }

    private List<String> virtualFunctions(String device) throws IOException {
        Set<String> addresses = new HashSet<>();
        for (String child : files.names(device)) {
            if (child.startsWith("virtfn")) {
                files.linkName(device + "/" + child).ifPresent(addresses::add);
            }
        }
        return addresses.stream().sorted().toList();
    }

    private @Nullable String firstClock(String device) throws IOException {
        List<String> clocks = files.namesIfPresent(device + "/ptp");
        return clocks.isEmpty() ? null : clocks.get(0);
    }

    private int number(String path, int absent) throws IOException {
        Optional<String> text = files.textIfPresent(path);
        try {
            return text.isEmpty() ? absent : Integer.parseInt(text.get());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(path + ": '" + text.get() + "' is no number", e);
        }
    }
}
