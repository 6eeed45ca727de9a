package io.latencyscheduler.kube;

/** What happens in a reflector, for counting. Called on its thread. */
public interface ReflectorMetrics {
    ReflectorMetrics NONE = new ReflectorMetrics() {};

    /** A watch event arrived; {@code type} is ADDED, MODIFIED, DELETED or BOOKMARK. */
    default void event(String resource, String type) {}

    /** A full list was read, taking so long. */
    default void listed(String resource, int objects, long durationNs) {}

    /** A list or watch failed and will be tried again. */
    default void failed(String resource) {}

    /** An object could not be decoded and was left as it was. */
    default void undecodable(String resource) {}
}
