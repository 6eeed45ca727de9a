package io.latencyscheduler.scheduler.model;

import io.latencyscheduler.contract.Allocation;

/** Reads the text of annotations; the edge implements it with its JSON and YAML parsers. Thread-safe. */
public interface AnnotationFormat {
    /**
     * Turns YAML or JSON into maps, lists, strings and numbers.
     *
     * @throws RuntimeException when the text is malformed
     */
    Object yaml(String text);

    /**
     * Reads the value of {@link io.latencyscheduler.contract.Keys#ALLOCATION}.
     *
     * @throws RuntimeException when the text is malformed or of a later version
     */
    Allocation allocation(String json);
}
