package io.latencyscheduler.discovery.output;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.WireName;
import io.latencyscheduler.discovery.config.LinkRates;
import io.latencyscheduler.discovery.derive.Derived;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What was found, for a person at a terminal. */
public final class TableOutput {
    private TableOutput() {}

    /** Ports, then labels. */
    public static String of(Derived derived) {
        List<List<String>> ports = new ArrayList<>();
        ports.add(List.of("PORT", "NETDEV", "ROLE", "RATE", "LINK", "NUMA", "DRIVER", "FEATURES", "MODEL", "WHY"));
        for (Port port : derived.inventory().ports()) {
            ports.add(List.of(
                    port.name(),
                    port.netdev() == null ? "-" : port.netdev(),
                    port.role().wireName(),
                    port.linkRateBps() == 0 ? "-" : LinkRates.format(port.linkRateBps()),
                    port.linkUp() == null ? "-" : port.linkUp() ? "up" : "down",
                    port.numaNode() < 0 ? "-" : String.valueOf(port.numaNode()),
                    port.driver() == null ? "-" : port.driver(),
                    port.features().isEmpty()
                            ? "-"
                            : port.features().stream()
                                    .map(WireName::wireName)
                                    .sorted()
                                    .collect(Collectors.joining(",")),
                    port.model(),
                    port.roleReason()));
        }
        List<List<String>> labels = new ArrayList<>();
        labels.add(List.of("LABEL", "VALUE"));
        derived.labels().forEach((key, value) -> labels.add(List.of(key, value)));
        String portTable = ports.size() == 1 ? "no network ports\n" : table(ports);
        return portTable + "\n" + table(labels);
    }

    private static String table(List<List<String>> rows) {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
