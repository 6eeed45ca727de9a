package io.latencyscheduler.dataplane.plan;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The ports of this node that a pod may own. An allocation that names another, such as the port the node is managed
 * through, is none of a scheduler's.
 *
 * @param inventoried names of the inventory's owned ports; null while there is no inventory, when only ports stated by the
 *     node label {@code dpdk} may be owned
 * @param given devices that are in a pod's hands: UID by name; they stay there, whatever became of the inventory
 */
public record OwnedPorts(@Nullable Set<String> inventoried, Map<String, String> given) {
    private static final Pattern STATED_BY_LABEL = Pattern.compile("dpdk[0-9]{1,4}");

    public OwnedPorts {
        inventoried = inventoried == null ? null : Set.copyOf(inventoried);
        given = Map.copyOf(given);
    }

    /** Whether a pod may own the port of this name, as far as the node is concerned. */
    public boolean mayBeOwned(String name, String podUid) {
        return podUid.equals(given.get(name))
                || (inventoried == null ? STATED_BY_LABEL.matcher(name).matches() : inventoried.contains(name));
    }
}
