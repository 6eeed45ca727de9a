package io.latencyscheduler.discovery.derive;

/** Makes any text a valid label value. */
final class LabelValues {
    private static final int MAX_LENGTH = 63;

    private LabelValues() {}

    /**
     * At most 63 characters of {@code [A-Za-z0-9._-]} with letters or digits at both ends, as the API server demands;
     * other characters become {@code _}. Text without any letter or digit becomes {@code unknown}.
     */
    static String valid(String text) {
        String replaced = text.replaceAll("[^A-Za-z0-9._-]", "_");
        String cut = replaced.length() > MAX_LENGTH ? replaced.substring(0, MAX_LENGTH) : replaced;
        String trimmed = cut.replaceAll("^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "");
        return trimmed.isEmpty() ? "unknown" : trimmed;
    }
}
