package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Admission;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.contract.timetable.GatePlan;
import io.latencyscheduler.contract.timetable.TaprioNotation;
import io.latencyscheduler.contract.timetable.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A timetable in words and as a tree. */
final class TimetableReport {
    private static final String ROW = "%-24s %5s  %-9s %-9s %-10s %-10s %-10s %s%n";

    private TimetableReport() {}

    static String text(TimetableResult result) {
        StringBuilder text = new StringBuilder();
        int asked = result.file().streams().size();
        text.append(String.format(
                Locale.ROOT,
                "port %s: %d of %d streams fit, %.1f%% of its time is held%n%n",
                result.file().name(),
                result.placed().size(),
                asked,
                result.utilisation() * 100));
        if (!result.placed().isEmpty()) {
            text.append(
                    String.format(ROW, "STREAM", "CLASS", "PERIOD", "DEADLINE", "WINDOW", "EVERY", "OFFSET", "SLACK"));
        }
        for (TimetableResult.Placed placed : result.placed()) {
            StreamDemand demand = placed.demand();
            Window window = placed.window();
            text.append(String.format(
                    ROW,
                    demand.name(),
                    demand.trafficClass(),
                    Durations.format(demand.periodNs()),
                    Durations.format(demand.deadlineNs()),
                    Durations.format(window.lengthNs()),
                    Durations.format(window.periodNs()),
                    Durations.format(window.offsetNs()),
                    Durations.format(slackNs(placed))));
        }
        if (!result.refused().isEmpty()) {
            text.append(String.format("%nrefused:%n"));
        }
        for (Admission.Refused refused : result.refused()) {
            text.append("  ").append(refused.sentence()).append(System.lineSeparator());
        }
        GatePlan gates = result.gates();
        text.append(String.format(
                "%ngate control list, %s:%n",
                gates.form().wireName() + (gates.reason().isEmpty() ? "" : ", " + gates.reason())));
        text.append(TaprioNotation.schedule(gates.list())
                .replace(" cycle-time", System.lineSeparator() + "cycle-time")
                .replace(" sched-entry", System.lineSeparator() + "sched-entry"));
        return text.append(System.lineSeparator()).toString();
    }

    /** How much earlier than its deadline a frame has left, at the latest. */
    static long slackNs(TimetableResult.Placed placed) {
        StreamDemand demand = placed.demand();
        Window window = placed.window();
        long waitNs = demand.phase().kind() == Phase.Kind.FREE
                ? window.periodNs()
                : Math.floorMod(window.offsetNs() - demand.phase().releaseNs(), window.periodNs());
        return demand.deadlineNs() - waitNs - window.lengthNs();
    }

    static Map<String, Object> tree(TimetableResult result) {
        List<Object> streams = new ArrayList<>();
        for (TimetableResult.Placed placed : result.placed()) {
            Map<String, Object> stream = new LinkedHashMap<>();
            stream.put("name", placed.demand().name());
            stream.put("offsetNs", placed.window().offsetNs());
            stream.put("windowNs", placed.window().lengthNs());
            stream.put("windowPeriodNs", placed.window().periodNs());
            stream.put("slackNs", slackNs(placed));
            streams.add(stream);
        }
        List<Object> refused = new ArrayList<>();
        for (Admission.Refused refusal : result.refused()) {
            Map<String, Object> tree = new LinkedHashMap<>();
            tree.put("name", refusal.stream());
            tree.put("code", refusal.code().name());
            tree.put("test", refusal.code().test().wireName());
            tree.put("message", refusal.sentence());
            refusal.nearestDeadlineNs().ifPresent(ns -> tree.put("nearestDeadlineNs", ns));
            refusal.nearestPeriodNs().ifPresent(ns -> tree.put("nearestPeriodNs", ns));
            refused.add(tree);
        }
        GateControlList list = result.gates().list();
        Map<String, Object> gates = new LinkedHashMap<>();
        gates.put("form", result.gates().form().wireName());
        gates.put("reason", result.gates().reason());
        gates.put("taprio", TaprioNotation.schedule(list));
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("port", result.file().name());
        tree.put("utilisation", result.utilisation());
        tree.put("streams", streams);
        tree.put("refused", refused);
        tree.put("gates", gates);
        return tree;
    }
}
