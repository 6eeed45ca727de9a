package io.latencyscheduler.dataplane.jni;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.dataplane.engine.Engine.PodSpec;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.Engine.StreamSpec;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.plan.LatePolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** A program that makes every native call once, with as many streams as a pod may have; run under -Xcheck:jni. */
final class EveryNativeCall {
    private static final int STREAMS = 32;

    private EveryNativeCall() {}

    static PortSpec port(String name, String backend) {
        return new PortSpec(name, backend, "null0", 1_000_000_000L, 0, 1522, -1, true, -1, false, "", 0);
    }

    static PodSpec pod(Path folder, int streams, String port) {
        List<StreamSpec> streamSpecs = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            streamSpecs.add(new StreamSpec(
                    new StreamAllocation(
                            "s" + i,
                            port,
                            1_000_000,
                            1_000_000,
                            i * 20_000L,
                            13_336,
                            1_000_000,
                            1522,
                            Phase.Kind.ASSIGNED,
                            7),
                    LatePolicy.NEXT_WINDOW));
        }
        return new PodSpec("pod-uid", folder.resolve("tsn.sock").toString(), streamSpecs, List.of("02:00:00:00:00:01"));
    }

    static GateControlList alwaysOpen() {
        return new GateControlList(
                0,
                1_000_000,
                0,
                List.of(new GateControlList.Entry(GateControlList.Operation.SET_GATE_STATES, 0xff, 1_000_000)));
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("native-calls");
        try (NativeCalls calls = NativeCalls.start(OptionalInt.of(37), "", false)) {
            calls.unavailability("no-such-backend");
            calls.openPort(port("p0", "null"));
            calls.setGates("p0", alwaysOpen());
            calls.putPod(pod(folder, STREAMS, "p0"));
            calls.stats().ports();
            calls.stats().streams();
            NativeCalls.kernelClock();
            try {
                calls.closePort("p0");
                throw new IllegalStateException("a port with streams was closed");
            } catch (EngineException busy) {
                calls.removePod("pod-uid");
            }
            calls.closePort("p0");
        } finally {
            Files.deleteIfExists(folder);
        }
        System.out.println("every call made");
    }
}
