package io.latencyscheduler.dataplane.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.timetable.PortTiming;
import io.latencyscheduler.dataplane.control.Gates;
import io.latencyscheduler.dataplane.plan.OwnedPorts;
import io.latencyscheduler.dataplane.plan.Plan;
import io.latencyscheduler.dataplane.plan.PlanPort;
import io.latencyscheduler.dataplane.plan.Planner;
import io.latencyscheduler.kube.AllocationJson;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Any text as the allocation of a pod on this node: honoured within the node's own limits, refused or ignored with a sentence. */
public final class AllocationFuzz {
    private static final Set<String> OWNED = Set.of("0000:05:00.0");
    private static final PlanPort UPLINK = new PlanPort(
            "uplink0",
            new PortTiming(1_000_000_000, 0, 1_000, 1522),
            List.of(new ReservedWindow("local", 1_000_000, 0, 20_000)));

    private AllocationFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        String text = new String(input, StandardCharsets.UTF_8);
        PodBook book = new PodBook();
        book.put(pod("u", text, 1));
        book.put(pod("v", Json.text(Allocation.ofNothing("v")), 2));
        String claimed = claimed(text);
        if (!claimed.isEmpty()) {
            book.put(pod(claimed, text, 3)); // Whoever forges one knows his own pod's UID.
        }
        book.ignored().forEach(ignored -> require(ignored.sentence()));
        Plan plan = Planner.plan(book.bound(), Set.of(), List.of(UPLINK), new OwnedPorts(OWNED, Map.of()));
        plan.refused().forEach(refusal -> require(refusal.sentence()));
        plan.installed().forEach(pod -> {
            if (!OWNED.containsAll(pod.allocation().interfaces())) {
                throw new IllegalStateException("handed over: " + pod);
            }
        });
        Gates.compile(UPLINK, plan.streamsOf("uplink0"));
    }

    private static String claimed(String text) {
        try {
            return AllocationJson.read(text).podUid();
        } catch (IOException none) {
            return "";
        }
    }

    private static PodObject pod(String uid, String allocation, int version) throws IOException {
        ObjectNode pod = Json.object();
        ObjectNode metadata = pod.putObject("metadata")
                .put("name", "p" + version)
                .put("namespace", "default")
                .put("uid", uid)
                .put("resourceVersion", Integer.toString(version));
        metadata.putObject("annotations").put(Keys.ALLOCATION, allocation);
        return Json.read(pod, PodObject.class);
    }

    private static void require(String sentence) {
        if (sentence.isBlank() || sentence.length() > 1_000) {
            throw new IllegalStateException("this is no clear sentence: " + sentence);
        }
    }
}
