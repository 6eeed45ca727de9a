package io.latencyscheduler.dataplane.overlay;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * One interface of one container, as the container runtime asked for it.
 *
 * @param network name of the network configuration
 * @param containerId the runtime's ID of the container (of the pod's sandbox)
 * @param ifName name of the interface inside
 * @param netns absolute path of the container's network namespace
 * @param mac its address, lower case
 * @param addresses its IP addresses with prefix length, such as {@code 10.1.0.5/24}
 * @param routes routes through it
 * @param mtu its MTU in bytes
 */
public record Attachment(
        String network,
        String containerId,
        String ifName,
        String netns,
        String mac,
        List<String> addresses,
        List<Route> routes,
        int mtu) {
    private static final int LINK_DIGITS = 12;
    private static final int MAC_BYTES = 5;

    public Attachment {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
    }

    /** A route; {@code gateway} is empty for a destination on the link. */
    public record Route(String destination, String gateway) {}

    /** What tells attachments apart: CNI's (container ID, interface name). */
    public record Key(String containerId, String ifName) {
        /** The host's end of the interface: 15 characters, the most that the kernel takes. */
        public String hostLink() {
            return "tsn" + HexFormat.of().formatHex(digest(), 0, LINK_DIGITS / 2);
        }

        /** A locally administered address that stays the same however often the interface is made. */
        public String mac() {
            return "0a:" + HexFormat.ofDelimiter(":").formatHex(digest(), 0, MAC_BYTES);
        }

        private byte[] digest() {
            try {
                return MessageDigest.getInstance("SHA-256")
                        .digest((containerId + "/" + ifName).getBytes(StandardCharsets.UTF_8));
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException("every Java platform has SHA-256", impossible);
            }
        }
    }

    public Key key() {
        return new Key(containerId, ifName);
    }
}
