package io.latencyscheduler.discovery.fact;

/**
 * Something that could not be read or used. The rest goes on without it.
 *
 * @param source which reader or rule met it, such as {@code pci}
 * @param subject the device, file or setting
 * @param reason why, completing a sentence after a colon
 */
public record Problem(String source, String subject, String reason) {
    /** One line for a log or a person. */
    public String sentence() {
        return source + ": " + subject + ": " + reason;
    }
}
