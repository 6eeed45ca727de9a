package io.latencyscheduler.dataplane.engine;

import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.jni.NativeCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;

/** The engine in C, and the folders of the pods' sockets. */
public final class NativeEngine implements Engine {
    private final NativeCalls calls;
    private final Path runDirectory;
    private final Map<String, Path> folders = new HashMap<>();

    private NativeEngine(NativeCalls calls, Path runDirectory) {
        this.calls = calls;
        this.runDirectory = runDirectory;
    }

    /** Folder of the native libraries and programs. */
    public static Path folder() {
        return NativeCalls.folder();
    }

    /** Starts it. */
    public static NativeEngine start(AgentConfig config) {
        try {
            Files.createDirectories(config.runDirectory());
            // An agent that was killed leaves it, and DPDK does not listen where a socket lies.
            Files.deleteIfExists(config.engineSocket());
        } catch (IOException refused) {
            throw new EngineException("dataplane.run-directory '" + config.runDirectory() + "' cannot be made ready: "
                    + refused.getMessage());
        }
        return new NativeEngine(
                NativeCalls.start(config.taiOffsetSeconds(), "-m " + config.memoryMegabytes(), config.checkCgroup()),
                config.runDirectory());
    }

    @Override
    public void openPort(PortSpec port) {
        calls.openPort(port);
    }

    @Override
    public void closePort(String name) {
        calls.closePort(name);
    }

    @Override
    public void setGates(String port, GateControlList gates) {
        calls.setGates(port, gates);
    }

    @Override
    public void putPod(PodSpec pod) {
        Path folder = Path.of(pod.socket()).getParent();
        if (folder == null || !folder.startsWith(runDirectory)) {
            throw new EngineException("socket '" + pod.socket() + "' must lie below " + runDirectory);
        }
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        } catch (IOException refused) {
            throw new EngineException("folder '" + folder + "' cannot be made: " + refused.getMessage());
        }
        calls.putPod(pod);
        folders.put(pod.uid(), folder);
    }

    @Override
    public void removePod(String uid) {
        calls.removePod(uid);
        Path folder = folders.remove(uid);
        if (folder != null) {
            try {
                Files.deleteIfExists(folder);
            } catch (IOException notEmpty) {
                // What somebody else put there is not ours to delete.
            }
        }
    }

    @Override
    public String unavailability(String backend) {
        return calls.unavailability(backend);
    }

    @Override
    public EngineStats stats() {
        return new EngineStats(
                NativeCalls.kernelClock(), calls.stats().ports(), calls.stats().streams());
    }

    @Override
    public void close() {
        calls.close();
        folders.values().forEach(folder -> {
            try {
                Files.deleteIfExists(folder);
            } catch (IOException notEmpty) {
                // As above.
            }
        });
    }
}
