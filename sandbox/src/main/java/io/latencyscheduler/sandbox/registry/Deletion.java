package io.latencyscheduler.sandbox.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.store.Stored;
import java.util.OptionalLong;

/**
 * {@code DeleteOptions}.
 *
 * @param uid precondition; empty for none
 * @param resourceVersion precondition; empty for none
 */
public record Deletion(
        OptionalLong gracePeriodSeconds, String uid, String resourceVersion, String propagation, boolean dryRun) {
    /** As the resource has it. */
    public static final Deletion PLAIN = new Deletion(OptionalLong.empty(), "", "", "", false);

    /** At once, without grace. */
    public static final Deletion NOW = new Deletion(OptionalLong.of(0), "", "", "", false);

    /** @param options a {@code DeleteOptions} object; may be empty */
    public static Deletion of(JsonNode options) {
        JsonNode grace = options.path("gracePeriodSeconds");
        return new Deletion(
                grace.isNumber() ? OptionalLong.of(grace.asLong()) : OptionalLong.empty(),
                options.at("/preconditions/uid").asText(""),
                options.at("/preconditions/resourceVersion").asText(""),
                options.path("propagationPolicy").asText(""),
                !options.path("dryRun").isEmpty());
    }

    void check(ResourceType type, Stored stored) {
        if (!uid.isEmpty() && !uid.equals(stored.uid())) {
            throw ApiFailure.conflict(
                    type,
                    stored.name(),
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + stored.uid());
        }
        if (!resourceVersion.isEmpty() && !resourceVersion.equals(Long.toString(stored.revision()))) {
            throw ApiFailure.conflict(
                    type,
                    stored.name(),
                    "Precondition failed: ResourceVersion in precondition: " + resourceVersion
                            + ", ResourceVersion in object meta: " + stored.revision());
        }
    }
}
