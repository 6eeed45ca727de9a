package io.latencyscheduler.discovery.config;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which ports a rule is about: all given patterns must match. {@code *} and {@code ?} stand for any text and any
 * character.
 *
 * @param netdev kernel interface; the only one that reaches virtual interfaces
 * @param pciAddress such as {@code 0000:05:00.*}
 * @param vendorDevice such as {@code 8086:15f?}
 * @param driver such as {@code igc}
 */
public record Match(
        @Nullable String netdev,
        @Nullable String pciAddress,
        @Nullable String vendorDevice,
        @Nullable String driver) {
    /** Whether the port of these names is meant; null where it has none. */
    public boolean matches(
            @Nullable String itsNetdev,
            @Nullable String itsPciAddress,
            @Nullable String itsVendorDevice,
            @Nullable String itsDriver) {
        return fits(netdev, itsNetdev)
                && fits(pciAddress, itsPciAddress)
                && fits(vendorDevice, itsVendorDevice)
                && fits(driver, itsDriver);
    }

    private static boolean fits(@Nullable String pattern, @Nullable String value) {
        if (pattern == null) {
            return true;
        }
        if (value == null) {
            return false;
        }
        StringBuilder expression = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            expression.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return value.matches(expression.toString());
    }
}
