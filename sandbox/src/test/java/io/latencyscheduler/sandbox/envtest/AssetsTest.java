package io.latencyscheduler.sandbox.envtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssetsTest {
    @Test
    void shouldSayHowToGetAnApiServerWhenTheVariableIsNotSet() {
        assertThat(Assets.faultOf(null, List.of()))
                .hasValue(
                        "no real API server: KUBEBUILDER_ASSETS is not set; run: export KUBEBUILDER_ASSETS=$(hack/envtest)");
    }

    @Test
    void shouldNameEveryMissingProgram(@TempDir Path folder) throws IOException {
        Path etcd = Files.createFile(folder.resolve("etcd"));
        assertThat(etcd.toFile().setExecutable(true)).isTrue();
        assertThat(Assets.faultOf(folder.toString(), List.of("kubectl")))
                .hasValueSatisfying(fault -> assertThat(fault)
                        .contains("holds no executable kube-apiserver, kubectl")
                        .contains(folder.toString()));
    }

    @Test
    void shouldFindNoFaultInACompleteFolder(@TempDir Path folder) throws IOException {
        for (String program : List.of("etcd", "kube-apiserver")) {
            assertThat(Files.createFile(folder.resolve(program)).toFile().setExecutable(true))
                    .isTrue();
        }
        assertThat(Assets.faultOf(folder.toString(), List.of())).isEmpty();
    }
}
