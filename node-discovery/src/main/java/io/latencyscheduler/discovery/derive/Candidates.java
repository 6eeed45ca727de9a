package io.latencyscheduler.discovery.derive;

import io.latencyscheduler.discovery.config.PortRule;
import io.latencyscheduler.discovery.fact.NetworkInterface;
import io.latencyscheduler.discovery.fact.PciFunction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Joins PCI functions and kernel interfaces into ports. */
final class Candidates {
    private Candidates() {}

    /**
     * One candidate per PCI function, or per interface of a function that has several; one per interface with a device
     * that is not on the PCI bus; and one per virtual interface that a rule names.
     */
    static List<Candidate> of(List<PciFunction> functions, List<NetworkInterface> interfaces, List<PortRule> rules) {
        Map<String, NetworkInterface> byName = new LinkedHashMap<>();
        interfaces.forEach(netdev -> byName.put(netdev.name(), netdev));
        List<Candidate> candidates = new ArrayList<>();
        Set<String> joined = new HashSet<>();
        for (PciFunction function : functions) {
            List<NetworkInterface> own = new ArrayList<>();
            for (String name : function.netdevs()) {
                NetworkInterface netdev = byName.get(name);
                if (netdev != null && joined.add(name)) {
                    own.add(netdev);
                }
            }
            if (own.isEmpty()) {
                candidates.add(new Candidate(function, null));
            }
            own.forEach(netdev -> candidates.add(new Candidate(function, netdev)));
        }
        for (NetworkInterface netdev : interfaces) {
            if (!joined.contains(netdev.name()) && (netdev.device() != null || named(netdev, rules))) {
                candidates.add(new Candidate(null, netdev));
            }
        }
        return candidates;
    }

    /** A pattern for all ports must not draw in every veth of every pod: only a rule for interfaces names virtual ones. */
    private static boolean named(NetworkInterface netdev, List<PortRule> rules) {
        return rules.stream()
                .anyMatch(rule -> rule.match().netdev() != null
                        && rule.match().matches(netdev.name(), null, null, netdev.driver()));
    }
}
