package io.latencyscheduler.discovery.config;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.discovery.config.DiscoveryConfig.GatedPorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads configuration from flat properties such as {@code discovery.ports[0].match.netdev=tsn0}. {@code link-rate} and
 * {@code linkRate} are the same key. All faults are reported at once, unknown keys among them.
 */
public final class ConfigReader {
    /** What all keys begin with. */
    public static final String PREFIX = "discovery.";

    private static final Pattern PORT_KEY = Pattern.compile("discovery\\.ports\\[([0-9]{1,4})]\\..+");
    private static final String PATTERN_ACCEPTED = "a name or a pattern with * and ?";

    private final Map<String, String> values = new HashMap<>();
    private final Map<String, String> asWritten = new HashMap<>();
    private final Set<String> used = new HashSet<>();
    private final List<Fault> faults = new ArrayList<>();

    private ConfigReader(Map<String, String> properties) {
        properties.forEach((key, value) -> {
            values.put(canonical(key), value.strip());
            asWritten.put(canonical(key), key);
        });
    }

    /** Reads properties; those that do not begin with {@link #PREFIX} are another's and ignored. */
    public static Reading<DiscoveryConfig> read(Map<String, String> properties) {
        Map<String, String> own = new HashMap<>();
        properties.forEach((key, value) -> {
            if (key.startsWith(PREFIX)) {
                own.put(key, value);
            }
        });
        return new ConfigReader(own).readAll();
    }

    private Reading<DiscoveryConfig> readAll() {
        DiscoveryConfig defaults = DiscoveryConfig.DEFAULTS;
        DiscoveryConfig config = new DiscoveryConfig(
                portRules(),
                gatedPorts(defaults.gatedPorts()),
                flag("discovery.publish.bare-labels", defaults.bareLabels()),
                rescanInterval(defaults.rescanInterval()),
                flag("discovery.publish.node-feature.enabled", defaults.nodeFeature()),
                namespace(defaults.nodeFeatureNamespace()));
        for (String key : new TreeSet<>(values.keySet())) {
            if (!used.contains(key)) {
                fault(key, "removed: there is no such setting");
            }
        }
        return new Reading<>(config, faults, List.of());
    }

    private List<PortRule> portRules() {
        Set<Integer> indices = new TreeSet<>();
        for (String key : values.keySet()) {
            Matcher matcher = PORT_KEY.matcher(key);
            if (matcher.matches()) {
                indices.add(Integer.valueOf(matcher.group(1)));
            }
        }
        List<PortRule> rules = new ArrayList<>();
        for (int index : indices) {
            rules.add(portRule("discovery.ports[" + index + "]"));
        }
        return rules;
    }

    private PortRule portRule(String key) {
        Match match = new Match(
                pattern(key + ".match.netdev"),
                pattern(key + ".match.pci-address"),
                pattern(key + ".match.vendor-device"),
                pattern(key + ".match.driver"));
        if (match.equals(new Match(null, null, null, null))) {
            faults.add(new Fault(key + ".match", "", "at least one of netdev, pci-address, vendor-device and driver"));
        }
        Role role = role(key + ".role");
        String name = name(key + ".name");
        if (name != null && role != Role.GATED) {
            faults.add(new Fault(key + ".name", name, "left out unless role is gated: only gated ports are named"));
        }
        return new PortRule(key, match, role, name, linkRate(key + ".link-rate"));
    }

    private @Nullable String pattern(String key) {
        String value = take(key);
        if (value != null && value.isEmpty()) {
            fault(key, PATTERN_ACCEPTED);
            return null;
        }
        return value;
    }

    private @Nullable Role role(String key) {
        String value = take(key);
        if (value == null) {
            return null;
        }
        for (Role role : Role.values()) {
            if (role.wireName().equals(value)) {
                return role;
            }
        }
        fault(key, "owned, gated, management or external");
        return null;
    }

    private @Nullable String name(String key) {
        String value = take(key);
        if (value != null && !value.matches("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")) {
            fault(key, "at most 63 small letters, digits, '-', '_' and '.', such as uplink0");
            return null;
        }
        return value;
    }

    private long linkRate(String key) {
        String value = take(key);
        if (value == null) {
            return 0;
        }
        OptionalLong bps = LinkRates.parse(value);
        if (bps.isEmpty()) {
            fault(key, LinkRates.ACCEPTED);
        }
        return bps.orElse(0);
    }

    private GatedPorts gatedPorts(GatedPorts absent) {
        String key = "discovery.gated-ports";
        String value = take(key);
        if (value == null) {
            return absent;
        }
        for (GatedPorts choice : GatedPorts.values()) {
            if (choice.name().toLowerCase(Locale.ROOT).equals(value)) {
                return choice;
            }
        }
        fault(key, "auto or configured");
        return absent;
    }

    private Duration rescanInterval(Duration absent) {
        String key = "discovery.rescan-interval";
        String value = take(key);
        if (value == null) {
            return absent;
        }
        OptionalLong ns = Durations.parse(value);
        if (ns.isEmpty() || ns.getAsLong() < 1_000_000_000L) {
            fault(key, "at least 1s, such as 60s");
            return absent;
        }
        return Duration.ofNanos(ns.getAsLong());
    }

    private String namespace(String absent) {
        String key = "discovery.publish.node-feature.namespace";
        String value = take(key);
        if (value == null) {
            return absent;
        }
        if (!value.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
            fault(key, "the name of a namespace");
            return absent;
        }
        return value;
    }

    private boolean flag(String key, boolean absent) {
        String value = take(key);
        if (value == null) {
            return absent;
        }
        if (!value.equals("true") && !value.equals("false")) {
            fault(key, "true or false");
            return absent;
        }
        return value.equals("true");
    }

    private @Nullable String take(String key) {
        used.add(canonical(key));
        return values.get(canonical(key));
    }

    private void fault(String key, String accepted) {
        String canonical = canonical(key);
        faults.add(new Fault(asWritten.getOrDefault(canonical, key), values.getOrDefault(canonical, ""), accepted));
    }

    private static String canonical(String key) {
        StringBuilder kebab = new StringBuilder();
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                kebab.append('-').append((char) (c - 'A' + 'a'));
            } else {
                kebab.append(c);
            }
        }
        return kebab.toString();
    }
}
