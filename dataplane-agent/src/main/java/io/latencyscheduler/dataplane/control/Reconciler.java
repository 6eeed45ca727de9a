package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.contract.timetable.PortTiming;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.devices.DevicePool;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.Engine.PodSpec;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.Engine.StreamSpec;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.dataplane.plan.LatePolicy;
import io.latencyscheduler.dataplane.plan.OwnedPorts;
import io.latencyscheduler.dataplane.plan.Plan;
import io.latencyscheduler.dataplane.plan.PlanPort;
import io.latencyscheduler.dataplane.plan.Planner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Brings the engine from what it runs to what the node should run; called again and again, it changes only what differs.
 *
 * <p>A step that fails is reported and tried again at the next call; the others are carried out. Not thread-safe.
 */
public final class Reconciler {
    private static final Pattern PCI_ADDRESS = Pattern.compile("[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]");

    private final AgentConfig config;
    private final Engine engine;
    private final PortSpecs portSpecs;
    private final GateCompiler gateCompiler;
    private final Devices devices;
    private final Views views;
    private final Function<String, List<String>> sourceMacs;

    private final Map<String, PortSpec> openPorts = new TreeMap<>();
    private final Map<String, GateControlList> gates = new TreeMap<>();
    private final Map<String, BoundPod> installed = new LinkedHashMap<>();
    private final Map<String, List<String>> installedMacs = new HashMap<>(); // of those

    /** Turns the windows of one port into its gate control list. */
    public interface GateCompiler {
        GateControlList compile(PlanPort port, List<StreamAllocation> streams);
    }

    /** Chooses how a port of the inventory is opened on this machine. */
    public interface PortSpecs {
        PortSpec of(Port port, AgentConfig.Port settings, int index);
    }

    /** Brings the devices that pods own to their owners; as {@link DevicePool} does. */
    public interface Devices {
        /** UID of the owner by PCI address. */
        DevicePool.Outcome reconcile(Map<String, String> owners);

        /** The devices in pods' hands, as they were left: UID of the owner by PCI address. */
        Map<String, String> given();
    }

    /** Keeps the files that tell pods what they have. */
    public interface Views {
        /** Those of these pods are as they should be, and there are no others; what could not be done, by pod UID. */
        Map<String, String> reconcile(List<BoundPod> pods);
    }

    /**
     * What one pass came to.
     *
     * @param plan what should run
     * @param ports the ports that run
     * @param installed the pods that are served
     * @param failures what could not be done, one sentence each
     * @param ignored allocations that counted for nothing
     */
    public record Outcome(
            Plan plan, List<PortSpec> ports, List<BoundPod> installed, List<String> failures, int ignored) {
        public Outcome {
            ports = List.copyOf(ports);
            installed = List.copyOf(installed);
            failures = List.copyOf(failures);
        }
    }

    /** {@code sourceMacs}: what frames of the pod of a UID may come from; none: anything, as nothing is known of it. */
    public Reconciler(
            AgentConfig config,
            Engine engine,
            PortSpecs portSpecs,
            GateCompiler gateCompiler,
            Devices devices,
            Views views,
            Function<String, List<String>> sourceMacs) {
        this.config = config;
        this.engine = engine;
        this.portSpecs = portSpecs;
        this.gateCompiler = gateCompiler;
        this.devices = devices;
        this.views = views;
        this.sourceMacs = sourceMacs;
    }

    /** One pass: tear down first, so that nothing has two owners, then set up. */
    public Outcome reconcile(Desired desired) {
        List<String> failures = new ArrayList<>();
        List<PlanPort> planPorts = planPorts(desired.ports(), failures);
        removePodsThatLeft(desired.pods(), failures);
        Plan plan = Planner.plan(
                withThoseStillHere(desired.pods()),
                installed.keySet(),
                planPorts,
                new OwnedPorts(desired.ownedPorts(), devices.given()));
        removePodsNoLongerHonoured(plan, failures);
        closePorts(desired.ports(), failures);
        openPorts(desired.ports(), failures);
        for (PlanPort port : planPorts) {
            if (openPorts.containsKey(port.name())) {
                setGates(port, plan, failures);
            }
        }
        DevicePool.Outcome given = devices.reconcile(deviceOwners(plan));
        failures.addAll(given.failures());
        Map<String, String> unwritten = views.reconcile(plan.installed());
        failures.addAll(unwritten.values());
        putPods(plan, pod -> !unwritten.containsKey(pod.uid()) && given.ready().containsAll(devicesOf(pod)), failures);
        return new Outcome(
                plan,
                List.copyOf(openPorts.values()),
                List.copyOf(installed.values()),
                failures,
                desired.ignored().size());
    }

    private static Map<String, String> deviceOwners(Plan plan) {
        Map<String, String> owners = new TreeMap<>();
        for (BoundPod pod : plan.installed()) {
            devicesOf(pod).forEach(address -> owners.put(address, pod.uid()));
        }
        return owners;
    }

