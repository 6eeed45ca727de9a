package io.latencyscheduler.dataplane.paths;

import io.latencyscheduler.kube.Json;
import io.latencyscheduler.ovsdb.OvsdbClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each probe as a {@code path-probe} of its own: DPDK exists once per process, and a driver that fails takes nothing
 * else with it. The process ends with the agent, however that ends, since its standard input then closes. Thread-safe.
 */
public final class ProbeProcesses implements ProbeRunner, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProbeProcesses.class);
    private static final Duration DATABASE_TIMEOUT = Duration.ofSeconds(5);

    private final Path program;
    private final PathSettings settings;
    private final ProbePlanner planner;
    private final @Nullable ProbeBridge bridge;

    /**
     * Runs the program in {@code nativeFolder}.
     *
     * @param planner whose sockets the Open vSwitch ports use
     */
    public ProbeProcesses(Path nativeFolder, PathSettings settings, ProbePlanner planner) {
        this.program = nativeFolder.resolve("path-probe");
        this.settings = settings;
        this.planner = planner;
        Optional<Path> database = settings.ovsDatabase();
        this.bridge = database.isPresent() ? new ProbeBridge(new OvsdbClient(database.get(), DATABASE_TIMEOUT)) : null;
    }

    @Override
    public Running start(Probe probe, Listener listener) throws IOException {
        if (probe.bridge()) {
            prepareBridge();
        }
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(probe.arguments());
        command.addAll(List.of("--attended", "--rate", String.valueOf(probe.rate())));
        command.addAll(List.of("--timeout", String.valueOf(probe.timeout().toMillis())));
        command.addAll(onCpu(settings.cpu()));
        Process process = new ProcessBuilder(command).start();
        ProbeProcess running = new ProbeProcess(process, listener);
        running.follow(probe.display());
        return running;
    }

    private static List<String> onCpu(OptionalInt cpu) {
        return cpu.isPresent() ? List.of("--cpu", String.valueOf(cpu.getAsInt())) : List.of();
    }

    /** Sockets of a probe that ended are in the way of the next one's. */
    private void prepareBridge() throws IOException {
        List<Path> sockets = List.of(planner.socket(0), planner.socket(1));
        for (Path socket : sockets) {
            Path folder = socket.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.deleteIfExists(socket);
        }
        if (bridge != null) {
            bridge.create(sockets);
        }
    }

    /** Takes the bridge away. The probes must have been stopped. */
    @Override
    public synchronized void close() {
        if (bridge != null) {
            try {
                bridge.remove();
            } catch (IOException gone) {
                LOG.info("bridge {} is left behind: {}", ProbeBridge.NAME, gone.getMessage());
            }
        }
    }

    private static final class ProbeProcess implements Running {
        private final Process process;
        private final Listener listener;
        private volatile boolean stopped;

        ProbeProcess(Process process, Listener listener) {
            this.process = process;
            this.listener = listener;
        }

        void follow(String name) {
            Thread thread = new Thread(this::read, "path-probe " + name);
            thread.setDaemon(true);
            thread.start();
        }

        private void read() {
            String why = "";
            try (BufferedReader lines = process.inputReader()) {
                for (String line = lines.readLine(); line != null && !stopped; line = lines.readLine()) {
                    listener.reported(Json.read(line, ProbeReport.class));
                }
                why = lastLine(process.errorReader());
            } catch (IOException broken) {
                why = "its output cannot be read: " + broken.getMessage();
            }
            process.destroyForcibly();
            if (!stopped) {
                listener.ended(why.isEmpty() ? "path-probe ended without a word" : why);
            }
        }

        /** The program's own sentence is the last; DPDK's notes come before it. */
        private static String lastLine(BufferedReader errors) throws IOException {
            String last = "";
            for (String line = errors.readLine(); line != null; line = errors.readLine()) {
                last = line.isBlank() ? last : line.replaceFirst("^path-probe: ", "");
            }
            return last;
        }

        @Override
        public void stop() {
            stopped = true;
            process.destroyForcibly();
            boolean interrupted = false;
            while (process.isAlive()) {
                try {
                    process.waitFor();
                } catch (InterruptedException again) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
