package io.latencyscheduler.scheduler.model;

/** {@code v1.Namespace}: its labels, which affinity terms select by. */
public record Namespace(ObjectMeta metadata) {
    public Namespace {
        metadata = ObjectMeta.orEmpty(metadata);
    }
}
