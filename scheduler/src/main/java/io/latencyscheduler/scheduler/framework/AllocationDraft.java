package io.latencyscheduler.scheduler.framework;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What Reserve plugins have chosen for the pod of this cycle; becomes its allocation. */
public final class AllocationDraft {
    /** Where it is kept; the cycle puts it there before Reserve. */
    public static final StateKey<AllocationDraft> KEY = new StateKey<>();

    private @Nullable Tier tier;
    private OptionalLong keepsNs = OptionalLong.empty();
    private final List<String> interfaces = new ArrayList<>();
    private final List<Allocation.StreamAllocation> streams = new ArrayList<>();
    private final List<String> reasons = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    public void tier(Tier chosen) {
        tier = chosen;
    }

    /** The latency that the chosen tier's path keeps on the node, as measured or configured. */
    public void keeps(long latencyNs) {
        keepsNs = OptionalLong.of(latencyNs);
    }

    public OptionalLong keepsNs() {
        return keepsNs;
    }

    public void addInterface(String port) {
        interfaces.add(port);
    }

    public void addStream(Allocation.StreamAllocation stream) {
        streams.add(stream);
    }

    /** Says in words what decided, for the event. */
    public void because(String reason) {
        reasons.add(reason);
    }

    /** Says what the user should know although the pod is placed. */
    public void warn(String warning) {
        warnings.add(warning);
    }

    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    public boolean hasInterfaces() {
        return !interfaces.isEmpty();
    }

    public String why() {
        return String.join("; ", reasons);
    }

    /** The allocation; null when nothing was chosen: an ordinary pod. */
    public @Nullable Allocation toAllocation(String podUid) {
        return tier == null && interfaces.isEmpty() && streams.isEmpty()
                ? null
                : new Allocation(Allocation.VERSION, podUid, tier, interfaces, streams);
    }
}
