package io.latencyscheduler.contract;

import java.util.OptionalLong;

/** Durations as pods and configuration state them, as integers of nanoseconds. */
public final class Durations {
    /** The accepted form, as it ends a refusal. */
    public static final String ACCEPTED =
            "an integer of microseconds such as 5000, or an integer with ns, us, µs, ms or s such as 250us";

    /** Largest duration: a day. Products with 802.3 frame sizes and sums of thousands stay far below 2^63. */
    public static final long MAX_NS = 86_400_000_000_000L;

    private Durations() {}

    /**
     * Reads a duration.
     *
     * @return nanoseconds from 0 to {@link #MAX_NS}, or empty when the text is not of the {@link #ACCEPTED} form
     */
    public static OptionalLong parse(String text) {
        String trimmed = text.strip();
        int digits = 0;
        while (digits < trimmed.length() && trimmed.charAt(digits) >= '0' && trimmed.charAt(digits) <= '9') {
            digits++;
        }
        if (digits == 0 || digits > 18) {
            return OptionalLong.empty();
        }
        long unitNs = unitNs(trimmed.substring(digits).strip());
        long count = Long.parseLong(trimmed.substring(0, digits));
        if (unitNs == 0 || count > MAX_NS / unitNs) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(count * unitNs);
    }

    /** 0 for an unknown unit. Both Unicode spellings of micro are accepted: U+00B5 and U+03BC. */
    private static long unitNs(String unit) {
        return switch (unit) {
            case "ns" -> 1;
            case "", "us", "\u00b5s", "\u03bcs" -> 1_000;
            case "ms" -> 1_000_000;
            case "s" -> 1_000_000_000;
            default -> 0;
        };
    }

    /** The shortest exact text in one unit, such as {@code 250µs}; {@link #parse} reads it back. */
    public static String format(long ns) {
        if (ns != 0 && ns % 1_000_000_000 == 0) {
            return ns / 1_000_000_000 + "s";
        }
        if (ns != 0 && ns % 1_000_000 == 0) {
            return ns / 1_000_000 + "ms";
        }
        if (ns % 1_000 == 0) {
            return ns / 1_000 + "µs";
        }
        return ns + "ns";
    }
}
