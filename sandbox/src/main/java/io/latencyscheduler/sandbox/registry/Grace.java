package io.latencyscheduler.sandbox.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.Metadata;
import io.latencyscheduler.sandbox.api.ResourceType;
import java.time.Instant;
import java.util.OptionalLong;

/** How long an object that is being deleted stays. */
final class Grace {
    private static final long POD_SECONDS = 30;

    private Grace() {}

    /** Zero unless it is a pod that runs on a node. */
    static long seconds(ResourceType type, JsonNode object, OptionalLong wanted) {
        if (!type.storage().equals("pods")) {
            return 0;
        }
        String phase = object.at("/status/phase").asText();
        if (object.at("/spec/nodeName").asText("").isEmpty() || phase.equals("Succeeded") || phase.equals("Failed")) {
            return 0;
        }
        return Math.max(
                0,
                wanted.orElse(object.at("/spec/terminationGracePeriodSeconds").asLong(POD_SECONDS)));
    }

    /**
     * Marks the object as being deleted.
     *
     * @return false when it already is, no sooner than asked for
     */
    static boolean begin(ResourceType type, ObjectNode object, long graceSeconds, String propagation, Instant now) {
        ObjectNode metadata = Json.metadata(object);
        boolean terminating = Metadata.isTerminating(object);
        if (terminating && metadata.path("deletionGracePeriodSeconds").asLong(0) <= graceSeconds) {
            return false;
        }
        metadata.put("deletionTimestamp", Metadata.time(now.plusSeconds(graceSeconds)));
        metadata.put("deletionGracePeriodSeconds", graceSeconds);
        if (!terminating && type.has(ResourceType.Feature.GENERATION)) {
            metadata.put("generation", metadata.path("generation").asLong() + 1);
        }
        if (!terminating && type.storage().equals("namespaces")) {
            Json.child(object, "status").put("phase", "Terminating");
        }
        if (propagation.equals("Foreground")) {
            addFinalizer(metadata, "foregroundDeletion");
        } else if (propagation.equals("Orphan")) {
            addFinalizer(metadata, "orphan");
        }
        return true;
    }

    private static void addFinalizer(ObjectNode metadata, String finalizer) {
        ArrayNode finalizers = metadata.withArray("finalizers");
        for (JsonNode present : finalizers) {
            if (present.asText().equals(finalizer)) {
                return;
            }
        }
        finalizers.add(finalizer);
    }
}
