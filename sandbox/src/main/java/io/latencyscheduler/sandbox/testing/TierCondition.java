package io.latencyscheduler.sandbox.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Asks {@code hack/probe}, found through the system property {@code repository.root} or above the working folder. */
final class TierCondition implements ExecutionCondition {
    private static final int SKIP = 77;
    private static final Map<Integer, Answer> ANSWERS = new ConcurrentHashMap<>();

    private record Answer(int exitCode, String reason) {}

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return AnnotationSupport.findAnnotation(context.getElement(), RequiresTier.class)
                .map(wanted -> verdict(wanted.value(), ANSWERS.computeIfAbsent(wanted.value(), TierCondition::probe)))
                .orElse(ConditionEvaluationResult.enabled("no tier required"));
    }

    private static ConditionEvaluationResult verdict(int tier, Answer answer) {
        return switch (answer.exitCode()) {
            case 0 -> ConditionEvaluationResult.enabled("tier " + tier + " can run");
            case SKIP -> ConditionEvaluationResult.disabled(answer.reason());
            default -> throw new IllegalStateException("hack/probe require " + tier + ": " + answer.reason());
        };
    }

    private static Answer probe(int tier) {
        Path probe = repositoryRoot().resolve("hack/probe");
        try {
            Process process = new ProcessBuilder(probe.toString(), "require", Integer.toString(tier))
                    .redirectErrorStream(true)
                    .start();
            String reason = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return new Answer(process.waitFor(), reason);
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + probe + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + probe + " ran", e);
        }
    }

    private static Path repositoryRoot() {
        String property = System.getProperty("repository.root");
        if (property != null) {
            return Path.of(property);
        }
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("hack/probe"))) {
                return folder;
            }
        }
        throw new IllegalStateException("hack/probe not found: set the system property repository.root");
    }
}
