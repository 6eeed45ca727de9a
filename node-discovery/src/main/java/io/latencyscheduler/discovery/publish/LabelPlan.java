package io.latencyscheduler.discovery.publish;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.discovery.derive.NodeLabel;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What has to change on a node. Discovery changes only labels it wrote itself, which it keeps in the annotation
 * {@link #OWNED}; labels below our own prefix are ours whoever wrote them.
 *
 * @param set labels to write
 * @param remove labels to take away
 * @param owned all labels that are ours afterwards
 * @param ownedChanged whether the annotation has to be written
 */
public record LabelPlan(
        SortedMap<String, String> set, SortedSet<String> remove, SortedSet<String> owned, boolean ownedChanged) {
    /** Node annotation with the labels that discovery wrote, sorted, separated by commas. */
    public static final String OWNED = Keys.PREFIX + "discovery-labels";

    private static final Set<String> BARE = Set.of(Keys.DPDK_LABEL, Keys.OVS_DPDK_LABEL);

    /**
     * Compares.
     *
     * @param wanted every label that is known now; one of ours that is missing could not be read, and stays as it is
     * @param bareLabels whether the unprefixed labels are wanted at all
     */
    public static LabelPlan of(ObservedNode node, Map<String, String> wanted, boolean bareLabels) {
        SortedSet<String> before = owned(node);
        SortedSet<String> owned = new TreeSet<>(before);
        SortedMap<String, String> set = new TreeMap<>();
        SortedSet<String> remove = new TreeSet<>();
        wanted.forEach((key, value) -> {
            String current = node.labels().get(key);
            boolean mayWrite = current == null
                    // The scheduler projects its free count onto this label: it is set only while absent.
                    || (!key.equals(Keys.DPDK_LABEL) && (key.startsWith(Keys.PREFIX) || before.contains(key)));
            if (mayWrite) {
                owned.add(key);
                if (!value.equals(current)) {
                    set.put(key, value);
                }
            }
        });
        for (String key : before) {
            boolean unknownNow = isOurs(key, bareLabels);
            if (!wanted.containsKey(key) && !unknownNow) {
                owned.remove(key);
                // Once there, this one is the scheduler's.
                if (node.labels().containsKey(key) && !key.equals(Keys.DPDK_LABEL)) {
                    remove.add(key);
                }
            }
        }
        return new LabelPlan(set, remove, owned, !owned.equals(before));
    }

    /** Takes away all that discovery wrote, and the agents' label, which outlives them; a count that somebody set by hand is again what it was. */
    public static LabelPlan cleanup(ObservedNode node) {
        SortedSet<String> remove = owned(node);
        remove.add(Keys.OVERLAY_LABEL);
        remove.retainAll(node.labels().keySet());
        SortedMap<String, String> restored = new TreeMap<>();
        String total = node.annotations().get(Keys.DPDK_TOTAL);
        if (total != null && !remove.contains(Keys.DPDK_LABEL)) {
            restored.put(Keys.DPDK_LABEL, total);
        }
        return new LabelPlan(
                restored, remove, new TreeSet<>(), node.annotations().containsKey(OWNED) || total != null);
    }

    /** Whether nothing has to be written. */
    public boolean isEmpty() {
        return set.isEmpty() && remove.isEmpty() && !ownedChanged;
    }

    /** A label that this version writes when it can read its source. */
    private static boolean isOurs(String key, boolean bareLabels) {
        return (bareLabels && BARE.contains(key))
                || Arrays.stream(NodeLabel.values())
                        .anyMatch(label -> label.key().equals(key));
    }

    private static SortedSet<String> owned(ObservedNode node) {
        SortedSet<String> owned = new TreeSet<>();
        for (String key : node.annotations().getOrDefault(OWNED, "").split(",")) {
            if (!key.isBlank()) {
                owned.add(key.strip());
            }
        }
        return owned;
    }
}
