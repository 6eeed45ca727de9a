package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.engine.EngineStats;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Keeps what it was told, in order; refuses what a test asks it to refuse. */
final class FakeEngine implements Engine {
    final List<String> calls = new ArrayList<>();
    final Map<String, PortSpec> ports = new TreeMap<>();
    final Map<String, GateControlList> gates = new TreeMap<>();
    final Map<String, PodSpec> pods = new TreeMap<>();
    final Set<String> refusing = new HashSet<>();

    @Override
    public void openPort(PortSpec port) {
        call("open " + port.name());
        ports.put(port.name(), port);
    }

    @Override
    public void closePort(String name) {
        call("close " + name);
        ports.remove(name);
    }

    @Override
    public void setGates(String port, GateControlList program) {
        call("gates " + port);
        gates.put(port, program);
    }

    @Override
    public void putPod(PodSpec pod) {
        call("put " + pod.uid());
        pods.put(pod.uid(), pod);
    }

    @Override
    public void removePod(String uid) {
        call("remove " + uid);
        pods.remove(uid);
    }

    @Override
    public String unavailability(String backend) {
        return refusing.contains(backend) ? "the test refuses" : "";
    }

    @Override
    public EngineStats stats() {
        return new EngineStats(
                new EngineStats.ClockReading(false, -1, 0),
                ports.keySet().stream()
                        .map(name -> new EngineStats.PortStats(
                                name, true, 0, 0, Map.of(), null, null, 0, 0, new EngineStats.Received(0, 0, 0, 0, 0)))
                        .toList(),
                List.of());
    }

    @Override
    public void close() {
        calls.add("close");
    }

    private void call(String call) {
        if (refusing.contains(call)) {
            throw new EngineException("the test refuses");
        }
        calls.add(call);
    }
}
