package io.latencyscheduler.discovery.host;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Names of PCI vendors and devices, from the shipped part of the PCI ID database. */
final class PciIds {
    private final Map<String, String> names = new HashMap<>();

    private PciIds() {}

    /** The shipped database. */
    static PciIds shipped() {
        PciIds ids = new PciIds();
        String vendor = "";
        for (String line : Resources.lines("pci.ids")) {
            if (line.isBlank() || line.startsWith("#") || line.startsWith("\t\t")) {
                continue;
            }
            if (line.startsWith("\t")) {
                ids.names.put(
                        vendor + ":" + line.substring(1, 5), line.substring(5).strip());
            } else {
                vendor = line.substring(0, 4);
                ids.names.put(vendor, line.substring(4).strip());
            }
        }
        return ids;
    }

    /** Vendor and device in words; what has no name keeps its number. */
    String model(String vendorId, String deviceId) {
        String vendor = names.getOrDefault(vendorId, "vendor " + vendorId);
        String device = names.getOrDefault(vendorId + ":" + deviceId, "device " + deviceId);
        return (vendor + " " + device).strip();
    }

    /** Ids as sysfs writes them, {@code 0x8086}, in four small digits. */
    static String fourDigits(String sysfsId) {
        String digits = sysfsId.startsWith("0x") ? sysfsId.substring(2) : sysfsId;
        if (!digits.matches("[0-9a-fA-F]{1,4}")) {
            throw new IllegalArgumentException("'" + sysfsId + "' is no PCI id such as 0x8086");
        }
        return "0".repeat(4 - digits.length()) + digits.toLowerCase(Locale.ROOT);
    }
}
