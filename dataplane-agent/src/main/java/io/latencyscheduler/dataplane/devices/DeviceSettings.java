package io.latencyscheduler.dataplane.devices;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the devices that pods own are made ready.
 *
 * @param driver driver that a pod's device is bound to; null: the one it has
 * @param function what a virtual function is held to while a pod owns it
 * @param virtualFunctions how many virtual functions to make, by PCI address of the physical one
 */
public record DeviceSettings(
        @Nullable String driver, FunctionSettings function, Map<String, Integer> virtualFunctions) {
    /** Devices stay as they are bound. */
    public static final DeviceSettings DEFAULT = new DeviceSettings(null, FunctionSettings.UNOWNED, Map.of());

    public DeviceSettings {
        virtualFunctions = Map.copyOf(virtualFunctions);
    }
}
