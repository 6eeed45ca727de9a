package io.latencyscheduler.scheduler.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code metav1.LabelSelector}. An empty one matches everything; an absent one (null where it stands) nothing.
 *
 * @param matchLabels all must be there with these values
 * @param matchExpressions all must hold
 */
public record LabelSelector(Map<String, String> matchLabels, List<Requirement> matchExpressions) {
    public LabelSelector {
        matchLabels = Absent.map(matchLabels);
        matchExpressions = Absent.list(matchExpressions);
    }

    /** One expression; {@code operator} is {@code In}, {@code NotIn}, {@code Exists} or {@code DoesNotExist}. */
    public record Requirement(String key, String operator, List<String> values) {
        public Requirement {
            key = Absent.text(key);
            operator = Absent.text(operator);
            values = Absent.list(values);
        }

        boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case "In" -> value != null && values.contains(value);
                case "NotIn" -> value == null || !values.contains(value);
                case "Exists" -> value != null;
                case "DoesNotExist" -> value == null;
                default -> false;
            };
        }
    }

    /** Reads {@code kubectl -l} notation, such as {@code app=plc,zone in (a,b),!old}; empty when it is none. */
    public static Optional<LabelSelector> parse(String text) {
        return SelectorParser.parse(text);
    }

    /** Whether the labels meet every requirement. An operator that does not exist meets none. */
    public boolean matches(Map<String, String> labels) {
        for (Map.Entry<String, String> wanted : matchLabels.entrySet()) {
            if (!wanted.getValue().equals(labels.get(wanted.getKey()))) {
                return false;
            }
        }
        for (Requirement requirement : matchExpressions) {
            if (!requirement.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    /** This selector and, for each key that {@code labels} has, {@code In} or {@code NotIn} its value there. */
    public LabelSelector withLabelKeys(Map<String, String> labels, List<String> matching, List<String> differing) {
        List<Requirement> merged = new ArrayList<>(matchExpressions);
        addLabelKeys(labels, matching, "In", merged);
        addLabelKeys(labels, differing, "NotIn", merged);
        return new LabelSelector(matchLabels, merged);
    }

    private static void addLabelKeys(
            Map<String, String> labels, List<String> keys, String operator, List<Requirement> merged) {
        for (String key : keys) {
            String value = labels.get(key);
            Requirement requirement = value == null ? null : new Requirement(key, operator, List.of(value));
            if (requirement != null && !merged.contains(requirement)) {
                merged.add(requirement);
            }
        }
    }

    /** An absent selector matches nothing. */
    public static boolean matches(@Nullable LabelSelector selector, Map<String, String> labels) {
        return selector != null && selector.matches(labels);
    }
}
