package io.latencyscheduler.dataplane.setup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InstallCniTest {
    @TempDir
    Path folder;

    private final StringWriter said = new StringWriter();
    private Path plugin;
    private Path network;

    @BeforeEach
    void writeFiles() throws IOException {
        plugin = Files.writeString(folder.resolve("tsn-cni"), "plugin 2");
        network = Files.writeString(folder.resolve("20-tsn.conflist"), "{}");
    }

    private int install(String... arguments) {
        CommandLine line = new CommandLine(new InstallCni(plugin));
        line.setOut(new PrintWriter(said, true)).setErr(new PrintWriter(said, true));
        line.setExecutionExceptionHandler((failed, command, parsed) -> {
            command.getErr().println(failed.getMessage());
            return 1;
        });
        return line.execute(arguments);
    }

    private String binDirectory() {
        return "--bin-directory=" + folder.resolve("opt/cni/bin");
    }

    @Test
    void shouldInstallAnExecutablePluginAndANetworkAndMakeTheirFolders() throws IOException {
        int code = install(
                binDirectory(),
                "--configuration=" + network,
                "--configuration-directory=" + folder.resolve("etc/cni/net.d"));

        assertThat(code).as(said.toString()).isZero();
        assertThat(folder.resolve("opt/cni/bin/tsn-cni")).hasContent("plugin 2").isExecutable();
        assertThat(folder.resolve("etc/cni/net.d/20-tsn.conflist")).hasContent("{}");
        assertThat(Files.isExecutable(folder.resolve("etc/cni/net.d/20-tsn.conflist")))
                .isEqualTo(false);
    }

    @Test
    void shouldReplaceAnEarlierVersionThatIsRunningAndLeaveNothingBeside() throws IOException {
        Path bin = Files.createDirectories(folder.resolve("opt/cni/bin"));
        Path earlier = Files.writeString(bin.resolve("tsn-cni"), "plugin 1");
        try (var running = Files.newInputStream(earlier)) {
            assertThat(install(binDirectory())).isZero();
            assertThat(new String(running.readAllBytes())).isEqualTo("plugin 1");
        }
        assertThat(earlier).hasContent("plugin 2");
        try (Stream<Path> files = Files.list(bin)) {
            assertThat(files).containsExactly(earlier);
        }
    }

    @Test
    void shouldLeaveAloneWhatIsThereAlready() throws IOException {
        install(binDirectory());
        var before = Files.getLastModifiedTime(folder.resolve("opt/cni/bin/tsn-cni"));
        Object inode = Files.getAttribute(folder.resolve("opt/cni/bin/tsn-cni"), "unix:ino");

        assertThat(install(binDirectory())).isZero();

        assertThat(said.toString()).contains("there already");
        assertThat(Files.getLastModifiedTime(folder.resolve("opt/cni/bin/tsn-cni")))
                .isEqualTo(before);
        assertThat(Files.getAttribute(folder.resolve("opt/cni/bin/tsn-cni"), "unix:ino"))
                .isEqualTo(inode);
    }

    @Test
    void shouldSayWhichFileIsMissingBeforeAnythingUsesIt() {
        assertThat(install(binDirectory(), "--configuration=/nowhere/net.conflist"))
                .isEqualTo(1);
        assertThat(said.toString()).contains("'/nowhere/net.conflist' must be a readable file");
    }
}
