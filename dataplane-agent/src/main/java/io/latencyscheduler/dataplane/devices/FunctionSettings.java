package io.latencyscheduler.dataplane.devices;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

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

    private static final int MAC_DIGITS = 5;

    /**
     * The address that a pod has on one of its functions: locally administered, and the same however often it is made
     * ready.
     */
    public static String macOf(String podUid, String pciAddress) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((podUid + "/" + pciAddress).getBytes(StandardCharsets.UTF_8));
            return "02:" + HexFormat.ofDelimiter(":").formatHex(digest, 0, MAC_DIGITS);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }

    /** The same with another MAC address. */
    public FunctionSettings withMac(String other) {
        return new FunctionSettings(other, vlan, trust, spoofCheck);
    }
}
