package io.latencyscheduler.dataplane.devices;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the pool does to the machine. Each call may be repeated; failures carry one sentence. */
public interface DeviceHost {
    /**
     * A virtual function's place.
     *
     * @param physicalNetdev kernel interface of its physical function
     * @param index its number there
     */
    record Function(String physicalNetdev, int index) {}

    /**
     * How a PCI function is bound.
     *
     * @param driver null when to none
     * @param override its {@code driver_override}, the only driver that may bind it from now on; empty: any
     */
    record Binding(@Nullable String driver, String override) {}

    /** Whether the function is there. */
    boolean exists(String pciAddress);

    /** How it is bound now. */
    Binding binding(String pciAddress) throws IOException;

    /** Binds the function as said; keeps what is right already. */
    void bind(String pciAddress, Binding binding) throws IOException;

    /** Resets the function, where it can be reset alone. */
    void reset(String pciAddress) throws IOException;

    /** Its place, if it is a virtual function whose physical one has a kernel interface; else null. */
    @Nullable
    Function function(String pciAddress) throws IOException;

    /** Sets what the physical function holds its virtual function to. */
    void configure(Function function, FunctionSettings settings) throws IOException;

    /**
     * Makes a physical function have so many virtual ones. The kernel changes a number other than 0 only through 0, which
     * takes every function away: refused while one is in use.
     *
     * @param inUse addresses of the functions that pods own
     */
    void createFunctions(String physicalFunction, int count, Set<String> inUse) throws IOException;
}
