package io.latencyscheduler.contract.timetable;

/**
 * Windows in use.
 *
 * @param owner who gives them back as a whole, such as {@code namespace/pod}
 * @param stream the owner's name for them
 * @param window the windows
 */
public record Holding(String owner, String stream, Window window) {
    /** For people: {@code namespace/pod (stream)}. */
    public String display() {
        return stream.isEmpty() ? owner : owner + " (" + stream + ")";
    }
}
