package io.latencyscheduler.scheduler.plugin;

/**
 * Limits on streams.
 *
 * @param maxNamespaceSharePercent largest share of one gated port's time that the streams of one namespace may hold,
 *     1 to 100; 100: no limit
 */
public record StreamSettings(int maxNamespaceSharePercent) {
    public static final StreamSettings DEFAULT = new StreamSettings(100);

    public StreamSettings {
        if (maxNamespaceSharePercent < 1 || maxNamespaceSharePercent > 100) {
            throw new IllegalArgumentException(
                    "maxNamespaceSharePercent: '" + maxNamespaceSharePercent + "' must be 1 to 100");
        }
    }
}
