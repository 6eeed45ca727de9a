package io.latencyscheduler.scheduler.model;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * An amount of a resource, parsed once from Kubernetes' notation such as {@code 500m}, {@code 1.5Gi} or {@code 2e3}.
 *
 * <p>Both roundings go up, as kube-scheduler's do, and saturate at {@link Long#MAX_VALUE}.
 */
public final class Quantity {
    public static final Quantity ZERO = new Quantity(0, 0);

    private final long value;
    private final long milliValue;

    private Quantity(long value, long milliValue) {
        this.value = value;
        this.milliValue = milliValue;
    }

    /** In whole units: bytes, pods, devices. */
    public long value() {
        return value;
    }

    /** In thousandths: milli-CPU. */
    public long milliValue() {
        return milliValue;
    }

    /**
     * Parses the notation; the edge's JSON mapper finds this factory by its name.
     *
     * @throws IllegalArgumentException with one sentence when the text is no quantity
     */
    public static Quantity valueOf(String text) {
        int end = text.length();
        while (end > 0 && isSuffix(text.charAt(end - 1))) {
            end--;
        }
        String number = text.substring(0, end);
        String suffix = text.substring(end);
        try {
            // Most quantities are short integers: no BigDecimal for those.
            if (number.length() <= 15 && !number.isEmpty() && allDigits(number)) {
                long count = Long.parseLong(number);
                if (suffix.isEmpty()) {
                    return new Quantity(count, count * 1000);
                }
                if (suffix.equals("m")) {
                    return new Quantity((count + 999) / 1000, count);
                }
            }
            // "E" and "e" with digits behind are an exponent, and stay in the number part of BigDecimal's own notation.
            BigDecimal exact = new BigDecimal(number).multiply(factor(suffix));
            return new Quantity(up(exact), up(exact.movePointRight(3)));
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException(
                    "'" + text + "' must be a quantity such as 500m, 2, 1.5Gi or 2e3", malformed);
        }
    }

    public static Quantity valueOf(long count) {
        return valueOf(Long.toString(count));
    }

    public static Quantity valueOf(double amount) {
        return valueOf(BigDecimal.valueOf(amount).toPlainString());
    }

    private static boolean isSuffix(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean allDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static long up(BigDecimal exact) {
        BigDecimal whole = exact.setScale(0, RoundingMode.UP);
        if (whole.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            return Long.MAX_VALUE;
        }
        return whole.longValue();
    }

    private static BigDecimal factor(String suffix) {
        return switch (suffix) {
            case "" -> BigDecimal.ONE;
            case "n" -> BigDecimal.ONE.movePointLeft(9);
            case "u" -> BigDecimal.ONE.movePointLeft(6);
            case "m" -> BigDecimal.ONE.movePointLeft(3);
            case "k" -> BigDecimal.ONE.movePointRight(3);
            case "M" -> BigDecimal.ONE.movePointRight(6);
            case "G" -> BigDecimal.ONE.movePointRight(9);
            case "T" -> BigDecimal.ONE.movePointRight(12);
            case "P" -> BigDecimal.ONE.movePointRight(15);
            case "E" -> BigDecimal.ONE.movePointRight(18);
            case "Ki" -> power(10);
            case "Mi" -> power(20);
            case "Gi" -> power(30);
            case "Ti" -> power(40);
            case "Pi" -> power(50);
            case "Ei" -> power(60);
            default -> throw new NumberFormatException("no suffix of a quantity");
        };
    }

    private static BigDecimal power(int exponent) {
        return BigDecimal.valueOf(1L << exponent);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quantity that && milliValue == that.milliValue && value == that.value;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(milliValue);
    }

    @Override
    public String toString() {
        return milliValue % 1000 == 0 ? Long.toString(value) : milliValue + "m";
    }
}
