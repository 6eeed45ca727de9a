package io.latencyscheduler.scheduler.cli;

import io.latencyscheduler.kube.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a subcommand prints: a table for people or JSON for scripts. Colours only on a terminal, and not with NO_COLOR. */
final class Output {
    enum Format {
        table,
        json
    }

    /** What a colour says: never alone, a word stands beside it. */
    enum Tone {
        GOOD("32"),
        WARN("33"),
        BAD("31"),
        FAINT("2"),
        HEAD("1");

        private final String code;

        Tone(String code) {
            this.code = code;
        }
    }

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}")
    private Format format = Format.table;

    boolean json() {
        return format == Format.json;
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** A sentence beside the answer: on standard error, so that the answer stays readable for scripts. */
    void note(String sentence) {
        spec.commandLine().getErr().println(clean(sentence));
        spec.commandLine().getErr().flush();
    }

    void print(Object tree) {
        out().println(Json.text(tree));
        out().flush();
    }

    void line(String text) {
        out().println(text);
        out().flush();
    }

    String tone(Tone tone, String text) {
        return Ansi.AUTO.enabled() && !text.isBlank() ? "\u001b[" + tone.code + "m" + text + "\u001b[0m" : text;
    }

    /** What somebody else wrote, without what would drive the terminal. */
    static String clean(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ");
    }

    /** Rows below a head, columns two blanks apart. */
    final class Table {
        private final List<List<String>> rows = new ArrayList<>();
        private final List<List<Tone>> tones = new ArrayList<>();

        Table(String... head) {
            row(Tone.HEAD, head);
        }

        /** The tone is that of the whole row; the last cell is never padded. */
        void row(Tone tone, String... cells) {
            List<String> cleaned = new ArrayList<>();
            for (String cell : cells) {
                cleaned.add(clean(cell));
            }
            rows.add(cleaned);
            tones.add(List.of(tone));
        }

        void row(String... cells) {
            row(Tone.GOOD, cells);
            tones.set(tones.size() - 1, List.of());
        }

        void print() {
            int columns = rows.get(0).size();
            int[] widths = new int[columns];
            for (List<String> row : rows) {
                for (int i = 0; i < row.size(); i++) {
                    widths[i] = Math.max(
                            widths[i], row.get(i).codePointCount(0, row.get(i).length()));
                }
            }
            for (int r = 0; r < rows.size(); r++) {
                StringBuilder line = new StringBuilder();
                List<String> row = rows.get(r);
                for (int i = 0; i < row.size(); i++) {
                    String cell = row.get(i);
                    line.append(cell);
                    if (i + 1 < row.size()) {
                        line.append(" ".repeat(widths[i] + 2 - cell.codePointCount(0, cell.length())));
                    }
                }
                String text = line.toString().stripTrailing();
                out().println(tones.get(r).isEmpty() ? text : tone(tones.get(r).get(0), text));
            }
            out().flush();
        }
    }

    Table table(String... head) {
        return new Table(head);
    }
}
