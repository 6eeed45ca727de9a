package io.latencyscheduler.scheduler.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads label selectors in the notation of {@code kubectl -l}: {@code app=plc,tier in (a, b),!old}. */
final class SelectorParser {
    private static final String KEY = "([A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?)";
    private static final String VALUE = "([A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|)";
    private static final Pattern EQUAL = Pattern.compile(KEY + "\\s*(==|=|!=)\\s*" + VALUE);
    private static final Pattern SET = Pattern.compile(KEY + "\\s+(in|notin)\\s*\\(([^()]*)\\)");
    private static final Pattern EXISTS = Pattern.compile("(!?)\\s*" + KEY);
    /** Commas that are not between parentheses. */
    private static final Pattern COMMA = Pattern.compile(",(?![^(]*\\))");

    private SelectorParser() {}

    static Optional<LabelSelector> parse(String text) {
        Map<String, String> labels = new HashMap<>();
        List<LabelSelector.Requirement> expressions = new ArrayList<>();
        for (String part : COMMA.split(text.strip(), -1)) {
            if (!parsePart(part.strip(), labels, expressions)) {
                return Optional.empty();
            }
        }
        return Optional.of(new LabelSelector(labels, expressions));
    }

    private static boolean parsePart(
            String part, Map<String, String> labels, List<LabelSelector.Requirement> expressions) {
        Matcher equal = EQUAL.matcher(part);
        if (equal.matches()) {
            if (equal.group(2).equals("!=")) {
                expressions.add(new LabelSelector.Requirement(equal.group(1), "NotIn", List.of(equal.group(3))));
                return true;
            }
            String before = labels.put(equal.group(1), equal.group(3));
            return before == null || before.equals(equal.group(3));
        }
        Matcher set = SET.matcher(part);
        if (set.matches()) {
            List<String> values = Arrays.stream(set.group(3).split(",", -1))
                    .map(String::strip)
                    .toList();
            String operator = set.group(2).equals("in") ? "In" : "NotIn";
            expressions.add(new LabelSelector.Requirement(set.group(1), operator, values));
            return values.stream().allMatch(value -> value.matches(VALUE));
        }
        Matcher exists = EXISTS.matcher(part);
        if (exists.matches()) {
            String operator = exists.group(1).isEmpty() ? "Exists" : "DoesNotExist";
            expressions.add(new LabelSelector.Requirement(exists.group(2), operator, List.of()));
            return true;
        }
        return false;
    }
}
