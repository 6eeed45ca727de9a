package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.scheduler.cli.Output.Tone;
import java.util.HashMap;
import java.util.Map;

/** A decision, node by node, as a table. Reads the JSON of the HTTP interface, so that both sources print alike. */
final class DecisionReport {
    /** More nodes of one reason, or more that could take the pod, are counted but not listed. */
    private static final int LISTED = 10;

    private DecisionReport() {}

    static void print(Output output, JsonNode decision, boolean all) {
        int limit = all ? Integer.MAX_VALUE : LISTED;
        Output.Table table = output.table("NODE", "VERDICT", "SCORE", "WHY");
        String chosen = decision.path("node").asText("");
        int rank = 0;
        for (JsonNode scored : decision.path("scored")) {
            if (rank++ < limit) {
                String node = scored.path("node").asText();
                table.row(
                        node.equals(chosen) ? Tone.GOOD : Tone.FAINT,
                        node,
                        node.equals(chosen) ? "chosen" : "fits, rank " + rank,
                        scored.path("byPlugin").isEmpty()
                                ? "-"
                                : scored.path("total").asText(),
                        parts(scored.path("byPlugin")));
            }
        }
        if (rank > limit) {
            table.row(Tone.FAINT, "… " + (rank - limit) + " more", "fits", "", "--all lists them");
        }
        Map<String, Integer> byReason = new HashMap<>();
        for (JsonNode refused : decision.path("refused")) {
            String reason = reason(refused);
            if (byReason.merge(reason, 1, Integer::sum) <= limit) {
                table.row(refused.path("node").asText(), "refused", "", reason);
            }
        }
        byReason.forEach((reason, count) -> {
            if (count > limit) {
                table.row(Tone.FAINT, "… " + (count - limit) + " more", "refused", "", reason + "; --all lists them");
            }
        });
        JsonNode others = decision.path("others");
        if (others.path("nodes").asInt() > 0) {
            boolean refused = others.has("verdict");
            table.row(
                    Tone.FAINT,
                    others.path("nodes").asText() + " others",
                    refused ? "refused" : "not asked",
                    "",
                    refused ? reason(others.path("verdict")) : "enough others fit");
        }
        table.print();
        if (decision.has("podVerdict")) {
            output.line("The pod itself is refused: " + Output.clean(reason(decision.path("podVerdict"))));
        }
        String hint = decision.path("hint").asText("");
        if (!hint.isEmpty()) {
            output.line("Near miss: " + Output.clean(hint) + ".");
        }
    }

    private static String reason(JsonNode verdict) {
        return verdict.path("reason").asText() + " (" + verdict.path("plugin").asText() + ")";
    }

    private static String parts(JsonNode byPlugin) {
        StringBuilder parts = new StringBuilder();
        byPlugin.fields().forEachRemaining(part -> {
            if (part.getValue().asLong() != 0) {
                parts.append(parts.length() == 0 ? "" : ", ")
                        .append(part.getKey())
                        .append(' ')
                        .append(part.getValue());
            }
        });
        return parts.length() == 0 && byPlugin.isEmpty() ? "the only one that fits" : parts.toString();
    }
}
