package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Who renews which lease: the sign of a scheduler that runs. */
final class Leases {
    /** Clocks of the user's machine and of the cluster may differ by so much. */
    private static final Duration SKEW = Duration.ofSeconds(30);

    /** kube-scheduler's lease has the program's name, not that of its default profile. */
    private static final Map<String, String> LEASE_OF = Map.of("default-scheduler", "kube-scheduler");

    enum State {
        ABSENT,
        STALE,
        FRESH
    }

    private record Lease(String holder, Instant renewed, boolean fresh) {}

    private final Map<String, Lease> newest = new HashMap<>();

    static Leases list(Transport api, Instant now) throws IOException {
        Leases leases = new Leases();
        for (JsonNode object : new ObjectClient(api).list(Resource.LEASES, "", Map.of())) {
            leases.add(object, now);
        }
        return leases;
    }

    private void add(JsonNode object, Instant now) {
        JsonNode spec = object.path("spec");
        Instant renewed;
        try {
            renewed = Instant.parse(spec.path("renewTime").asText(""));
        } catch (DateTimeException never) {
            return;
        }
        Duration lasts =
                Duration.ofSeconds(spec.path("leaseDurationSeconds").asInt(15)).plus(SKEW);
        String holder = spec.path("holderIdentity").asText("");
        boolean fresh = !holder.isEmpty() && renewed.plus(lasts).isAfter(now);
        newest.merge(
                object.path("metadata").path("name").asText(),
                new Lease(holder, renewed, fresh),
                (a, b) -> a.renewed.isAfter(b.renewed) ? a : b);
    }

    private static String nameOf(String scheduler) {
        return LEASE_OF.getOrDefault(scheduler, scheduler);
    }

    State state(String scheduler) {
        Lease lease = newest.get(nameOf(scheduler));
        return lease == null ? State.ABSENT : lease.fresh ? State.FRESH : State.STALE;
    }

    String holder(String scheduler) {
        Lease lease = newest.get(nameOf(scheduler));
        return lease == null ? "" : lease.holder;
    }

    /** Why no scheduler of this name seems to run. */
    String sentence(String scheduler) {
        Lease lease = newest.get(nameOf(scheduler));
        if (lease == null) {
            return "there is no lease named '" + nameOf(scheduler) + "'";
        }
        return lease.holder.isEmpty()
                ? "nobody holds the lease '" + nameOf(scheduler) + "'"
                : "the lease '" + nameOf(scheduler) + "' of " + lease.holder + " was last renewed at " + lease.renewed;
    }
}
