package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A ValidatingAdmissionPolicy as the API server runs it: which requests it looks at, its variables, its verdicts. */
final class AdmissionPolicy {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final Cel cel = CelFactory.standardCelBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("object", SimpleType.DYN)
            .addVar("oldObject", SimpleType.DYN)
            .addVar("request", SimpleType.DYN)
            .addVar("variables", MapType.create(SimpleType.STRING, SimpleType.DYN))
            .build();
    private final JsonNode spec;

    AdmissionPolicy(JsonNode policy) {
        this.spec = policy.path("spec");
    }

    /**
     * A request to the API server.
     *
     * @param resource such as {@code pods} or {@code pods/binding}
     * @param user who asks
     * @param tokenNode the node that the token's pod runs on; empty: the token does not say
     */
    record Request(String operation, String group, String resource, String user, String tokenNode) {}

    /** Why it is denied; empty when it is not. */
    String refusal(Request request, @Nullable JsonNode object, @Nullable JsonNode oldObject) {
        if (!concerns(request)) {
            return "";
        }
        Map<String, Object> values = new HashMap<>();
        values.put("object", plain(object));
        values.put("oldObject", plain(oldObject));
        values.put("request", plain(asked(request)));
        values.put("variables", new HashMap<>());
        for (JsonNode condition : spec.path("matchConditions")) {
            if (!Boolean.TRUE.equals(evaluate(condition.path("expression").asText(), values))) {
                return "";
            }
        }
        Map<String, Object> variables = new HashMap<>();
        for (JsonNode variable : spec.path("variables")) {
            variables.put(
                    variable.path("name").asText(),
                    evaluate(variable.path("expression").asText(), values));
            values.put("variables", Map.copyOf(variables));
        }
        for (JsonNode validation : spec.path("validations")) {
            if (!Boolean.TRUE.equals(evaluate(validation.path("expression").asText(), values))) {
                return validation.has("message")
                        ? validation.path("message").asText()
                        : String.valueOf(
                                evaluate(validation.path("messageExpression").asText(), values));
            }
        }
        return "";
    }

    private boolean concerns(Request request) {
        for (JsonNode rule : spec.at("/matchConstraints/resourceRules")) {
            if (has(rule, "apiGroups", request.group())
                    && has(rule, "resources", request.resource())
                    && has(rule, "operations", request.operation())) {
                return true;
            }
        }
        return false;
    }

    private static boolean has(JsonNode rule, String list, String value) {
        for (JsonNode entry : rule.path(list)) {
            if (entry.asText().equals(value)) {
                return true;
            }
        }
        return false;
    }

    private static JsonNode asked(Request request) {
        var asked = JSON.createObjectNode().put("operation", request.operation());
        var user = asked.putObject("userInfo").put("username", request.user());
        if (!request.tokenNode().isEmpty()) {
            ArrayNode node = user.putObject("extra").putArray("authentication.kubernetes.io/node-name");
            node.add(request.tokenNode());
        }
        return asked;
    }

    private Object evaluate(String expression, Map<String, Object> values) {
        try {
            return cel.createProgram(cel.compile(expression).getAst()).eval(values);
        } catch (CelValidationException | CelEvaluationException broken) {
            throw new AssertionError(expression + ": " + broken.getMessage(), broken);
        }
    }

    private static Object plain(@Nullable JsonNode node) {
        return node == null ? dev.cel.common.values.NullValue.NULL_VALUE : JSON.convertValue(node, Object.class);
    }
}
