package io.latencyscheduler.scheduler.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code v1.NodeSelector}: terms of which one must match. No term, or an empty term, matches nothing. */
public record NodeSelector(List<Term> nodeSelectorTerms) {
    public NodeSelector {
        nodeSelectorTerms = Absent.list(nodeSelectorTerms);
    }

    /** Requirements of which all must hold. */
    public record Term(List<Requirement> matchExpressions, List<Requirement> matchFields) {
        public Term {
            matchExpressions = Absent.list(matchExpressions);
            matchFields = Absent.list(matchFields);
        }

        /** Whether the node with these labels and this name meets all; an empty term meets none. */
        public boolean matches(Map<String, String> labels, String nodeName) {
            if (matchExpressions.isEmpty() && matchFields.isEmpty()) {
                return false;
            }
            for (Requirement requirement : matchExpressions) {
                if (!requirement.matches(labels.get(requirement.key))) {
                    return false;
                }
            }
            for (Requirement requirement : matchFields) {
                if (!requirement.key.equals("metadata.name") || !requirement.matches(nodeName)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** One requirement; {@code operator} is In, NotIn, Exists, DoesNotExist, Gt or Lt. */
    public record Requirement(String key, String operator, List<String> values) {
        public Requirement {
            key = Absent.text(key);
            operator = Absent.text(operator);
            values = Absent.list(values);
        }

        boolean matches(@Nullable String value) {
            return switch (operator) {
                case "In" -> value != null && values.contains(value);
                case "NotIn" -> value == null || !values.contains(value);
                case "Exists" -> value != null;
                case "DoesNotExist" -> value == null;
                case "Gt" -> value != null && compare(value) > 0;
                case "Lt" -> value != null && compare(value) < 0;
                default -> false;
            };
        }

        /** Sign of value − operand; 0, which neither Gt nor Lt accepts, when one of them is no integer. */
        private int compare(String value) {
            if (values.size() != 1) {
                return 0;
            }
            try {
                return Long.compare(Long.parseLong(value), Long.parseLong(values.get(0)));
            } catch (NumberFormatException notAnInteger) {
                return 0;
            }
        }
    }

    /** Whether one of the terms matches. */
    public boolean matches(Map<String, String> labels, String nodeName) {
        for (Term term : nodeSelectorTerms) {
            if (term.matches(labels, nodeName)) {
                return true;
            }
        }
        return false;
    }
}
