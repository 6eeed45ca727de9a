package io.latencyscheduler.dataplane.setup;

import io.latencyscheduler.dataplane.setup.judge.HostFacts;
import io.latencyscheduler.dataplane.setup.judge.HostFacts.Device;
import io.latencyscheduler.dataplane.setup.judge.HostFacts.OpenVSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads a host's facts from /sys and /proc below a root folder. What cannot be read is not there. */
final class HostReader {
    private static final String NETWORK_CLASS = "0x02";
    private static final int ROUTE_UP = 1;

    private final Path root;

    HostReader(Path root) {
        this.root = root;
    }

    HostFacts read(OpenVSwitch openVSwitch) {
        Path pages = root.resolve("sys/kernel/mm/hugepages/hugepages-2048kB");
        String unsafe = text(root.resolve("sys/module/vfio/parameters/enable_unsafe_noiommu_mode"));
        return new HostFacts(
                number(text(pages.resolve("nr_hugepages"))),
                number(text(pages.resolve("free_hugepages"))),
                !children(root.resolve("sys/kernel/iommu_groups")).isEmpty(),
                Files.isDirectory(root.resolve("sys/bus/pci/drivers/vfio-pci")),
                unsafe.isEmpty() ? Optional.empty() : Optional.of(unsafe.equals("Y") || unsafe.equals("1")),
                cpus(text(root.resolve("sys/devices/system/cpu/isolated"))),
                lockableBytes(text(root.resolve("proc/self/limits"))),
                openVSwitch,
                devices());
    }

    private Map<String, Device> devices() {
        Set<String> routed = interfacesOfDefaultRoutes();
        Map<String, Device> devices = new TreeMap<>();
        for (Path device : children(root.resolve("sys/bus/pci/devices"))) {
            if (!text(device.resolve("class")).startsWith(NETWORK_CLASS)) {
                continue;
            }
            String address = String.valueOf(device.getFileName());
            List<Path> netdevs = children(device.resolve("net"));
            String netdev =
                    netdevs.isEmpty() ? "" : String.valueOf(netdevs.get(0).getFileName());
            devices.put(address, new Device(address, driver(device), netdev, inUse(netdevs, routed)));
        }
        return devices;
    }

    private String inUse(List<Path> netdevs, Set<String> routed) {
        for (Path netdev : netdevs) {
            String name = String.valueOf(netdev.getFileName());
            if (routed.contains(name)) {
                return "the default route leaves by it";
            }
            if (Files.exists(netdev.resolve("master"), java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                return "it belongs to a bond or bridge";
            }
            if (routes().contains(name)) {
                return "it has addresses or routes; remove them first (ip addr flush dev " + name + ")";
            }
        }
        return "";
    }

    /** Interfaces of the IPv4 and IPv6 default routes, and what these are built on. */
    private Set<String> interfacesOfDefaultRoutes() {
        Set<String> found = new HashSet<>();
        for (String line : lines("proc/net/route")) {
            String[] field = line.strip().split("\\s+");
            if (field.length > 7 && field[1].equals("00000000") && field[7].equals("00000000")) {
                found.add(field[0]);
            }
        }
        for (String line : lines("proc/net/ipv6_route")) {
            String[] field = line.strip().split("\\s+");
            if (field.length > 9 && field[0].matches("0{32}") && field[1].equals("00") && !field[9].equals("lo")) {
                found.add(field[9]);
            }
        }
        for (String upper : Set.copyOf(found)) {
            for (Path lower : children(root.resolve("sys/class/net").resolve(upper))) {
                String name = String.valueOf(lower.getFileName());
                if (name.startsWith("lower_")) {
                    found.add(name.substring("lower_".length()));
                }
            }
        }
        return found;
    }

    /** Interfaces with an IPv4 route, so also those with an address. */
    private Set<String> routes() {
        Set<String> found = new HashSet<>();
        for (String line : lines("proc/net/route")) {
            String[] field = line.strip().split("\\s+");
            if (field.length > 3
                    && field[3].matches("[0-9A-Fa-f]{4}")
                    && (Integer.parseInt(field[3], 16) & ROUTE_UP) != 0) {
                found.add(field[0]);
            }
        }
        return found;
    }

    private static String driver(Path device) {
        try {
            return String.valueOf(
                    Files.readSymbolicLink(device.resolve("driver")).getFileName());
        } catch (IOException | UnsupportedOperationException none) {
            return "";
        }
    }

    /** The soft limit of the line {@code Max locked memory}; no line is no limit. */
    private static long lockableBytes(String limits) {
        for (String line : limits.split("\n", -1)) {
            if (line.startsWith("Max locked memory")) {
                String soft =
                        line.substring("Max locked memory".length()).strip().split("\\s+")[0];
                return soft.equals("unlimited") ? Long.MAX_VALUE : number(soft);
            }
        }
        return Long.MAX_VALUE;
    }

    /** A kernel CPU list such as {@code 2-5,8}. */
    static List<Integer> cpus(String list) {
        List<Integer> cpus = new ArrayList<>();
        for (String part : list.split(",", -1)) {
            if (part.matches("[0-9]{1,5}(-[0-9]{1,5})?")) {
                String[] ends = part.split("-", -1);
                for (int cpu = Integer.parseInt(ends[0]); cpu <= Integer.parseInt(ends[ends.length - 1]); cpu++) {
                    cpus.add(cpu);
                }
            }
        }
        return cpus;
    }

    private static long number(String text) {
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    private List<String> lines(String file) {
        return List.of(text(root.resolve(file)).split("\n", -1));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException unreadable) {
            return "";
        }
    }

    private static List<Path> children(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
