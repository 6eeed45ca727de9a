package io.latencyscheduler.discovery.config;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Link rates as configuration states them. */
public final class LinkRates {
    /** The accepted form, as it ends a refusal. */
    public static final String ACCEPTED = "a link rate such as 100Mbps, 2500Mbps, 1Gbps or 25Gbps";

    /** Ten times the fastest Ethernet of today; keeps products with frame sizes far below 2^63. */
    private static final long MAX_BPS = 16_000_000_000_000L;

    private static final Pattern FORM = Pattern.compile("([0-9]{1,14})\\s*(|[kKMGT])(bps|bit/s)");

    private LinkRates() {}

    /** Bits per second, or empty when the text is not of the {@link #ACCEPTED} form. */
    public static OptionalLong parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        long unitBps = switch (matcher.group(2)) {
            case "k", "K" -> 1_000L;
            case "M" -> 1_000_000L;
            case "G" -> 1_000_000_000L;
            case "T" -> 1_000_000_000_000L;
            default -> 1L;
        };
        long count = Long.parseLong(matcher.group(1));
        if (count == 0 || count > MAX_BPS / unitBps) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(count * unitBps);
    }

    /** The shortest exact text, such as {@code 2500Mbps}; {@link #parse} reads it back. */
    public static String format(long bps) {
        if (bps % 1_000_000_000 == 0) {
            return bps / 1_000_000_000 + "Gbps";
        }
        return bps % 1_000_000 == 0 ? bps / 1_000_000 + "Mbps" : bps + "bps";
    }
}
