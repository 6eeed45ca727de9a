package io.latencyscheduler.charts;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Gives all steps of a life the same cluster. After a step that failed, it tells what the programs said and skips the others; a
 * step in which a program lacked a right has failed.
 */
final class InstallationLife
        implements BeforeAllCallback, ExecutionCondition, ParameterResolver, AfterEachCallback, TestWatcher {
    private static final Namespace OURS = Namespace.create(InstallationLife.class);

    /** The store of an outer class is seen from the classes in it, and closes what it holds when the outer class ends. */
    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(OURS).computeIfAbsent(Installed.class, key -> Installed.start(), Installed.class);
    }

    private static @Nullable Installed installed(ExtensionContext context) {
        return context.getStore(OURS).get(Installed.class, Installed.class);
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        Installed installed = installed(context);
        return installed != null && installed.failed()
                ? ConditionEvaluationResult.disabled("an earlier step failed")
                : ConditionEvaluationResult.enabled("all went well");
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Installed.class;
    }

    @Override
    public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return installed(context);
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        Installed installed = installed(context);
        if (installed != null) {
            installed.audit.checkNothingDenied();
        }
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        Installed installed = installed(context);
        if (installed != null) {
            installed.fail();
            System.err.println(installed.kubelet.logs(40));
        }
    }
}
