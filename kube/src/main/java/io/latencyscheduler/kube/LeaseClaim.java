package io.latencyscheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides from what was seen of a lease, and when, whether to write it. Only a monotonic clock counts: the times inside the
 * lease come from other machines' clocks and are for people. Not thread-safe.
 */
final class LeaseClaim {
    private static final DateTimeFormatter MICRO_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final LeaseSettings settings;
    /** The version of the lease last seen; empty before the first look. */
    private String seenVersion = "";
    /** Since when it has stood unchanged, on the monotonic clock. */
    private long seenAtNs;

    LeaseClaim(LeaseSettings settings) {
        this.settings = settings;
    }

    /**
     * The lease to write, if it is ours to write now.
     *
     * @param lease as read just now; null when there is none
     * @param nowNs monotonic time of the reading
     * @param now for the times that people read
     * @param leading whether this process still leads: else taking it begins a new term, even after itself
     */
    Optional<ObjectNode> write(@Nullable JsonNode lease, long nowNs, Instant now, boolean leading) {
        if (lease == null) {
            ObjectNode created =
                    Json.object().put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
            created.putObject("metadata").put("name", settings.name()).put("namespace", settings.namespace());
            return Optional.of(held(created, created.putObject("spec"), now, 1));
        }
        JsonNode spec = lease.path("spec");
        String holder = spec.path("holderIdentity").asText("");
        String version = lease.path("metadata").path("resourceVersion").asText("");
        if (!version.equals(seenVersion)) {
            seenVersion = version;
            seenAtNs = nowNs;
        }
        boolean ours = holder.equals(settings.identity());
        long durationNs = Math.max(
                settings.leaseDuration().toNanos(),
                spec.path("leaseDurationSeconds").asLong(0) * 1_000_000_000L);
        if (!ours && !holder.isEmpty() && nowNs - seenAtNs < durationNs) {
            return Optional.empty();
        }
        ObjectNode written = lease.deepCopy();
        ObjectNode newSpec = written.withObject("/spec");
        long term = spec.path("leaseTransitions").asLong(0);
        if (ours && leading) {
            newSpec.put("renewTime", MICRO_TIME.format(now));
            return Optional.of(written);
        }
        return Optional.of(held(written, newSpec, now, term + 1));
    }

    /** The lease given back: anyone may take it at once. */
    static ObjectNode released(JsonNode lease, Instant now) {
        ObjectNode released = lease.deepCopy();
        released.withObject("/spec")
                .put("holderIdentity", "")
                .put("leaseDurationSeconds", 1)
                .put("renewTime", MICRO_TIME.format(now));
        return released;
    }

    private ObjectNode held(ObjectNode lease, ObjectNode spec, Instant now, long term) {
        String time = MICRO_TIME.format(now);
        spec.put("holderIdentity", settings.identity())
                .put("leaseDurationSeconds", settings.leaseDuration().toSeconds())
                .put("acquireTime", time)
                .put("renewTime", time)
                .put("leaseTransitions", term);
        return lease;
    }
}
