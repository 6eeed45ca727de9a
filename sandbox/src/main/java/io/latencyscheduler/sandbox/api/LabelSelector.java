package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/** A conjunction of requirements on labels, from a query ({@code a=b,c!=d,e in (f,g),!h}) or from an object. */
public record LabelSelector(List<Requirement> requirements) {
    /** Selects everything. */
    public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

    private static final Pattern SET =
            Pattern.compile("\\s*([^\\s!=,()]+)\\s+(in|notin)\\s*\\(([^()]*)\\)\\s*", Pattern.CASE_INSENSITIVE);
    private static final Pattern EQUALITY = Pattern.compile("\\s*([^\\s!=,()<>]+)\\s*(==|=|!=)\\s*([^\\s!=,()]*)\\s*");
    private static final Pattern COMPARISON = Pattern.compile("\\s*([^\\s!=,()<>]+)\\s*([<>])\\s*(-?\\d+)\\s*");
    private static final Pattern EXISTENCE = Pattern.compile("\\s*(!?)\\s*([^\\s!=,()<>]+)\\s*");

    private enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        DOES_NOT_EXIST,
        GREATER,
        LESS
    }

    /** One requirement on one key. */
    public record Requirement(String key, Operator operator, Set<String> values) {
        private boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case DOES_NOT_EXIST -> value == null;
                case GREATER -> value != null && compare(value) > 0;
                case LESS -> value != null && compare(value) < 0;
            };
        }

        private int compare(String value) {
            try {
                return Long.compare(
                        Long.parseLong(value), Long.parseLong(values.iterator().next()));
            } catch (NumberFormatException e) {
                return 0;
            }
        }
    }

    public boolean matches(Map<String, String> labels) {
        for (Requirement requirement : requirements) {
            if (!requirement.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    /** @throws ApiFailure 400 when the query does not parse */
    public static LabelSelector parse(String query) {
        if (query.isBlank()) {
            return EVERYTHING;
        }
        List<Requirement> requirements = new ArrayList<>();
        for (String term : terms(query)) {
            requirements.add(parseTerm(term, query));
        }
        return new LabelSelector(List.copyOf(requirements));
    }

    private static Requirement parseTerm(String term, String query) {
        Matcher set = SET.matcher(term);
        if (set.matches()) {
            Set<String> values = new HashSet<>();
            for (String value : set.group(3).split(",", -1)) {
                values.add(value.strip());
            }
            return new Requirement(
                    set.group(1), set.group(2).equalsIgnoreCase("in") ? Operator.IN : Operator.NOT_IN, values);
        }
        Matcher equality = EQUALITY.matcher(term);
        if (equality.matches()) {
            return new Requirement(
                    equality.group(1),
                    equality.group(2).equals("!=") ? Operator.NOT_IN : Operator.IN,
                    Set.of(equality.group(3)));
        }
        Matcher comparison = COMPARISON.matcher(term);
        if (comparison.matches()) {
            return new Requirement(
                    comparison.group(1),
                    comparison.group(2).equals(">") ? Operator.GREATER : Operator.LESS,
                    Set.of(comparison.group(3)));
        }
        Matcher existence = EXISTENCE.matcher(term);
        if (existence.matches()) {
            return new Requirement(
                    existence.group(2),
                    existence.group(1).isEmpty() ? Operator.EXISTS : Operator.DOES_NOT_EXIST,
                    Set.of());
        }
        throw ApiFailure.badRequest("unable to parse requirement '" + term + "' of the label selector '" + query + "'");
    }

    private static List<String> terms(String query) {
        List<String> terms = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < query.length(); i++) {
            char c = query.charAt(i);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (c == ',' && depth == 0) {
                terms.add(query.substring(start, i));
                start = i + 1;
            }
        }
        terms.add(query.substring(start));
        return terms;
    }

    /** From a {@code metav1.LabelSelector}: {@code matchLabels} and {@code matchExpressions}. */
    public static LabelSelector of(JsonNode selector) {
        List<Requirement> requirements = new ArrayList<>();
        selector.path("matchLabels")
                .properties()
                .forEach(entry -> requirements.add(new Requirement(
                        entry.getKey(), Operator.IN, Set.of(entry.getValue().asText()))));
        for (JsonNode expression : selector.path("matchExpressions")) {
            Set<String> values = new HashSet<>();
            StreamSupport.stream(expression.path("values").spliterator(), false)
                    .forEach(value -> values.add(value.asText()));
            Operator operator = switch (expression.path("operator").asText()) {
                case "In" -> Operator.IN;
                case "NotIn" -> Operator.NOT_IN;
                case "Exists" -> Operator.EXISTS;
                case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
                default ->
                    throw ApiFailure.badRequest(
                            "\"" + expression.path("operator").asText() + "\" is not a valid label selector operator");
            };
            requirements.add(new Requirement(expression.path("key").asText(), operator, values));
        }
        return new LabelSelector(List.copyOf(requirements));
    }
}
