package io.latencyscheduler.kube;

/**
 * What is told of an object.
 *
 * @param regarding the object
 * @param type {@code Normal} or {@code Warning}
 * @param reason one word in CamelCase
 * @param action what was being done, one word
 * @param note for people; cut at {@value EventRecorder#MAX_NOTE} characters
 */
public record EventNote(Regarding regarding, String type, String reason, String action, String note) {
    public static final String NORMAL = "Normal";
    public static final String WARNING = "Warning";

    /** An object to tell about; {@code namespace} is empty for a cluster-scoped one. */
    public record Regarding(String apiVersion, String kind, String namespace, String name, String uid) {
        public static Regarding pod(String namespace, String name, String uid) {
            return new Regarding("v1", "Pod", namespace, name, uid);
        }

        public static Regarding node(String name, String uid) {
            return new Regarding("v1", "Node", "", name, uid);
        }
    }
}
