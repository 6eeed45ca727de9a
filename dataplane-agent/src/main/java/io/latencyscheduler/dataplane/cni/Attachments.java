package io.latencyscheduler.dataplane.cni;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.dataplane.overlay.Attachment;
import io.latencyscheduler.dataplane.overlay.Attachment.Key;
import io.latencyscheduler.dataplane.overlay.Attachment.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the interface that a request asks for. What ends up on a command line is checked character by character. */
final class Attachments {
    private static final String IP = "[0-9a-fA-F:.]{2,45}";
    private static final String CIDR = IP + "/[0-9]{1,3}";
    private static final String UNICAST_MAC = "[0-9a-f][02468ace](:[0-9a-f]{2}){5}";
    private static final String PATH = "/[A-Za-z0-9_./@:-]{1,120}";

    /** As the kernel's dev_valid_name, in ASCII. */
    private static final String IF_NAME = "(?!\\.{1,2}$)[!-~&&[^/:]]{1,15}";

    private static final String CONTAINER_ID = "[A-Za-z0-9][A-Za-z0-9_.-]{0,252}";

    private Attachments() {}

    /**
     * Reads it.
     *
     * @param largestMtu MTU of the overlay, for one that asks for none; more is a fault
     */
    static Reading<Attachment> read(CniRequest request, int largestMtu) {
        List<Fault> faults = new ArrayList<>();
        Key key = new Key(request.containerId(), request.ifName());
        if (!key.ifName().matches(IF_NAME)) {
            faults.add(new Fault("CNI_IFNAME", key.ifName(), "the name of a link, of at most 15 bytes"));
        }
        if (!key.containerId().matches(CONTAINER_ID)) {
            faults.add(new Fault("CNI_CONTAINERID", key.containerId(), "letters, digits and _.-, at most 253"));
        }
        String netns = request.netns();
        if (!netns.matches(PATH)) {
            faults.add(new Fault("CNI_NETNS", netns, "a path of letters, digits and _./@:- of at most 120 bytes"));
        }
        String mac = mac(request, key);
        if (!mac.matches(UNICAST_MAC)) {
            faults.add(new Fault("mac", mac, "a unicast address such as 0a:58:0a:01:00:05"));
        }
        int mtu = request.config().path("mtu").asInt(largestMtu);
        if (mtu > largestMtu) {
            faults.add(new Fault(
                    "mtu", Integer.toString(mtu), "at most " + largestMtu + ": VXLAN takes 50 bytes of each frame"));
        }
        Attachment attachment = new Attachment(
                request.config().path("name").asText(),
                key.containerId(),
                key.ifName(),
                netns,
                mac,
                addresses(request.ipam(), faults),
                routes(request.ipam(), faults),
                mtu);
        return new Reading<>(attachment, faults, List.of());
    }

    /** In the order of the CNI conventions: runtimeConfig, args.cni, CNI_ARGS; else one made of container and name. */
    private static String mac(CniRequest request, Key key) {
        for (String asked : List.of(
                request.config().path("runtimeConfig").path("mac").asText(),
                request.config().path("args").path("cni").path("mac").asText(),
                request.arg("MAC"))) {
            if (!asked.isEmpty()) {
                return asked.toLowerCase(Locale.ROOT);
            }
        }
        return key.mac();
    }

    /** The addresses of the interfaces that the plugins before made in a container. */
    static List<String> previous(CniRequest request) {
        List<String> macs = new ArrayList<>();
        for (JsonNode one : request.config().path("prevResult").path("interfaces")) {
            String mac = one.path("mac").asText().toLowerCase(Locale.ROOT);
            if (!one.path("sandbox").asText().isEmpty() && mac.matches(UNICAST_MAC)) {
                macs.add(mac);
            }
        }
        return macs;
    }

    private static List<String> addresses(JsonNode ipam, List<Fault> faults) {
        List<String> addresses = new ArrayList<>();
        for (JsonNode ip : ipam.path("ips")) {
            String address = ip.path("address").asText();
            if (address.matches(CIDR)) {
                addresses.add(address);
            } else {
                faults.add(new Fault("ips.address of the IPAM plugin", address, "an address with its prefix length"));
            }
        }
        return addresses;
    }

    private static List<Route> routes(JsonNode ipam, List<Fault> faults) {
        List<Route> routes = new ArrayList<>();
        for (JsonNode route : ipam.path("routes")) {
            String destination = route.path("dst").asText();
            String gateway = route.path("gw").asText(gateway(ipam, destination));
            if (destination.matches(CIDR) && (gateway.isEmpty() || gateway.matches(IP))) {
                routes.add(new Route(destination, gateway));
            } else {
                faults.add(new Fault(
                        "routes of the IPAM plugin", destination + " via " + gateway, "a prefix and an address"));
            }
        }
        return routes;
    }

    /** A route without gateway goes by that of the first address of its family (CNI specification, routes). */
    private static String gateway(JsonNode ipam, String destination) {
        for (JsonNode ip : ipam.path("ips")) {
            String gateway = ip.path("gateway").asText("");
            if (!gateway.isEmpty() && gateway.contains(":") == destination.contains(":")) {
                return gateway;
            }
        }
        return "";
    }
}
