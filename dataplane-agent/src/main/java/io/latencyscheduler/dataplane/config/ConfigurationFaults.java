package io.latencyscheduler.dataplane.config;

import io.latencyscheduler.contract.Fault;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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

    /** The faults at the root of a failed start, if that is what it is. */
    public static @Nullable ConfigurationFaults in(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConfigurationFaults faults) {
                return faults;
            }
        }
        return null;
    }
}