    /** Ports that are no PCI functions need nothing done to them. */
    private static List<String> devicesOf(BoundPod pod) {
        return pod.allocation().interfaces().stream()
                .filter(name -> PCI_ADDRESS.matcher(name).matches())
                .toList();
    }

    private List<PlanPort> planPorts(List<Port> ports, List<String> failures) {
        List<PlanPort> planPorts = new ArrayList<>();
        for (Port port : ports) {
            if (port.linkRateBps() <= 0) {
                failures.add("port " + port.name()
                        + ": its link rate is unknown; set it in node-discovery's configuration (linkRate)");
                continue;
            }
            AgentConfig.Port settings = config.port(port.name());
            int overheadBytes = settings.vxlan() ? PortTiming.VXLAN_OVERHEAD_BYTES : 0;
            planPorts.add(new PlanPort(
                    port.name(),
                    new PortTiming(port.linkRateBps(), overheadBytes, settings.guardNs(), settings.maxSduBytes()),
                    settings.reserved()));
        }
        return planPorts;
    }

    private void removePodsThatLeft(List<BoundPod> pods, List<String> failures) {
        Set<String> wanted = new HashSet<>();
        pods.stream().filter(pod -> !pod.terminated()).forEach(pod -> wanted.add(pod.uid()));
        removeAllBut(wanted, failures);
    }

    /** A pod that could not be torn down still holds what it had, whatever the API server says. */
    private List<BoundPod> withThoseStillHere(List<BoundPod> pods) {
        Map<String, BoundPod> all = new LinkedHashMap<>(installed);
        pods.stream().filter(pod -> !pod.terminated()).forEach(pod -> all.put(pod.uid(), pod));
        return List.copyOf(all.values());
    }

    private void removePodsNoLongerHonoured(Plan plan, List<String> failures) {
        Set<String> honoured = new HashSet<>();
        plan.installed().forEach(pod -> honoured.add(pod.uid()));
        removeAllBut(honoured, failures);
    }

    private void removeAllBut(Set<String> uids, List<String> failures) {
        for (BoundPod pod : List.copyOf(installed.values())) {
            if (!uids.contains(pod.uid())) {
                attempt(failures, "pod " + pod.display(), () -> {
                    engine.removePod(pod.uid());
                    installed.remove(pod.uid());
                    installedMacs.remove(pod.uid());
                });
            }
        }
    }

    private void closePorts(List<Port> ports, List<String> failures) {
        Set<String> wanted = new HashSet<>();
        ports.forEach(port -> wanted.add(port.name()));
        for (String name : List.copyOf(openPorts.keySet())) {
            if (!wanted.contains(name)) {
                attempt(failures, "port " + name, () -> {
                    engine.closePort(name);
                    openPorts.remove(name);
                    gates.remove(name);
                });
            }
        }
    }

    private void openPorts(List<Port> ports, List<String> failures) {
        for (int i = 0; i < ports.size(); i++) {
            Port port = ports.get(i);
            if (openPorts.containsKey(port.name()) || port.linkRateBps() <= 0) {
                continue;
            }
            int index = i;
            attempt(failures, "port " + port.name(), () -> {
                PortSpec spec = portSpecs.of(port, config.port(port.name()), index);
                engine.openPort(spec);
                openPorts.put(port.name(), spec);
            });
        }
    }

    private void setGates(PlanPort port, Plan plan, List<String> failures) {
        attempt(failures, "gates of " + port.name(), () -> {
            GateControlList program = gateCompiler.compile(port, plan.streamsOf(port.name()));
            if (!program.equals(gates.get(port.name()))) {
                engine.setGates(port.name(), program);
                gates.put(port.name(), program);
            }
        });
    }

    /** A pod is served once all that it was given is there: its containers start after that. */
    private void putPods(Plan plan, Predicate<BoundPod> complete, List<String> failures) {
        for (BoundPod pod : plan.installed()) {
            List<String> macs = sourceMacs.apply(pod.uid());
            boolean same = pod.equals(installed.get(pod.uid())) && macs.equals(installedMacs.get(pod.uid()));
            if (same || !complete.test(pod)) {
                continue;
            }
            attempt(failures, "pod " + pod.display(), () -> {
                engine.putPod(new PodSpec(
                        pod.uid(),
                        SocketPaths.socket(config.runDirectory(), pod.uid()).toString(),
                        pod.allocation().streams().stream()
                                .map(windows -> new StreamSpec(windows, latePolicy(pod, windows.port())))
                                .toList(),
                        macs));
                installed.put(pod.uid(), pod);
                installedMacs.put(pod.uid(), macs);
            });
        }
    }

    private LatePolicy latePolicy(BoundPod pod, String port) {
        LatePolicy asked = pod.latePolicy();
        return asked == null ? config.port(port).latePolicy() : asked;
    }

    private static void attempt(List<String> failures, String what, Runnable step) {
        try {
            step.run();
        } catch (EngineException refused) {
            failures.add(what + ": " + refused.getMessage());
        }
    }
}
