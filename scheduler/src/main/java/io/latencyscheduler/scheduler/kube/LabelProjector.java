package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import io.latencyscheduler.scheduler.ledger.Cluster;
import io.latencyscheduler.scheduler.ledger.NodeState;
import io.latencyscheduler.scheduler.model.Node;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Shows free owned ports in the node label {@code dpdk}: a view for people and selectors that is never read back. Changes
 * are gathered for a moment, each write tests the value it replaces, all of them wait behind bindings, and one that fails is
 * tried until it succeeds or has become pointless.
 */
public final class LabelProjector implements AutoCloseable {
    private static final String LABEL = Patch.pointer("metadata", "labels", Keys.DPDK_LABEL);
    private static final String TOTAL = Patch.pointer("metadata", "annotations", Keys.DPDK_TOTAL);
    /** A label is a write of its own for nearly every pod, unless more of a node's changes are gathered under load. */
    private static final int LONGER_UNDER_LOAD = 10;

    private final ObjectClient objects;
    private final Leadership leadership;
    private final Duration debounce;
    /** Nodes whose label was not written for want of leadership or room. */
    private final Set<String> again = ConcurrentHashMap.newKeySet();

    private final LatestWrites writes = new LatestWrites("label", 2, LatestWrites.UNTIL_DONE);

    public LabelProjector(Transport background, Leadership leadership, Duration debounce) {
        this.objects = new ObjectClient(background);
        this.leadership = leadership;
        this.debounce = debounce;
    }

    /**
     * Looks at the nodes whose capacity changed. On the scheduler's thread.
     *
     * @param underLoad many pods wait to be bound, and labels wait ten times as long for their sake
     */
    public void project(Cluster cluster, boolean underLoad) {
        Duration delay = delay(debounce, underLoad);
        Set<String> names = new LinkedHashSet<>(cluster.drainChangedCapacity());
        names.addAll(again);
        again.removeAll(names);
        for (String name : names) {
            NodeState state = cluster.node(name);
            Patch patch = state == null ? null : difference(state);
            if (patch == null) {
                writes.discard(name);
            } else if (!writes.put(name, delay, () -> write(name, patch))) {
                again.add(name);
            }
        }
    }

    static Duration delay(Duration debounce, boolean underLoad) {
        return underLoad ? debounce.multipliedBy(LONGER_UNDER_LOAD) : debounce;
    }

    /** What must change on the node; null when nothing does. */
    private static @Nullable Patch difference(NodeState state) {
        Node node = state.node();
        if (node == null) {
            return null;
        }
        boolean counted = state.inventory() != null || state.adoptedTotal().isPresent();
        String shown = node.metadata().labels().get(Keys.DPDK_LABEL);
        String free = Integer.toString(Math.max(0, state.ownedPorts().headroom()));
        // A node without any port needs no label; one that has it keeps showing the truth.
        boolean labelDiffers = counted
                && !free.equals(shown)
                && (shown != null || state.ownedPorts().total() > 0);
        OptionalInt adopted = state.inventory() == null ? state.adoptedTotal() : OptionalInt.empty();
        boolean keepsTotal =
                adopted.isPresent() && !node.metadata().annotations().containsKey(Keys.DPDK_TOTAL);
        if (!labelDiffers && !keepsTotal) {
            return null;
        }
        Patch.Operations operations = Patch.operations().test(Patch.pointer("metadata", "uid"), node.uid());
        if (keepsTotal) {
            if (node.metadata().annotations().isEmpty()) {
                operations.add(Patch.pointer("metadata", "annotations"), Map.of());
            }
            operations.add(TOTAL, Integer.toString(adopted.getAsInt()));
        }
        if (labelDiffers && shown != null) {
            operations.test(LABEL, shown).replace(LABEL, free);
        } else if (labelDiffers) {
            if (node.metadata().labels().isEmpty()) {
                operations.add(Patch.pointer("metadata", "labels"), Map.of());
            }
            operations.add(LABEL, free);
        }
        return operations.build();
    }

    private void write(String name, Patch patch) throws IOException {
        if (!leadership.leads()) {
            again.add(name);
            return;
        }
        try {
            objects.patch(Resource.NODES, "", name, patch);
        } catch (ApiFailure refused) {
            // Somebody else wrote the label, or the node is gone: the watch tells, and the difference is worked out
            // anew.
            if (refused.status() != 404 && refused.status() != 409 && refused.status() != 422) {
                throw refused;
            }
        }
    }

    /** Labels not written for want of room or an API server. */
    public long dropped() {
        return writes.dropped();
    }

    @Override
    public void close() {
        writes.close();
    }
}
