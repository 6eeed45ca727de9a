package io.latencyscheduler.dataplane.ovs;

import io.latencyscheduler.dataplane.overlay.Commands;
import io.latencyscheduler.dataplane.ovs.plan.Flow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The OpenFlow flows of one bridge, through {@code ovs-ofctl}; those of other cookies are left alone. */
final class FlowTable {
    private static final Pattern COOKIE = Pattern.compile("cookie=0x([0-9a-f]+)");
    private static final int HEXADECIMAL = 16;

    private final Commands commands;
    private final String target;

    /** {@code runDirectory}: where Open vSwitch puts its bridges' management sockets. */
    FlowTable(Commands commands, Path runDirectory, String bridge) {
        this.commands = commands;
        this.target = "unix:" + runDirectory.resolve(bridge + ".mgmt");
    }

    /** Brings the switch to the flows wanted, all in one bundle: no frame meets half of them. */
    void bringTo(Collection<Flow> wanted) {
        Set<Long> present = new HashSet<>();
        Matcher cookies = COOKIE.matcher(commands.run(List.of("ovs-ofctl", "dump-flows", target), ""));
        while (cookies.find()) {
            present.add(Long.parseUnsignedLong(cookies.group(1), HEXADECIMAL));
        }
        List<String> lines = new ArrayList<>();
        Set<Long> cookiesWanted = new HashSet<>();
        for (Flow flow : wanted) {
            cookiesWanted.add(flow.cookie());
            if (!present.contains(flow.cookie())) {
                lines.add("add " + flow.text());
            }
        }
        for (long cookie : present) {
            if (Flow.isAgents(cookie) && !cookiesWanted.contains(cookie)) {
                // First what goes: a flow that stays under another cookie has the same match.
                lines.add(0, "delete cookie=0x" + Long.toHexString(cookie) + "/-1");
            }
        }
        if (!lines.isEmpty()) {
            commands.run(List.of("ovs-ofctl", "--bundle", "add-flows", target, "-"), String.join("\n", lines) + "\n");
        }
    }
}
