package io.latencyscheduler.discovery.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Takes out of a recording what identifies a machine or its network and does not matter for facts. */
final class Scrubber {
    /** An interface named after its MAC address. */
    private static final Pattern MAC_NAME = Pattern.compile("enx[0-9a-f]{12}");

    private static final Pattern MAC = Pattern.compile("\\b[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}\\b");

    private final Map<String, String> macNames = new HashMap<>();

    /** Interfaces that carry their MAC address in their name get another name, everywhere the same. */
    String names(String text) {
        Matcher matcher = MAC_NAME.matcher(text);
        return matcher.replaceAll(found -> macNames.computeIfAbsent(
                found.group(), name -> String.format(Locale.ROOT, "enx%012d", macNames.size() + 1)));
    }

    String text(String path, String text) {
        String scrubbed;
        if (path.endsWith("net/route")) {
            scrubbed = routes(text);
        } else if (path.endsWith("net/ipv6_route")) {
            scrubbed = lines(
                    text,
                    "^([0-9a-f]{32}) (..) ([0-9a-f]{32}) (..) ([0-9a-f]{32})",
                    "0".repeat(32) + " $2 " + "0".repeat(32) + " $4 " + "0".repeat(32));
        } else if (path.endsWith("net/if_inet6")) {
            scrubbed = lines(text, "^[0-9a-f]{32}", "0".repeat(32));
        } else if (path.endsWith("cpu_manager_state")) {
            Matcher policy =
                    Pattern.compile("\"policyName\"\\s*:\\s*\"[a-z]*\"").matcher(text);
            scrubbed = policy.find() ? "{" + policy.group() + "}" : "{}";
        } else if (path.equals("proc/version")) {
            scrubbed = text.replaceAll("\\([^()]*@[^()]*\\)", "(build)");
        } else {
            scrubbed = MAC.matcher(text).replaceAll("00:00:00:00:00:00");
        }
        return names(scrubbed);
    }

    /** Destinations and gateways become zeros, unless being zero is what matters. */
    private static String routes(String text) {
        return text.lines()
                .map(line -> {
                    String[] columns = line.split("\t", -1);
                    if (columns.length > 2 && columns[1].matches("[0-9A-F]{8}")) {
                        columns[1] = columns[1].equals("00000000") ? columns[1] : "0000000A";
                        columns[2] = "00000000";
                    }
                    return String.join("\t", columns);
                })
                .collect(Collectors.joining("\n"));
    }

    private static String lines(String text, String pattern, String replacement) {
        return text.lines().map(line -> line.replaceFirst(pattern, replacement)).collect(Collectors.joining("\n"));
    }

    /** Keeps of the database's answer what facts are made of. */
    JsonNode openVSwitch(JsonNode answer) {
        ArrayNode kept = JsonNodeFactory.instance.arrayNode();
        for (JsonNode table : answer) {
            ArrayNode rows = kept.addObject().putArray("rows");
            for (JsonNode row : table.path("rows")) {
                rows.add(row(row));
            }
        }
        return kept;
    }

    private static ObjectNode row(JsonNode row) {
        ObjectNode kept = JsonNodeFactory.instance.objectNode();
        for (String column : new String[] {
            "_uuid", "ovs_version", "dpdk_initialized", "name", "datapath_type", "ports", "interfaces", "type"
        }) {
            if (row.has(column)) {
                kept.set(column, row.path(column));
            }
        }
        for (JsonNode option : row.path("options").path(1)) {
            if (option.path(0).asText().equals("dpdk-devargs")) {
                ArrayNode map = kept.putArray("options");
                map.add("map").addArray().add(option);
            }
        }
        return kept;
    }
}
