package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.contract.timetable.Window;
import java.util.Locale;

/** One cycle of a port as SVG: a row for each stream's windows, below them a row for each class's gate. */
final class TimetablePicture {
    private static final int LABEL = 150;
    private static final int WIDTH = 1_000;
    private static final int ROW = 18;
    private static final int TOP = 46;
    private static final int TICKS = 8;
    /** A longer cycle is cut: its windows would be thinner than a line. */
    private static final long LONGEST_NS = 100_000_000;
    /** Distinguishable with colour-blind eyes (Okabe and Ito). */
    private static final String[] COLOURS = {
        "#999999", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"
    };

    private final StringBuilder svg = new StringBuilder();
    private final long cycleNs;

    private TimetablePicture(long cycleNs) {
        this.cycleNs = cycleNs;
    }

    static String svg(TimetableResult result) {
        GateControlList list = result.gates().list();
        long longestNs = result.placed().stream()
                .mapToLong(placed -> placed.window().periodNs())
                .max()
                .orElse(list.cycleTimeNs());
        long shownNs = Math.min(Math.max(list.cycleTimeNs(), longestNs), LONGEST_NS);
        return new TimetablePicture(result.placed().isEmpty() ? Math.min(list.cycleTimeNs(), LONGEST_NS) : shownNs)
                .draw(result);
    }

    private String draw(TimetableResult result) {
        int rows = result.placed().size() + 8;
        int height = TOP + rows * ROW + 30;
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"11\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                LABEL + WIDTH + 20,
                height));
        text(
                10,
                18,
                String.format(
                        Locale.ROOT,
                        "Port %s: %d streams, %.1f%% of its time held, %s shown",
                        result.file().name(),
                        result.placed().size(),
                        result.utilisation() * 100,
                        Durations.format(cycleNs)));
        for (int tick = 0; tick <= TICKS; tick++) {
            double x = LABEL + (double) WIDTH * tick / TICKS;
            svg.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#dddddd\"/>%n",
                    x,
                    TOP - 8,
                    x,
                    TOP + rows * ROW));
            text(x, TOP - 12, String.format(Locale.ROOT, "%.4gµs", cycleNs / 1_000.0 * tick / TICKS));
        }
        int row = 0;
        for (TimetableResult.Placed placed : result.placed()) {
            text(10, TOP + row * ROW + 12, placed.demand().name());
            Window window = placed.window();
            for (long at = window.offsetNs() - window.periodNs(); at < cycleNs; at += window.periodNs()) {
                box(row, at, at + window.lengthNs(), placed.demand().trafficClass(), 1);
            }
            row++;
        }
        for (int c = 7; c >= 0; c--) {
            text(10, TOP + row * ROW + 12, "gate of class " + c);
            gate(result.gates().list(), c, row++);
        }
        return svg.append("</svg>").append(System.lineSeparator()).toString();
    }

    private void gate(GateControlList list, int trafficClass, int row) {
        for (long cycle = list.baseTimeNs() - list.cycleTimeNs(); cycle < cycleNs; cycle += list.cycleTimeNs()) {
            long at = cycle;
            for (GateControlList.Entry entry : list.entries()) {
                if ((entry.gateStates() >> trafficClass & 1) != 0) {
                    box(row, at, at + entry.timeIntervalNs(), trafficClass, 0.5);
                }
                at += entry.timeIntervalNs();
            }
        }
    }

    private void box(int row, long fromNs, long toNs, int trafficClass, double opacity) {
        long from = Math.max(0, fromNs);
        long to = Math.min(cycleNs, toNs);
        if (from >= to) {
            return;
        }
        svg.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\" fill-opacity=\"%.1f\">"
                        + "<title>%d to %d ns</title></rect>%n",
                LABEL + (double) WIDTH * from / cycleNs,
                TOP + row * ROW + 2,
                Math.max(0.3, (double) WIDTH * (to - from) / cycleNs),
                ROW - 4,
                COLOURS[trafficClass],
                opacity,
                fromNs,
                toNs));
    }

    private void text(double x, int y, String text) {
        svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%s</text>%n", x, y, escaped(text)));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
