package io.latencyscheduler.discovery.host;

import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.NetworkInterface;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Kernel interfaces, from {@code /sys/class/net} (Documentation/ABI/testing/sysfs-class-net). */
final class InterfaceReader {
    private static final String INTERFACES = "sys/class/net";

    /** {@code ARPHRD_ETHER}; loopback, tunnels and CAN have others. */
    private static final String ETHERNET = "1";

    private final HostFiles files;
    private final Ethtool ethtool;
    private final Skipped skipped;

    InterfaceReader(HostFiles files, Ethtool ethtool, Skipped skipped) {
        this.files = files;
        this.ethtool = ethtool;
        this.skipped = skipped;
    }

    Fact<List<NetworkInterface>> read() {
        List<String> names;
        try {
            names = files.names(INTERFACES);
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
        List<NetworkInterface> interfaces = new ArrayList<>();
        for (String name : names) {
            String folder = INTERFACES + "/" + name;
            try {
                // Plain files live here too, such as bonding_masters.
                if (files.exists(folder + "/type")
                        && files.text(folder + "/type").equals(ETHERNET)) {
                    interfaces.add(readOne(name, folder));
                }
            } catch (IOException | IllegalArgumentException e) {
                if (files.exists(folder)) {
                    skipped.device("interfaces", name, ReadFailures.inWords(e));
                }
            }
        }
        return Fact.known(interfaces);
    }

    private NetworkInterface readOne(String name, String folder) throws IOException {
        String device = deviceName(folder);
        String clock = files.namesIfPresent(folder + "/device/ptp").stream()
                .findFirst()
                .orElse(null);
        Ethtool.Answers answers = ethtool.ask(name);
        return new NetworkInterface(
                name,
                device,
                files.linkName(folder + "/device/driver").orElse(null),
                Integer.parseInt(
                        files.textIfPresent(folder + "/device/numa_node").orElse("-1")),
                carrier(folder),
                linkRateBps(folder),
                files.linkName(folder + "/master").orElse(null),
                linked(folder, "upper_"),
                linked(folder, "lower_"),
                (int) files.namesIfPresent(folder + "/queues").stream()
                        .filter(queue -> queue.startsWith("tx-"))
                        .count(),
                clock,
                answers.hardwareTimestamping(),
                answers.framePreemption());
    }

    /** The PCI function, also behind a virtio device; else the device's own name; null for a virtual interface. */
    private @Nullable String deviceName(String folder) throws IOException {
        if (!files.exists(folder + "/device")) {
            return null;
        }
        String[] path = files.realPath(folder + "/device").split("/");
        String last = path[path.length - 1];
        return last.startsWith("virtio") && path.length > 1 ? path[path.length - 2] : last;
    }

    /** Reading it while the interface is down gives EINVAL. */
    private @Nullable Boolean carrier(String folder) {
        return files.textIfReadable(folder + "/carrier")
                .map(text -> text.equals("1"))
                .orElse(null);
    }

    /** Megabits per second; EINVAL, -1 or nothing at all while the link is down or the driver does not know. */
    private long linkRateBps(String folder) {
        String text = files.textIfReadable(folder + "/speed").orElse("");
        if (!text.matches("[0-9]{1,7}")) {
            return 0;
        }
        return Long.parseLong(text) * 1_000_000;
    }

    private List<String> linked(String folder, String prefix) throws IOException {
        return files.names(folder).stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .toList();
    }
}
