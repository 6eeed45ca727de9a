package io.latencyscheduler.contract;

/**
 * A value that could not be accepted.
 *
 * @param key where it stands, as the user wrote it
 * @param value what stands there
 * @param accepted the accepted form, completing "must be …"
 */
public record Fault(String key, String value, String accepted) {
    private static final int SHOWN = 80;

    /** One clear sentence for an event, a condition or a log line; a long value is cut. */
    public String sentence() {
        String shown = value.length() <= SHOWN ? value : value.substring(0, SHOWN) + "…";
        return key + ": '" + shown + "' must be " + accepted;
    }
}
