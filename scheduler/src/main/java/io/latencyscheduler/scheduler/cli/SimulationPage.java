package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.scheduler.offline.Simulation;
import io.latencyscheduler.scheduler.view.NodeView;
import java.util.Locale;
import java.util.Map;

/** A simulation's outcome as one HTML file: bars of what is taken, the workloads, and every node as a square. */
final class SimulationPage {
    private static final int SQUARE = 14;
    private static final int SQUARES_A_ROW = 64;
    private static final int BAR = 600;

    private static final String HEAD = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Simulation · latency-scheduler</title>
            <style>
            :root{color-scheme:light dark;--good:#1a7f5a;--bad:#b3261e;--line:#8884;--fill:#3572b0;--before:#9bb8d6}
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}
            h1{font-size:1.5rem} h2{font-size:1.1rem;margin-top:2rem}
            .good{color:var(--good)} .bad{color:var(--bad)}
            table{border-collapse:collapse;width:100%} th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
            th:nth-child(n+2):nth-child(-n+5),td.n{text-align:right;font-variant-numeric:tabular-nums} svg{max-width:100%;height:auto} text{fill:currentColor;font-size:13px}
            </style></head><body>
            """;

    private SimulationPage() {}

    static String html(Simulation.Result result) {
        StringBuilder page = new StringBuilder(HEAD)
                .append("<h1>Simulation of ")
                .append(result.nodeCount())
                .append(" nodes</h1>\n");
        result.broke()
                .ifPresentOrElse(
                        broke -> page.append("<p class=\"bad\"><b>Pod ")
                                .append(broke.number())
                                .append(" of ")
                                .append(escaped(broke.workload()))
                                .append(" found no node first")
                                .append(broke.rounds() > 0 ? ", after " + broke.rounds() + " rounds of growth" : "")
                                .append(".</b> ")
                                .append(escaped(broke.reason()))
                                .append("</p>\n"),
                        () -> page.append("<p class=\"good\"><b>Everything found a node.</b></p>\n"));
        bars(page, result);
        workloads(page, result);
        nodes(page, result);
        return page.append("</body></html>\n").toString();
    }

    private static void bars(StringBuilder page, Simulation.Result result) {
        page.append(
                "<h2>What is taken</h2>\n<svg viewBox=\"0 0 900 150\" role=\"img\" aria-label=\"Share taken, before and after\">\n");
        int y = 0;
        for (Map.Entry<String, Simulation.Use> use : result.after().byName().entrySet()) {
            if (use.getValue().total() == 0) {
                continue;
            }
            double before = result.before()
                    .byName()
                    .getOrDefault(use.getKey(), use.getValue())
                    .share();
            page.append("<text x=\"0\" y=\"%d\">%s</text>".formatted(y + 15, use.getKey()));
            page.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"120\" y=\"%d\" width=\"%d\" height=\"18\" fill=\"none\" stroke=\"var(--line)\"/>"
                            + "<rect x=\"120\" y=\"%d\" width=\"%.1f\" height=\"18\" fill=\"var(--fill)\"/>"
                            + "<rect x=\"120\" y=\"%d\" width=\"%.1f\" height=\"18\" fill=\"var(--before)\"/>",
                    y,
                    BAR,
                    y,
                    BAR * Math.min(1, use.getValue().share()),
                    y,
                    BAR * Math.min(1, before)));
            page.append("<text x=\"%d\" y=\"%d\">%s</text>%n"
                    .formatted(130 + BAR, y + 15, SimulateCommand.percent(use.getValue())));
            y += 28;
        }
        page.append("</svg>\n<p>Light: taken before.</p>\n");
    }

    private static void workloads(StringBuilder page, Simulation.Result result) {
        page.append(
                        "<h2>Workloads</h2>\n<table><thead><tr><th>Workload</th><th>Asked</th><th>Placed</th><th>Evicted</th>")
                .append("<th>Nodes</th><th>First refused because</th></tr></thead><tbody>\n");
        for (Simulation.Outcome outcome : result.workloads()) {
            page.append("<tr><td>").append(escaped(outcome.name())).append("</td>");
            for (int number : new int[] {
                outcome.asked(),
                outcome.placed(),
                outcome.evicted(),
                outcome.byNode().size()
            }) {
                page.append("<td class=\"n\">").append(number).append("</td>");
            }
            page.append("<td>").append(escaped(outcome.refusal())).append("</td></tr>\n");
        }
        page.append("</tbody></table>\n");
    }

    /** Each node by the scarcest of what it has: own ports, else gated time, else how many pods ask it nothing. */
    private static void nodes(StringBuilder page, Simulation.Result result) {
        int rows = (result.nodes().size() + SQUARES_A_ROW - 1) / SQUARES_A_ROW;
        page.append("<h2>Nodes</h2>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Every node\">%n"
                .formatted(SQUARES_A_ROW * SQUARE, Math.max(1, rows) * SQUARE));
        int i = 0;
        for (NodeView node : result.nodes()) {
            double share = taken(node);
            page.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"var(--fill)\" fill-opacity=\"%.2f\""
                            + " stroke=\"var(--line)\"><title>%s: %s, %d pods</title></rect>%n",
                    i % SQUARES_A_ROW * SQUARE,
                    i / SQUARES_A_ROW * SQUARE,
                    SQUARE - 2,
                    SQUARE - 2,
                    Math.min(1, share),
                    escaped(node.name()),
                    String.format(Locale.ROOT, "%.0f%% of its ports taken", 100 * share),
                    node.pods().size() + node.ordinaryPods()));
            i++;
        }
        page.append("</svg>\n<p>The darker, the more of a node’s ports, or of its gated ports’ time, is taken.</p>\n");
    }

    private static double taken(NodeView node) {
        int ports = node.ownedPorts().size();
        double owned = ports == 0 ? 0 : (double) (ports - node.headroom()) / ports;
        double gated = node.gatedPorts().stream()
                .mapToDouble(NodeView.GatedPortView::utilisation)
                .max()
                .orElse(0);
        return Math.max(owned, gated);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
