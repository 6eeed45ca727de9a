package io.latencyscheduler.dataplane.overlay;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.dataplane.overlay.Attachment.Route;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The kernel's network interfaces, through iproute2. A pod's interface is a veth pair whose far end is made inside the
 * pod's namespace; the near end carries the attachment in its alias, which is all the state there is.
 */
public final class Links {
    private static final String ALIAS = "latency-scheduler.io";

    private final Commands commands;

    public Links(Commands commands) {
        this.commands = commands;
    }

    /** A host's end of an attachment, as its alias tells. */
    public record HostLink(String name, String network, Attachment.Key key, String netns) {
        /** Whether the container's namespace is still there. */
        public boolean alive() {
            return Files.exists(Path.of(netns));
        }
    }

    /** Makes the pair, addresses the far end and sets both up; undoes it when a step fails. */
    public void create(Attachment attachment) {
        String host = attachment.key().hostLink();
        delete(host);
        batch(List.of(
                "link add dev " + host + " mtu " + attachment.mtu() + " type veth peer name " + attachment.ifName()
                        + " mtu " + attachment.mtu() + " address " + attachment.mac() + " netns " + attachment.netns(),
                "link set dev " + host + " alias \"" + alias(attachment) + "\"",
                "link set dev " + host + " up"));
        try {
            batchInside(attachment.netns(), insideLines(attachment));
            completeChecksums(attachment);
        } catch (NetworkException failed) {
            delete(host);
            throw failed;
        }
    }

    /**
     * A veth leaves UDP and TCP checksums to hardware that is not there; a switch in user space would carry them on unmade.
     */
    private void completeChecksums(Attachment attachment) {
        commands.run(
                List.of(
                        "nsenter",
                        "--net=" + attachment.netns(),
                        "ethtool",
                        "--offload",
                        attachment.ifName(),
                        "tx",
                        "off"),
                "");
    }

    private static List<String> insideLines(Attachment attachment) {
        List<String> lines = new ArrayList<>();
        for (String address : attachment.addresses()) {
            lines.add("addr add " + address + " dev " + attachment.ifName() + (address.contains(":") ? " nodad" : ""));
        }
        lines.add("link set dev " + attachment.ifName() + " up");
        for (Route route : attachment.routes()) {
            lines.add((route.destination().contains(":") ? "-6 " : "") + "route replace " + route.destination()
                    + (route.gateway().isEmpty() ? "" : " via " + route.gateway()) + " dev " + attachment.ifName());
        }
        return lines;
    }

    private static String alias(Attachment attachment) {
        return String.join(
                " ", ALIAS, attachment.network(), attachment.containerId(), attachment.ifName(), attachment.netns());
    }

    /** Removes a link; none of that name is no error. */
    public void delete(String name) {
        if (exists(name)) {
            batch(List.of("link delete dev " + name));
        }
    }

    public boolean exists(String name) {
        // Not from /sys: its mount shows the namespace it was made in, which need not be ours.
        return show(List.of("ip", "-json", "link", "show")).stream()
                .anyMatch(link -> link.path("ifname").asText().equals(name));
    }

    /** The host's ends of all attachments. */
    public List<HostLink> hostLinks() {
        List<HostLink> found = new ArrayList<>();
        for (JsonNode link : show(List.of("ip", "-json", "link", "show", "type", "veth"))) {
            String[] alias = link.path("ifalias").asText().split(" ", 5);
            if (alias.length == 5 && alias[0].equals(ALIAS)) {
                found.add(new HostLink(
                        link.path("ifname").asText(), alias[1], new Attachment.Key(alias[2], alias[3]), alias[4]));
            }
        }
        return found;
    }

    /** Address and IPv4 addresses of an interface inside a namespace; empty when it is not there. */
    public Optional<Inside> inside(String netns, String ifName) {
        for (JsonNode link : show(List.of("nsenter", "--net=" + netns, "ip", "-json", "addr", "show"))) {
            if (link.path("ifname").asText().equals(ifName)) {
                List<String> ipv4 = new ArrayList<>();
                link.path("addr_info").forEach(address -> {
                    if (address.path("family").asText().equals("inet")) {
                        ipv4.add(address.path("local").asText());
                    }
                });
                return Optional.of(new Inside(link.path("address").asText(), ipv4));
            }
        }
        return Optional.empty();
    }

    /** An interface as its container sees it. */
    public record Inside(String mac, List<String> ipv4) {
        public Inside {
            ipv4 = List.copyOf(ipv4);
        }
    }

    /** What the interface inside lacks of what was asked for; one sentence each. */
    public List<String> check(Attachment attachment) {
        if (!exists(attachment.key().hostLink())) {
            return List.of("the host's end " + attachment.key().hostLink() + " of " + attachment.ifName() + " is gone");
        }
        JsonNode inside = null;
        for (JsonNode link : show(List.of("nsenter", "--net=" + attachment.netns(), "ip", "-json", "addr", "show"))) {
            if (link.path("ifname").asText().equals(attachment.ifName())) {
                inside = link;
            }
        }
        if (inside == null) {
            return List.of("interface " + attachment.ifName() + " is not in " + attachment.netns());
        }
        List<String> faults = new ArrayList<>();
        if (!attachment.mac().isEmpty() && !inside.path("address").asText().equals(attachment.mac())) {
            faults.add(attachment.ifName() + " has address "
                    + inside.path("address").asText() + " instead of " + attachment.mac());
        }
        if (!inside.path("flags").toString().contains("\"UP\"")) {
            faults.add(attachment.ifName() + " is down");
        }
        Set<String> present = new HashSet<>();
        inside.path("addr_info")
                .forEach(address -> present.add(address.path("local").asText() + "/"
                        + address.path("prefixlen").asText()));
        for (String address : attachment.addresses()) {
            if (!present.contains(address)) {
                faults.add(attachment.ifName() + " lacks the address " + address);
            }
        }
        return faults;
    }

    /** Lines of {@code ip -batch} on the host: all or, where one fails, those before it. */
    public void batch(List<String> lines) {
        commands.run(List.of("ip", "-batch", "-"), String.join("\n", lines) + "\n");
    }

    /** Lines of {@code bridge -batch}. */
    public void bridgeBatch(List<String> lines) {
        commands.run(List.of("bridge", "-batch", "-"), String.join("\n", lines) + "\n");
    }

    private void batchInside(String netns, List<String> lines) {
        commands.run(List.of("nsenter", "--net=" + netns, "ip", "-batch", "-"), String.join("\n", lines) + "\n");
    }

    private List<JsonNode> show(List<String> command) {
        String text = commands.run(command, "");
        List<JsonNode> links = new ArrayList<>();
        try {
            (text.isBlank() ? Json.array() : Json.tree(text)).forEach(links::add);
        } catch (IOException unreadable) {
            throw new NetworkException(String.join(" ", command) + " answered no JSON: " + unreadable.getMessage());
        }
        return links;
    }

    /** The output of a command of {@code ip} or {@code bridge} with {@code -json}, entry by entry. */
    public List<JsonNode> json(String... command) {
        return show(List.of(command));
    }
}
