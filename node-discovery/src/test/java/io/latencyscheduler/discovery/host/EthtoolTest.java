package io.latencyscheduler.discovery.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.latencyscheduler.discovery.host.Ethtool.Answers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EthtoolTest {
    @TempDir
    Path root;

    @Test
    void shouldAskTheRunningKernelAboutItsLoopback() throws IOException {
        EthtoolNetlink netlink;
        try {
            netlink = EthtoolNetlink.open();
        } catch (IOException | RuntimeException | LinkageError unsupported) {
            assumeThat(false).as("ethtool netlink: " + unsupported).isTrue();
            return;
        }
        try (netlink) {
            assertThat(netlink.hardwareTimestamping("lo")).isFalse();
            assertThat(netlink.framePreemption("lo")).isNull();
            assertThatThrownBy(() -> netlink.hardwareTimestamping("no-such-netdev"))
                    .isInstanceOf(IOException.class)
                    .hasMessage("ethtool: error 19");
        }
    }

    @Test
    void shouldTakeRecordedAnswersInATree() throws IOException {
        Files.createDirectories(root.resolve("recorded"));
        Files.writeString(
                root.resolve(Ethtool.RECORDED),
                Ethtool.recorded(Map.of("eth0", new Answers(true, null), "eth1", Answers.NONE)));
        try (Ethtool ethtool = Ethtool.open(new HostFiles(root), false)) {
            assertThat(ethtool.ask("eth0")).isEqualTo(new Answers(true, null));
            assertThat(ethtool.ask("eth1")).isEqualTo(Answers.NONE);
            assertThat(ethtool.ask("eth2")).isEqualTo(Answers.NONE);
        }
    }

    @Test
    void shouldRefuseAttributesThatClaimMoreBytesThanThereAre() {
        ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
        bytes.putShort((short) 12).putShort((short) 1).flip().limit(8);
        assertThatThrownBy(() -> EthtoolNetlink.attributes(bytes)).hasMessage("ethtool: malformed answer");
    }

    @Test
    void shouldHearOnlyEventsOfDevicesThatMatter() {
        assertThat(Set.of("net", "pci", "ptp"))
                .allMatch(subsystem -> HotPlugEvents.concernsUs(
                        "add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=" + subsystem + "\0SEQNUM=1\0"));
        assertThat(HotPlugEvents.concernsUs("add@/devices/x\0SUBSYSTEM=block\0"))
                .isFalse();
        assertThat(HotPlugEvents.concernsUs("")).isFalse();
    }
}
