package io.latencyscheduler.discovery.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostFilesTest {
    @TempDir
    Path outside;

    Path root;
    HostFiles files;

    @BeforeEach
    void makeRoot() throws IOException {
        root = Files.createDirectories(outside.resolve("root/sys/class"))
                .getParent()
                .getParent();
        files = new HostFiles(root);
        Files.writeString(root.resolve("sys/speed"), "1000\n");
    }

    private void link(String path, String target) throws IOException {
        Files.createSymbolicLink(root.resolve(path), Path.of(target));
    }

    @Test
    void shouldStripTheLineFeedOfAnAttribute() throws IOException {
        assertThat(files.text("sys/speed")).isEqualTo("1000");
    }

    @Test
    void shouldFollowAnAbsoluteLinkInsideTheRoot() throws IOException {
        link("abs", "/sys/speed");
        assertThat(files.text("abs")).isEqualTo("1000");
    }

    @Test
    void shouldNeverLeaveTheRootWhateverALinkSays() throws IOException {
        Files.writeString(outside.resolve("secret"), "of another machine");
        link("up", "../../../../secret");
        link("sys/abs", outside.resolve("secret").toString());
        assertThatThrownBy(() -> files.text("up")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.text("sys/abs")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.text("../secret")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void shouldNameLinksThatGoRoundInACircle() throws IOException {
        link("a", "b");
        link("b", "a");
        assertThatThrownBy(() -> files.text("a")).isInstanceOf(FileSystemLoopException.class);
        assertThat(files.exists("a")).isFalse();
    }

    @Test
    void shouldTellAMissingFileFromAnUnreadableOne() throws IOException {
        assertThat(files.textIfPresent("sys/none")).isEmpty();
        link("loop", "loop");
        assertThatThrownBy(() -> files.textIfPresent("loop")).isInstanceOf(IOException.class);
        assertThat(files.textIfReadable("loop")).isEmpty();
    }

    @Test
    void shouldGiveTheLastComponentOfALinkWithoutFollowingIt() throws IOException {
        link("driver", "../../bus/pci/drivers/vfio-pci");
        assertThat(files.linkName("driver")).contains("vfio-pci");
        assertThat(files.linkName("sys/speed")).isEmpty();
    }
}
