package io.latencyscheduler.discovery.host;

import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.Routes;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which interfaces the host itself uses, from {@code /proc/net/route}, {@code ipv6_route} and {@code if_inet6}. In a
 * container {@code /proc/net} is the container's own, so that of process 1 is asked first.
 */
final class RouteReader {
    private static final String NO_ROUTE_INTERFACE = "lo";

    /** Scope of {@code if_inet6}: 0 is global, 0x20 link-local. */
    private static final String GLOBAL_SCOPE = "00";

    private final HostFiles files;

    RouteReader(HostFiles files) {
        this.files = files;
    }

    Fact<Routes> read() {
        Set<String> withDefault = new HashSet<>();
        Set<String> routed = new HashSet<>();
        try {
            Optional<String> ipv4 = table("route");
            Optional<String> ipv6 = table("ipv6_route");
            if (ipv4.isEmpty() && ipv6.isEmpty()) {
                return Fact.unread("no such file: proc/net/route");
            }
            ipv4.ifPresent(text -> readIpv4(text, withDefault, routed));
            ipv6.ifPresent(text -> readIpv6(text, withDefault));
            table("if_inet6").ifPresent(text -> readIpv6Addresses(text, routed));
        } catch (IOException e) {
            return Fact.unread(ReadFailures.inWords(e));
        }
        routed.addAll(withDefault);
        return Fact.known(new Routes(withDefault, routed));
    }

    private Optional<String> table(String name) throws IOException {
        Optional<String> ofInit = files.textIfReadable("proc/1/net/" + name);
        return ofInit.isPresent() ? ofInit : files.textIfPresent("proc/net/" + name);
    }

    /** Columns: Iface Destination Gateway Flags RefCnt Use Metric Mask …; a header line first. */
    private static void readIpv4(String text, Set<String> withDefault, Set<String> routed) {
        text.lines().skip(1).map(line -> line.strip().split("\\s+")).forEach(columns -> {
            if (columns.length < 8 || columns[0].equals(NO_ROUTE_INTERFACE) || columns[0].equals("*")) {
                return;
            }
            routed.add(columns[0]);
            if (columns[1].equals("00000000") && columns[7].equals("00000000")) {
                withDefault.add(columns[0]);
            }
        });
    }

    /** Columns: destination, its length, source, its length, next hop, metric, references, use, flags, interface. */
    private static void readIpv6(String text, Set<String> withDefault) {
        text.lines().map(line -> line.strip().split("\\s+")).forEach(columns -> {
            if (columns.length >= 10 && columns[1].equals("00") && !columns[9].equals(NO_ROUTE_INTERFACE)) {
                withDefault.add(columns[9]);
            }
        });
    }

    /** Columns: address, interface index, prefix length, scope, flags, interface. */
    private static void readIpv6Addresses(String text, Set<String> routed) {
        text.lines().map(line -> line.strip().split("\\s+")).forEach(columns -> {
            if (columns.length >= 6 && columns[3].equals(GLOBAL_SCOPE) && !columns[5].equals(NO_ROUTE_INTERFACE)) {
                routed.add(columns[5]);
            }
        });
    }
}
