package io.latencyscheduler.kube;

/**
 * What a reflector must know of an object.
 *
 * @param key {@code namespace/name}, or the name of a cluster-scoped object
 * @param uid another one under the same key is another object
 * @param resourceVersion changes with every change
 */
public record Meta(String key, String uid, String resourceVersion) {}
