package io.latencyscheduler.scheduler.cycle;

import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Writes a placement to the API server. */
public interface Binder {
    /**
     * What is to be written in one Binding.
     *
     * @param pod UID, namespace and name go into the Binding
     * @param nodeName its target
     * @param allocation its annotation; null for a pod that was given nothing
     * @param keepsNs the latency that its path there keeps, measured or configured; empty when it states none
     */
    record Request(PodInfo pod, String nodeName, @Nullable Allocation allocation, OptionalLong keepsNs) {}

    /** What came of it. */
    sealed interface Result {
        /** The API server holds exactly this binding. */
        record Bound() implements Result {}

        /**
         * The API server holds something else: the pod is gone, is another of that name, or is bound otherwise. It is
         * forgotten; the watch tells the rest.
         */
        record Conflict(String reason) implements Result {}

        /** The API server surely does not hold it; the pod is tried again after a backoff. */
        record Failed(String reason) implements Result {}
    }

    /**
     * Starts to bind; must not block. The stage may complete on any thread. An outcome that is unknown (a timeout, a lost
     * connection) is the implementation's to look up, for as long as it takes: until the stage completes the capacity
     * stays taken. A stage that fails counts as {@link Result.Failed}, so it must not fail while the outcome is unknown.
     */
    CompletionStage<Result> bind(Request request);
}
