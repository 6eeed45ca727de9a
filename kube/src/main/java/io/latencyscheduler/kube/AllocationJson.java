package io.latencyscheduler.kube;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import java.io.IOException;

/** Reads the annotation {@link Keys#ALLOCATION}, which anybody who may annotate a pod could have written. Thread-safe. */
public final class AllocationJson {
    private AllocationJson() {}

    /**
     * Reads an allocation, of whatever version. What it names may not exist, and its numbers may make no sense; but all that
     * the type promises to be there is.
     *
     * @throws IOException when the text is no such thing, with one sentence
     */
    @SuppressWarnings("NullAway") // Jackson leaves what is absent null, whatever the type says.
    public static Allocation read(String text) throws IOException {
        Allocation allocation = Json.read(text, Allocation.class);
        if (allocation == null || allocation.podUid() == null) {
            throw new IOException("it names no pod");
        }
        for (Allocation.StreamAllocation stream : allocation.streams()) {
            if (stream.name() == null || stream.port() == null || stream.phase() == null) {
                throw new IOException("a stream has no name, port or phase");
            }
        }
        return allocation;
    }
}
