package io.latencyscheduler.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latencyscheduler.contract.NodeInventory.Role;
import io.latencyscheduler.discovery.config.ConfigReader;
import io.latencyscheduler.discovery.config.Match;
import io.latencyscheduler.discovery.config.PortRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
    @Test
    void shouldReadAYamlFileInEitherSpelling(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("discovery.yaml"), """
                discovery:
                  ports:
                    - match: {netdev: tsn-abc}
                      role: gated
                      name: uplink0
                      linkRate: 1Gbps
                server: {port: 0}
                """);
        Map<String, String> properties = ConfigFile.read(file);
        assertThat(properties).containsEntry("server.port", "0");
        assertThat(ConfigReader.read(properties).value().ports())
                .containsExactly(new PortRule(
                        "discovery.ports[0]",
                        new Match("tsn-abc", null, null, null),
                        Role.GATED,
                        "uplink0",
                        1_000_000_000L));
    }

    @Test
    void shouldSayInOneSentenceWhatIsWrongWithAFile(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> ConfigFile.read(folder.resolve("absent.yaml")))
                .hasMessageStartingWith("there is no file ");
        Path list = Files.writeString(folder.resolve("list.yaml"), "- a\n");
        assertThatThrownBy(() -> ConfigFile.read(list)).hasMessageContaining("must be a YAML mapping");
        Path broken = Files.writeString(folder.resolve("broken.yaml"), "a: [1\nb: }");
        assertThatThrownBy(() -> ConfigFile.read(broken)).hasMessageContaining("is not YAML");
    }
}
