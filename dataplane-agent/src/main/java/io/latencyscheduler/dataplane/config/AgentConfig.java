package io.latencyscheduler.dataplane.config;

import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.NodeDataplane.ReservedWindow;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.dataplane.devices.DeviceSettings;
import io.latencyscheduler.dataplane.devices.FunctionSettings;
import io.latencyscheduler.dataplane.kubelet.KubeletSettings;
import io.latencyscheduler.dataplane.overlay.OverlayConfig;
import io.latencyscheduler.dataplane.paths.PathSettings;
import io.latencyscheduler.dataplane.plan.LatePolicy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The agent's configuration as values.
 *
 * @param taiOffsetSeconds TAI − UTC; empty: what the kernel says
 * @param checkCgroup whether a process attaches to a pod's socket only from a control group of the pod
 * @param ports by name; a port without an entry has {@link #port}'s defaults
 * @param overlay the network between the pods
 * @param libraryDirectory where libtsnsocket.so is put for pods; empty: nowhere
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
        boolean checkCgroup,
        Map<String, Port> ports,
        OverlayConfig overlay,
        PathSettings paths,
        DeviceSettings devices,
        String libraryDirectory,
        KubeletSettings kubelet) {
    /** Bytes of the longest path of a unix socket, with its terminator (unix(7)). */
    private static final int SOCKET_PATH_BYTES = 108;
    /** What the agent appends to the run directory: a pod's UID and the socket's name. */
    private static final int SOCKET_SUFFIX_BYTES = "/01234567-89ab-cdef-0123-456789abcdef/tsn.sock".length() + 1;

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

    /** What the card of a kernel interface does beside the engine; one at a time, each being its root discipline. */
    public enum Offload {
        NONE,
        /** The gates, by taprio with full offload. */
        GATES,
        /** Holding frames until their launch time, by etf with offload. A DPDK port that can does so unasked. */
        LAUNCH_TIME
    }

    /**
     * What is set for one port.
     *
     * @param kernelInterface where received frames go that no process bound; empty: they are dropped
     * @param launchAheadNs calibrated path from the engine to the wire, taken off launch times
     */
    public record Port(
            Backend backend,
            String devargs,
            long guardNs,
            boolean vxlan,
            int maxSduBytes,
            boolean bestEffort,
            LatePolicy latePolicy,
            Offload offload,
            String kernelInterface,
            long launchAheadNs,
            List<ReservedWindow> reserved) {
        public Port {
            reserved = List.copyOf(reserved);
        }
    }

    /** The settings of a port, its own or the defaults. What enters the overlay is wrapped in VXLAN. */
    public Port port(String name) {
        boolean overlaid = name.equals(overlay.enginePort());
        Port set = ports.get(name);
        if (set == null) {
            return new Port(
                    backend,
                    "",
                    guardNs,
                    overlaid,
                    StreamDemand.MAX_FRAME_BYTES,
                    false,
                    LatePolicy.DROP,
                    Offload.NONE,
                    "",
                    0,
                    List.of());
        }
        return set.vxlan() == (set.vxlan() || overlaid)
                ? set
                : new Port(
                        set.backend(),
                        set.devargs(),
                        set.guardNs(),
                        true,
                        set.maxSduBytes(),
                        set.bestEffort(),
                        set.latePolicy(),
                        set.offload(),
                        set.kernelInterface(),
                        set.launchAheadNs(),
                        set.reserved());
    }

    /** Unix socket where {@code tsn-cni} asks. */
    public Path cniSocket() {
        return runDirectory.resolve("cni.sock");
    }

    /** Unix socket of the vhost-user port between engine and Open vSwitch. */
    public Path engineSocket() {
        return runDirectory.resolve("engine.vhost");
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
            OverlayConfig overlay = overlay(given.overlay());
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
                    bool("check-cgroup", given.checkCgroup()),
                    ports,
                    overlay,
                    paths(given.paths(), overlay.ovsdb()),
                    devices(given.devices()),
                    absolute("library-directory", given.libraryDirectory(), true),
                    kubelet(given.devicePlugin()));
            return new Reading<>(config, faults, List.of());
        }

        private KubeletSettings kubelet(AgentProperties.DevicePluginProperties given) {
            return new KubeletSettings(
                    bool("device-plugin.enabled", given.enabled()),
                    Path.of(absolute("device-plugin.kubelet-directory", given.kubeletDirectory(), false)),
                    Path.of(absolute("device-plugin.cdi-directory", given.cdiDirectory(), false)));
        }

        private String absolute(String key, String path, boolean mayBeEmpty) {
            if (!path.startsWith("/") && !(mayBeEmpty && path.isEmpty())) {
                fault(key, path, "an absolute path");
                return "/";
            }
            return path;
        }

        private OverlayConfig overlay(AgentProperties.OverlayProperties given) {
            OverlayConfig.Mode mode = switch (given.mode()) {
                case "none" -> OverlayConfig.Mode.NONE;
                case "auto" -> OverlayConfig.Mode.AUTO;
                case "ovs" -> OverlayConfig.Mode.OVS;
                case "kernel" -> OverlayConfig.Mode.KERNEL;
                default -> {
                    fault("overlay.mode", given.mode(), "none, auto, ovs or kernel");
                    yield OverlayConfig.Mode.NONE;
                }
            };
            bridge("overlay.bridge", given.bridge());
            bridge("overlay.physical-bridge", given.physicalBridge());
            if (given.bridge().equals(given.physicalBridge())) {
                fault("overlay.physical-bridge", given.physicalBridge(), "another bridge than overlay.bridge");
            }
            if (!given.address().isEmpty() && !given.address().matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}")) {
                fault("overlay.address", given.address(), "an IPv4 address with its prefix, such as 10.0.10.11/24");
            }
            if (!given.uplinkDevargs().isEmpty() && given.address().isEmpty()) {
                fault("overlay.address", "", "set when overlay.uplink-devargs is: the uplink needs an address");
            }
            if (!given.ovsdb().startsWith("/")) {
                fault("overlay.ovsdb", given.ovsdb(), "the absolute path of a unix socket");
            }
            return new OverlayConfig(
                    mode,
                    given.bridge(),
                    given.physicalBridge(),
                    given.uplinkDevargs(),
                    given.address(),
                    integer("overlay.vni", given.vni(), 1, (1 << 24) - 1),
                    integer("overlay.udp-port", given.udpPort(), 1, 65_535),
                    integer("overlay.uplink-mtu", given.uplinkMtu(), 576, 9_702),
                    mode == OverlayConfig.Mode.NONE ? "" : given.enginePort(),
                    Path.of(given.ovsdb()),
                    integer("overlay.max-attachments", given.maxAttachments(), 1, 10_000));
        }

        private void bridge(String key, String name) {
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")) {
                fault(key, name, "an interface name of 1 to 15 letters, digits, '_', '.' or '-'");
            }
        }

        private PathSettings paths(AgentProperties.PathProperties given, Path ovsDatabase) {
            int rate = integer("paths.rate", given.rate(), 0, PathSettings.MAX_RATE);
            if (rate > 0 && rate < PathSettings.MIN_RATE) {
                fault("paths.rate", given.rate(), "0, or " + PathSettings.MIN_RATE + " to " + PathSettings.MAX_RATE);
            }
            boolean peers = given.peers().equals("auto");
            if (!peers && !given.peers().equals("none")) {
                fault("paths.peers", given.peers(), "auto or none");
            }
            return new PathSettings(
                    rate,
                    devices(given.dpdk()),
                    Optional.of(ovsDatabase),
                    peers,
                    integer("paths.peer-port", given.peerPort(), 1, 65_535),
                    given.cpu().isBlank()
                            ? OptionalInt.empty()
                            : OptionalInt.of(integer("paths.cpu", given.cpu(), 0, 4095)));
        }

        private DeviceSettings devices(AgentProperties.DeviceProperties given) {
            if (!given.driver().matches("[a-z0-9_-]*")) {
                fault("devices.driver", given.driver(), "the name of a driver, such as vfio-pci");
            }
            Map<String, Integer> functions = new TreeMap<>();
            given.virtualFunctions().forEach((address, count) -> {
                String key = "devices.virtual-functions[" + address + "]";
                if (!address.matches("[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]")) {
                    fault(key, address, "a PCI address such as 0000:05:00.0");
                }
                functions.put(address, integer(key, count, 0, 65_535));
            });
            return new DeviceSettings(
                    given.driver().isEmpty() ? null : given.driver(),
                    new FunctionSettings(
                            FunctionSettings.NO_MAC,
                            integer("devices.vlan", given.vlan(), 0, 4094),
                            bool("devices.trust", given.trust()),
                            bool("devices.spoof-check", given.spoofCheck())),
                    functions);
        }

        private PathSettings.Devices devices(String text) {
            List<String> named = List.of(text.strip().split(" +"));
            if (text.equals("auto") || text.equals("off")) {
                return text.equals("auto") ? PathSettings.Devices.AUTOMATIC : PathSettings.Devices.NONE;
            }
            if (named.size() != 2) {
                fault("paths.dpdk", text, "auto, off, or two DPDK devices separated by a space");
                return PathSettings.Devices.NONE;
            }
            return new PathSettings.Devices(false, named);
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
                    latePolicy(at + ".late-policy", given.latePolicy()),
                    offload(at + ".offload", given.offload()),
                    netdev(at + ".kernel-interface", given.kernelInterface()),
                    duration(at + ".launch-ahead", given.launchAhead()),
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

        private LatePolicy latePolicy(String key, String text) {
            Optional<LatePolicy> policy = LatePolicy.of(text);
            if (policy.isEmpty()) {
                fault(key, text, "drop, send-now or next-window");
            }
            return policy.orElse(LatePolicy.DROP);
        }

        private Offload offload(String key, String text) {
            return switch (text) {
                case "none" -> Offload.NONE;
                case "gates" -> Offload.GATES;
                case "launch-time" -> Offload.LAUNCH_TIME;
                default -> {
                    fault(key, text, "none, gates or launch-time");
                    yield Offload.NONE;
                }
            };
        }

        private String netdev(String key, String text) {
            if (!text.matches("[^/\\s:]{0,15}")) {
                fault(key, text, "the name of a network interface, at most 15 characters, or empty");
            }
            return text;
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
