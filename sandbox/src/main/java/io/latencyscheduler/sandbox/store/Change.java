package io.latencyscheduler.sandbox.store;

import org.jspecify.annotations.Nullable;

/**
 * One step of the global version.
 *
 * @param object the object after the step; for a deletion its last state, with the revision of the deletion
 * @param previous the object before it; null when created
 */
public record Change(
        Kind kind, String key, Stored object, @Nullable Stored previous) {
    /** What happened to the object. */
    public enum Kind {
        ADDED,
        MODIFIED,
        DELETED
    }

    public long revision() {
        return object.revision();
    }
}
