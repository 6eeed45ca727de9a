package io.latencyscheduler.dataplane.preload;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreloadWatchTest {
    private static final String UID = "0f6a3c1e-1111-4222-8333-944455566677";
    private static final String CGROUPFS = "0::/kubepods/burstable/pod" + UID + "/abc\n";
    private static final String SYSTEMD =
            "0::/kubepods.slice/kubepods-pod" + UID.replace('-', '_') + ".slice/cri-abc\n";
    private static final String PRELOADED = "A=b\0LD_PRELOAD=/opt/latency-scheduler/lib/libtsnsocket.so\0";
    private static final BoundPod POD = new BoundPod(
            UID,
            "default",
            "plc",
            1,
            false,
            new Allocation(
                    1,
                    UID,
                    null,
                    List.of(),
                    List.of(new StreamAllocation("s0", "uplink0", 1, 1, 0, 1, 1, 64, Phase.Kind.ASSIGNED, 7))));

    @TempDir
    Path proc;

    private final List<String> told = new ArrayList<>();
    private List<BoundPod> pods = List.of(POD);
    private PreloadWatch watch;

    @BeforeEach
    void makeWatch() throws IOException {
        Files.createDirectories(proc.resolve("sys"));
        watch = new PreloadWatch(proc, () -> pods, (pod, sentence) -> told.add(pod.display() + ": " + sentence));
    }

    private void process(int id, String cgroup, String environment, Path program) throws IOException {
        Path folder = Files.createDirectories(proc.resolve(Integer.toString(id)));
        Files.writeString(folder.resolve("cgroup"), cgroup);
        Files.writeString(folder.resolve("environ"), environment);
        Files.createSymbolicLink(folder.resolve("exe"), program);
    }

    /** An ELF program that is its headers alone; an empty loader: none. */
    private Path elf(String name, String loader, ByteOrder order) throws IOException {
        ByteBuffer elf = ByteBuffer.allocate(64 + 56 + 64).order(order);
        elf.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, (byte) (order == ByteOrder.BIG_ENDIAN ? 2 : 1)});
        elf.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 1);
        elf.putInt(64, loader.isEmpty() ? 1 : 3);
        elf.putLong(64 + 8, 120).putLong(64 + 32, loader.length());
        elf.put(120, loader.getBytes(StandardCharsets.US_ASCII));
        return Files.write(proc.resolve(name), elf.array());
    }

    @Test
    void shouldTellOncePerProgramThatCannotLoadTheLibrary() throws IOException {
        process(10, CGROUPFS, PRELOADED, elf("talker", "", ByteOrder.LITTLE_ENDIAN));
        process(11, CGROUPFS, PRELOADED, proc.resolve("talker"));
        process(12, SYSTEMD, PRELOADED, elf("alpine", "/lib/ld-musl-x86_64.so.1", ByteOrder.BIG_ENDIAN));
        Files.createDirectories(proc.resolve("13")); // has just ended

        watch.look();
        watch.look();

        assertThat(told)
                .containsExactlyInAnyOrder(
                        "default/plc: " + proc.resolve("talker") + " is a static program and does not load"
                                + " libtsnsocket.so: its streams stand idle unless it uses the C API",
                        "default/plc: " + proc.resolve("alpine") + " is a program of musl and does not load"
                                + " libtsnsocket.so: its streams stand idle unless it uses the C API");
    }

    @Test
    void shouldLeaveAloneWhatLoadsItOrWasNotAskedTo() throws IOException {
        process(10, CGROUPFS, PRELOADED, Path.of("/bin/sh"));
        process(11, CGROUPFS, "PATH=/bin\0", elf("pause", "", ByteOrder.LITTLE_ENDIAN));
        process(12, "0::/system.slice/x\n", PRELOADED, proc.resolve("pause"));
        process(13, CGROUPFS, PRELOADED, Files.writeString(proc.resolve("script"), "#!/bin/sh"));

        watch.look();

        assertThat(told).isEmpty();
    }

    @Test
    void shouldTellAgainOfANewPodAndNothingOfOneThatTerminated() throws IOException {
        process(10, CGROUPFS, PRELOADED, elf("talker", "", ByteOrder.LITTLE_ENDIAN));
        pods = List.of();
        watch.look();
        assertThat(told).isEmpty();
        pods = List.of(POD);
        watch.look();
        pods = List.of();
        watch.look();
        pods = List.of(POD);
        watch.look();
        assertThat(told).hasSize(2);
    }

    @Test
    void shouldKnowARealProgramOfEachKind() throws IOException {
        assertThat(ProgramKind.of(Path.of("target/native/tsn-cni"))).isEqualTo(ProgramKind.STATIC);
        assertThat(ProgramKind.of(Path.of("target/native/tsn-perf"))).isEqualTo(ProgramKind.PRELOADABLE);
    }
}
