package io.latencyscheduler.demo;

import java.util.ArrayList;
import java.util.List;

/**
 * Two pods and a gated port on this machine, as network namespaces joined by a bridge:
 *
 * <pre>
 *   talker namespace          this machine                 listener namespace
 *   eth0 10.77.0.1 ─────────── bridge ───────────────────── eth0 10.77.0.2
 *                                │
 *                              gated port (the agent sends here)
 * </pre>
 *
 * The bridge plays the switch. Frames of unaccelerated sockets take the talker's own link; frames of the PLC leave by
 * the gated port.
 */
public final class PodNetwork implements AutoCloseable {
    public static final String TALKER_ADDRESS = "10.77.0.1";
    public static final String LISTENER_ADDRESS = "10.77.0.2";

    private final String id;
    private final List<List<String>> undo = new ArrayList<>();

    /** Builds it; {@code id} keeps several at once apart and must be short: interface names end at 15 characters. */
    public static PodNetwork create(String id) {
        PodNetwork network = new PodNetwork(id);
        try {
            network.build();
            return network;
        } catch (RuntimeException failed) {
            network.close();
            throw failed;
        }
    }

    private PodNetwork(String id) {
        this.id = id;
    }

    /** Kernel interface of the gated port, for the agent. */
    public String gatedInterface() {
        return "tsn-" + id;
    }

    public String talkerNamespace() {
        return "plc-" + id;
    }

    public String listenerNamespace() {
        return "drive-" + id;
    }

    /** Prefix of a command that is to run inside a namespace. */
    public static List<String> inside(String namespace) {
        return List.of("ip", "netns", "exec", namespace);
    }

    private void build() {
        String bridge = "sw-" + id;
        step(ip("link", "add", bridge, "type", "bridge"), ip("link", "del", bridge));
        step(ip("link", "set", bridge, "up"));
        step(
                ip("link", "add", gatedInterface(), "type", "veth", "peer", "name", "wire-" + id),
                ip("link", "del", gatedInterface()));
        step(ip("link", "set", "wire-" + id, "master", bridge, "up"));
        step(ip("link", "set", gatedInterface(), "up"));
        attach(bridge, talkerNamespace(), TALKER_ADDRESS, "p1-" + id);
        attach(bridge, listenerNamespace(), LISTENER_ADDRESS, "p2-" + id);
        resolveNeighbour();
    }

    /**
     * Has the talker's kernel ask for the listener's address, as any earlier packet of a pod would have: a frame to an
     * unknown neighbour goes by the kernel, which asks.
     */
    private void resolveNeighbour() {
        step(List.of(
                "ip",
                "netns",
                "exec",
                talkerNamespace(),
                "bash",
                "-c",
                "for i in {1..50}; do echo > /dev/udp/" + LISTENER_ADDRESS + "/9; ip neigh show " + LISTENER_ADDRESS
                        + " | grep -q lladdr && exit 0; sleep 0.1; done; exit 1"));
    }

    private void attach(String bridge, String namespace, String address, String outside) {
        step(ip("netns", "add", namespace), ip("netns", "del", namespace));
        step(
                ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", namespace),
                ip("link", "del", outside));
        step(ip("link", "set", outside, "master", bridge, "up"));
        step(ip("-n", namespace, "addr", "add", address + "/24", "dev", "eth0"));
        step(ip("-n", namespace, "link", "set", "eth0", "up"));
        step(ip("-n", namespace, "link", "set", "lo", "up"));
    }

    private static List<String> ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        return command;
    }

    private static void step(List<String> action) {
        Programs.run(action);
    }

    private void step(List<String> action, List<String> reverse) {
        Programs.run(action);
        undo.add(reverse);
    }

    @Override
    public void close() {
        for (int i = undo.size() - 1; i >= 0; i--) {
            try {
                Programs.run(undo.get(i));
            } catch (StoryFailed alreadyGone) {
                // A link dies with its namespace; what matters is that nothing is left.
            }
        }
        undo.clear();
    }
}
