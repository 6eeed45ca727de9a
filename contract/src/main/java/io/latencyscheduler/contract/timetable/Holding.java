package io.latencyscheduler.contract.timetable;

/**
 * Windows in use.
 *
 * @param owner who gives them back as a whole, such as {@code namespace/pod}
 * @param stream the owner's name for them
 * @param window the windows
 * @param trafficClass 0 to 7, whose gate they open
 */
public record Holding(String owner, String stream, Window window, int trafficClass) {
    /** Windows of class 7, that of control traffic, as those that local configuration reserves are. */
    public Holding(String owner, String stream, Window window) {
        this(owner, stream, window, 7);
    }

    /** For people: {@code namespace/pod (stream)}. */
    public String display() {
        return stream.isEmpty() ? owner : owner + " (" + stream + ")";
    }
}
