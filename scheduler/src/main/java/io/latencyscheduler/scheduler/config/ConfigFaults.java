package io.latencyscheduler.scheduler.config;

import io.latencyscheduler.contract.Fault;
import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; the message has one line for each fault. */
public final class ConfigFaults extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigFaults(List<Fault> faults) {
        super(faults.stream().map(Fault::sentence).sorted().collect(Collectors.joining("\n")));
    }
}
