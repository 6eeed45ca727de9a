package io.latencyscheduler.contract;

/**
 * When an application releases the frames of a stream within its period.
 *
 * @param kind who chooses the moment
 * @param releaseNs the moment for {@link Kind#FIXED}, from 0 to below the period; 0 otherwise
 */
public record Phase(Kind kind, long releaseNs) {
    /** Who chooses the moment of release. */
    public enum Kind implements WireName {
        /** At the offset that admission gives it. */
        ASSIGNED("assigned"),
        /** At a moment that the pod states. */
        FIXED("fixed"),
        /** Whenever the application likes. */
        FREE("free");

        private final String wireName;

        Kind(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    public static final Phase ASSIGNED = new Phase(Kind.ASSIGNED, 0);
    public static final Phase FREE = new Phase(Kind.FREE, 0);

    /** Released at {@code releaseNs + k * period}. */
    public static Phase fixed(long releaseNs) {
        return new Phase(Kind.FIXED, releaseNs);
    }
}
