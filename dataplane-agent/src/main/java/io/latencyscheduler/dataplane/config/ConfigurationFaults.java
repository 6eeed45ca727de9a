package io.latencyscheduler.dataplane.config;

import io.latencyscheduler.contract.Fault;
import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; carries all its faults. */
public final class ConfigurationFaults extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Fault> faults;

    public ConfigurationFaults(List<Fault> faults) {
        super(faults.stream().map(Fault::sentence).collect(Collectors.joining("; ")));
        this.faults = List.copyOf(faults);
    }

    public List<Fault> faults() {
        return faults;
    }
}
