package io.latencyscheduler.sandbox.envtest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The folder with the programs of a control plane, as {@code hack/envtest} prints it. */
public final class Assets {
    /** The environment variable that names the folder; the same one that Kubernetes' own envtest reads. */
    public static final String VARIABLE = "KUBEBUILDER_ASSETS";

    private static final String HOW = "run: export " + VARIABLE + "=$(hack/envtest)";

    private Assets() {}

    /**
     * @param also programs needed beside kube-apiserver and etcd
     * @return one sentence about what is missing and how to get it; empty when nothing is
     */
    public static Optional<String> faultOf(@Nullable String folder, List<String> also) {
        if (folder == null || folder.isBlank()) {
            return Optional.of("no real API server: " + VARIABLE + " is not set; " + HOW);
        }
        List<String> programs = new ArrayList<>(List.of("kube-apiserver", "etcd"));
        programs.addAll(also);
        List<String> missing = programs.stream()
                .filter(program -> !Files.isExecutable(Path.of(folder, program)))
                .toList();
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        VARIABLE + "=" + folder + " holds no executable " + String.join(", ", missing) + "; " + HOW);
    }

    /** @throws IllegalStateException with that sentence when kube-apiserver or etcd is missing */
    public static Path fromEnvironment() {
        String folder = System.getenv(VARIABLE);
        Optional<String> fault = faultOf(folder, List.of());
        if (folder == null || fault.isPresent()) {
            throw new IllegalStateException(fault.orElse(VARIABLE + " is not set"));
        }
        return Path.of(folder);
    }
}
