package io.latencyscheduler.sandbox.testing;

import io.latencyscheduler.sandbox.envtest.Assets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

final class ApiServerCondition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return AnnotationSupport.findAnnotation(context.getElement(), RequiresApiServer.class)
                .map(wanted -> verdict(Assets.faultOf(System.getenv(Assets.VARIABLE), List.of(wanted.also()))))
                .orElse(ConditionEvaluationResult.enabled("no API server required"));
    }

    private static ConditionEvaluationResult verdict(Optional<String> fault) {
        if (fault.isEmpty()) {
            return ConditionEvaluationResult.enabled("a real API server is at hand");
        }
        if ("1".equals(System.getenv("REQUIRE_APISERVER"))) {
            throw new IllegalStateException("REQUIRE_APISERVER=1 but " + fault.get());
        }
        return ConditionEvaluationResult.disabled(fault.get());
    }
}
