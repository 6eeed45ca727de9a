package io.latencyscheduler.contract;

/** An enum constant that has its own spelling in JSON, YAML, labels and metrics. */
public interface WireName {
    /** The spelling on the wire: kebab-case, stable for ever. */
    String wireName();
}
