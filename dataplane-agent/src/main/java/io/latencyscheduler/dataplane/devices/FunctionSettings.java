package io.latencyscheduler.dataplane.devices;

/**
 * What a physical function holds one of its virtual functions to.
 *
 * @param mac MAC address such as {@code 02:00:00:00:00:01}; all zero: the driver chooses
 * @param vlan VLAN that its frames are tagged with, 1 to 4094; 0: none
 * @param trust whether it may change its MAC address and receive all frames
 * @param spoofCheck whether frames from other MAC addresses are dropped
 */
public record FunctionSettings(String mac, int vlan, boolean trust, boolean spoofCheck) {
    /** No MAC address of its own. */
    public static final String NO_MAC = "00:00:00:00:00:00";

    /** What a function nobody owns is held to. */
    public static final FunctionSettings UNOWNED = new FunctionSettings(NO_MAC, 0, false, true);
}
