package io.latencyscheduler.sandbox.registry;

/**
 * How a write is meant.
 *
 * @param dryRun checked and answered, not stored
 * @param fieldManager who writes, for server-side apply
 * @param force server-side apply takes over fields of other managers
 */
public record WriteOptions(boolean dryRun, String fieldManager, boolean force) {
    /** Stored, by nobody in particular. */
    public static final WriteOptions PLAIN = new WriteOptions(false, "", false);
}
