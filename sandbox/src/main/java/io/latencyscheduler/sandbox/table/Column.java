package io.latencyscheduler.sandbox.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.function.BiFunction;

/**
 * One column of a Table.
 *
 * @param priority 0 is always shown, more only with {@code -o wide}
 * @param cell what stands there for an object, at a time
 */
public record Column(String name, String type, int priority, BiFunction<JsonNode, Instant, JsonNode> cell) {
    static final Column NAME = text("Name", "/metadata/name");
    static final Column AGE = age("Age", "/metadata/creationTimestamp");
    private static final String NONE = "<none>";

    /** The text at a place in the object. */
    static Column text(String name, String pointer) {
        return new Column(
                name,
                "string",
                0,
                (object, now) -> object.at(pointer).isMissingNode()
                        ? TextNode.valueOf("")
                        : TextNode.valueOf(object.at(pointer).asText()));
    }

    /** The text at a place, or {@code <none>}. */
    static Column orNone(String name, String pointer) {
        return computed(name, object -> {
            String text = object.at(pointer).asText("");
            return text.isEmpty() ? NONE : text;
        });
    }

    static Column number(String name, String pointer) {
        return new Column(
                name,
                "integer",
                0,
                (object, now) ->
                        JsonNodeFactory.instance.numberNode(object.at(pointer).asLong()));
    }

    static Column age(String name, String pointer) {
        return new Column(
                name,
                "string",
                0,
                (object, now) -> TextNode.valueOf(since(object.at(pointer).asText(""), now)));
    }

    static Column computed(String name, java.util.function.Function<JsonNode, String> cell) {
        return new Column(name, "string", 0, (object, now) -> TextNode.valueOf(cell.apply(object)));
    }

    Column wide() {
        return new Column(name, type, 1, cell);
    }

    /** How long ago, as kubectl users read it: {@code 15s}, {@code 5m12s}, {@code 3h}, {@code 2d4h}. */
    static String since(String timestamp, Instant now) {
        try {
            return human(Duration.between(Instant.parse(timestamp), now));
        } catch (DateTimeParseException e) {
            return "<unknown>";
        }
    }

    private static String human(Duration age) {
        long seconds = age.toSeconds();
        if (seconds < -1) {
            return "<invalid>";
        }
        long minutes = seconds / 60;
        long hours = minutes / 60;
        long days = hours / 24;
        if (seconds < 120) {
            return Math.max(0, seconds) + "s";
        } else if (minutes < 10) {
            return minutes + "m" + rest(seconds % 60, "s");
        } else if (minutes < 180) {
            return minutes + "m";
        } else if (hours < 8) {
            return hours + "h" + rest(minutes % 60, "m");
        } else if (hours < 48) {
            return hours + "h";
        } else if (days < 8) {
            return days + "d" + rest(hours % 24, "h");
        } else if (days < 730) {
            return days + "d";
        } else if (days < 8 * 365) {
            return days / 365 + "y" + rest(days % 365, "d");
        }
        return days / 365 + "y";
    }

    private static String rest(long count, String unit) {
        return count == 0 ? "" : count + unit;
    }
}
