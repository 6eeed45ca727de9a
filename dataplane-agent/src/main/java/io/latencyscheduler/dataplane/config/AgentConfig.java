package io.latencyscheduler.dataplane.config;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.StreamDemand;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The agent's configuration as values.
 *
 * @param taiOffsetSeconds TAI − UTC; empty: what the kernel says
 * @param ports by name; a port without an entry has {@link #port}'s defaults
 */
public record AgentConfig(
        String nodeName,
        Path runDirectory,
        Backend backend,
        int memoryMegabytes,
        List<Integer> cpus,
        boolean spin,
        long guardNs,
        OptionalInt taiOffsetSeconds,
        String clockSource,
        Duration heartbeat,
        boolean evictRefused,
        Map<String, Port> ports) {
    /** Bytes of the longest path of a unix socket, with its terminator (unix(7)). */
    private static final int SOCKET_PATH_BYTES = 108;
    /** What the agent appends to the run directory: a short pod id and the socket's name. */
    private static final int SOCKET_SUFFIX_BYTES = "/0123456789abcdef/tsn.sock".length() + 1;

    public AgentConfig {
        cpus = List.copyOf(cpus);
        ports = Map.copyOf(ports);
    }

    /** What carries the frames of a port. */
    public enum Backend {
        /** DPDK where its libraries are installed, else AF_PACKET. */
        AUTO,
        /** A DPDK poll mode driver. */
        DPDK,
        /** The kernel's packet socket. */
        AF_PACKET
    }

    /** What is set for one port. */
    public record Port(
            Backend backend,
            String devargs,
            long guardNs,
            boolean vxlan,
            int maxSduBytes,
            boolean bestEffort,
            List<ReservedWindow> reserved) {
        public Port {
            reserved = List.copyOf(reserved);
        }
    }

    /** The settings of a port, its own or the defaults. */
    public Port port(String name) {
        return ports.getOrDefault(
                name, new Port(backend, "", guardNs, false, StreamDemand.MAX_FRAME_BYTES, false, List.of()));
    }

    /** Reads all properties; the value is usable only without faults. */
    public static Reading<AgentConfig> read(AgentProperties properties) {
        return new Reader().read(properties);
    }

    private static final class Reader {
        private final List<Fault> faults = new ArrayList<>();

        Reading<AgentConfig> read(AgentProperties given) {
            if (given.nodeName().isBlank()) {
                fault("node-name", given.nodeName(), "the name of this node's Node object (set NODE_NAME)");
            }
            Path runDirectory = Path.of(given.runDirectory());
            if (!runDirectory.isAbsolute()
                    || given.runDirectory().getBytes(StandardCharsets.UTF_8).length
                            > SOCKET_PATH_BYTES - SOCKET_SUFFIX_BYTES) {
                fault(
                        "run-directory",
                        given.runDirectory(),
                        "an absolute path of at most " + (SOCKET_PATH_BYTES - SOCKET_SUFFIX_BYTES) + " bytes");
            }
            Backend backend = backend("backend", given.backend());
            long guardNs = duration("guard", given.guard());
            boolean spin = given.idle().equals("spin");
            if (!spin && !given.idle().equals("adaptive")) {
                fault("idle", given.idle(), "adaptive or spin");
            }
            OptionalInt tai = given.taiOffsetSeconds().equals("kernel")
                    ? OptionalInt.empty()
                    : OptionalInt.of(integer("tai-offset-seconds", given.taiOffsetSeconds(), 0, 1000));
            if (!given.clockSource().equals("none") && !given.clockSource().equals("kernel")) {
                fault("clock-source", given.clockSource(), "none or kernel");
            }
            long heartbeatNs = duration("heartbeat", given.heartbeat());
            if (heartbeatNs < 1_000_000_000L || heartbeatNs > 45_000_000_000L) {
                fault("heartbeat", given.heartbeat(), "1s to 45s: half of what the scheduler waits for");
            }
            Map<String, Port> ports = new TreeMap<>();
            given.ports().forEach((name, port) -> ports.put(name, port("ports." + name, port, backend, guardNs)));
            AgentConfig config = new AgentConfig(
                    given.nodeName(),
                    runDirectory,
                    backend,
                    integer("memory-megabytes", given.memoryMegabytes(), 16, 65_536),
                    cpus(given.cpus()),
                    spin,
                    guardNs,
                    tai,
                    given.clockSource(),
                    Duration.ofNanos(heartbeatNs),
                    bool("evict-refused", given.evictRefused()),
                    ports);
            return new Reading<>(config, faults, List.of());
        }

        private Port port(String at, AgentProperties.PortProperties given, Backend backend, long guardNs) {
            List<ReservedWindow> reserved = new ArrayList<>();
            for (int i = 0; i < given.reserved().size(); i++) {
                reserved(at + ".reserved[" + i + "]", given.reserved().get(i), reserved);
            }
            return new Port(
                    given.backend().isEmpty() ? backend : backend(at + ".backend", given.backend()),
                    given.devargs(),
                    given.guard().isEmpty() ? guardNs : duration(at + ".guard", given.guard()),
                    bool(at + ".vxlan", given.vxlan()),
                    integer(
                            at + ".max-sdu-bytes",
                            given.maxSduBytes(),
                            StreamDemand.MIN_FRAME_BYTES,
                            StreamDemand.MAX_FRAME_BYTES),
                    bool(at + ".best-effort", given.bestEffort()),
                    reserved);
        }

        private void reserved(String at, AgentProperties.ReservedProperties given, List<ReservedWindow> into) {
            long periodNs = duration(at + ".period", given.period());
            long offsetNs = duration(at + ".offset", given.offset());
            long windowNs = duration(at + ".window", given.window());
            if (periodNs > 0 && windowNs > 0 && windowNs <= periodNs && offsetNs < periodNs) {
                into.add(new ReservedWindow(given.name().isEmpty() ? at : given.name(), periodNs, offsetNs, windowNs));
            } else {
                fault(
                        at,
                        given.offset() + " + " + given.window() + " in " + given.period(),
                        "an offset below the period and a window above 0 of at most the period");
            }
        }

        private Backend backend(String key, String text) {
            return switch (text) {
                case "auto" -> Backend.AUTO;
                case "dpdk" -> Backend.DPDK;
                case "af-packet" -> Backend.AF_PACKET;
                default -> {
                    fault(key, text, "auto, dpdk or af-packet");
                    yield Backend.AUTO;
                }
            };
        }

        private List<Integer> cpus(String text) {
            List<Integer> cpus = new ArrayList<>();
            for (String part : text.split(",", -1)) {
                if (!text.isBlank()) {
                    cpus.add(integer("cpus", part.strip(), 0, 4095));
                }
            }
            return cpus;
        }

        private long duration(String key, String text) {
            OptionalLong ns = Durations.parse(text);
            if (ns.isEmpty()) {
                fault(key, text, Durations.ACCEPTED);
            }
            return ns.orElse(0);
        }

        private int integer(String key, String text, int min, int max) {
            if (text.matches("[0-9]{1,9}")) {
                int value = Integer.parseInt(text);
                if (value >= min && value <= max) {
                    return value;
                }
            }
            fault(key, text, "an integer from " + min + " to " + max);
            return min;
        }

        private boolean bool(String key, String text) {
            if (!text.equals("true") && !text.equals("false")) {
                fault(key, text, "true or false");
            }
            return text.equals("true");
        }

        private void fault(String key, String value, String accepted) {
            faults.add(new Fault("dataplane." + key, value, accepted));
        }
    }
}
