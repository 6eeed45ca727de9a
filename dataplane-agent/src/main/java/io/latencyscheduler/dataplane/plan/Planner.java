package io.latencyscheduler.dataplane.plan;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.timetable.Window;
import io.latencyscheduler.dataplane.plan.Plan.Code;
import io.latencyscheduler.dataplane.plan.Plan.Refusal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides which allocations a node honours.
 *
 * <p>The scheduler never gives one device twice. Should a delayed write of a former leader do so all the same, the node
 * has the last word: who is installed keeps what it has until it is gone, then the earliest binding wins, and the
 * other is refused.
 */
public final class Planner {
    private static final Pattern STREAM_NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private final Map<String, PlanPort> ports = new HashMap<>();
    private final OwnedPorts owned;
    private final Map<String, BoundPod> interfaceOwners = new HashMap<>();
    private final Map<String, List<Taken>> windows = new HashMap<>();
    private final List<BoundPod> installed = new ArrayList<>();
    private final List<Refusal> refused = new ArrayList<>();

    /** A window in use, with its holder in words. */
    private record Taken(String holder, Window window) {}

    private Planner(Collection<PlanPort> planPorts, OwnedPorts owned) {
        this.owned = owned;
        for (PlanPort port : planPorts) {
            ports.put(port.name(), port);
            List<Taken> taken = windows.computeIfAbsent(port.name(), name -> new ArrayList<>());
            for (ReservedWindow reserved : port.reserved()) {
                taken.add(new Taken(
                        "the reserved window " + reserved.name(),
                        new Window(reserved.periodNs(), reserved.offsetNs(), reserved.windowNs())));
            }
        }
    }

    /**
     * Plans the node.
     *
     * @param pods the pods bound to this node that carry an allocation, in any order; terminated ones hold nothing
     * @param installedUids UIDs of the pods that have their devices now; they are not torn down for a newcomer
     * @param ports the gated ports this agent runs
     * @param owned the ports that pods may own
     */
    public static Plan plan(
            Collection<BoundPod> pods, Set<String> installedUids, Collection<PlanPort> ports, OwnedPorts owned) {
        Planner planner = new Planner(ports, owned);
        pods.stream()
                .filter(pod -> !pod.terminated())
                .sorted(Comparator.comparing((BoundPod pod) -> !installedUids.contains(pod.uid()))
                        .thenComparingLong(BoundPod::boundAt)
                        .thenComparing(BoundPod::uid))
                .forEach(planner::take);
        return new Plan(planner.installed, planner.refused);
    }

    private void take(BoundPod pod) {
        Map<String, List<Taken>> trial = new HashMap<>();
        Refusal refusal = judge(pod, trial);
        if (refusal != null) {
            refused.add(refusal);
            return;
        }
        pod.allocation().interfaces().forEach(name -> interfaceOwners.put(name, pod));
        windows.putAll(trial);
        installed.add(pod);
    }

    /** Null when the pod may have all it was given; {@code trial} then holds the windows of its ports with its own. */
    private @Nullable Refusal judge(BoundPod pod, Map<String, List<Taken>> trial) {
        Allocation allocation = pod.allocation();
        if (allocation.version() > Allocation.VERSION) {
            return new Refusal(
                    pod,
                    Code.VERSION_UNKNOWN,
                    "allocation version '" + allocation.version() + "' must be at most " + Allocation.VERSION);
        }
        if (!allocation.podUid().equals(pod.uid())) {
            return new Refusal(
                    pod,
                    Code.POD_UID_DIFFERS,
                    new Fault("allocation.podUid", allocation.podUid(), "that of this pod, " + pod.uid()).sentence());
        }
        for (String name : allocation.interfaces()) {
            if (!owned.mayBeOwned(name, pod.uid())) {
                return new Refusal(
                        pod,
                        Code.PORT_UNKNOWN,
                        new Fault("interface", name, "a port that this node's inventory has as owned").sentence());
            }
            BoundPod owner = interfaceOwners.get(name);
            if (owner != null) {
                return new Refusal(pod, Code.HELD_BY_ANOTHER, "interface " + name + " is held by " + owner.display());
            }
        }
        for (StreamAllocation stream : allocation.streams()) {
            Refusal refusal = judge(pod, stream, trial);
            if (refusal != null) {
                return refusal;
            }
        }
        return null;
    }

    private @Nullable Refusal judge(BoundPod pod, StreamAllocation stream, Map<String, List<Taken>> trial) {
        if (!STREAM_NAME.matcher(stream.name()).matches()) {
            return new Refusal(
                    pod, Code.WINDOW_INVALID, new Fault("stream name", stream.name(), "a DNS label").sentence());
        }
        PlanPort port = ports.get(stream.port());
        if (port == null) {
            return new Refusal(
                    pod,
                    Code.PORT_UNKNOWN,
                    "stream " + stream.name() + ": "
                            + new Fault("port", stream.port(), "a gated port that this node runs").sentence());
        }
        String invalid = invalidity(port, stream);
        if (invalid != null) {
            return new Refusal(pod, Code.WINDOW_INVALID, "stream " + stream.name() + ": " + invalid);
        }
        Window window = new Window(stream.windowPeriodNs(), stream.offsetNs(), stream.windowNs());
        List<Taken> taken =
                trial.computeIfAbsent(stream.port(), name -> new ArrayList<>(windows.getOrDefault(name, List.of())));
        for (Taken other : taken) {
            if (other.window().meets(window)) {
                return new Refusal(
                        pod,
                        Code.HELD_BY_ANOTHER,
                        "stream " + stream.name() + ": its window on " + stream.port() + " meets that of "
                                + other.holder());
            }
        }
        taken.add(new Taken(pod.display() + " (" + stream.name() + ")", window));
        return null;
    }

    /** The windows may be longer than needed (the guard is frozen at admission), never shorter than the frame alone. */
    private static @Nullable String invalidity(PlanPort port, StreamAllocation stream) {
        if (stream.windowPeriodNs() <= 0
                || stream.periodNs() % Math.max(1, stream.windowPeriodNs()) != 0
                || stream.offsetNs() < 0
                || stream.offsetNs() >= stream.windowPeriodNs()
                || stream.windowNs() <= 0
                || stream.windowNs() > stream.windowPeriodNs()) {
            return "window of " + stream.windowNs() + " ns at " + stream.offsetNs() + " ns in every "
                    + stream.windowPeriodNs() + " ns of a period of " + stream.periodNs() + " ns is no window";
        }
        if (stream.trafficClass() < 0 || stream.trafficClass() > 7) {
            return "traffic class '" + stream.trafficClass() + "' must be 0 to 7";
        }
        if (stream.frameBytes() > port.timing().maxSduBytes()) {
            return "frame of " + stream.frameBytes() + " bytes, the port takes "
                    + port.timing().maxSduBytes();
        }
        long wireNs =
                port.timing().windowNs(stream.frameBytes()) - port.timing().guardNs();
        if (stream.windowNs() < wireNs) {
            return "window of " + stream.windowNs() + " ns, its frame needs " + wireNs + " ns on " + port.name();
        }
        return null;
    }
}
