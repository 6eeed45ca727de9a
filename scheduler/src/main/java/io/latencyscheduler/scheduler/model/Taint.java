package io.latencyscheduler.scheduler.model;

/** A taint of a node; {@code effect} is NoSchedule, PreferNoSchedule or NoExecute. */
public record Taint(String key, String value, String effect) {
    public static final String NO_SCHEDULE = "NoSchedule";
    public static final String PREFER_NO_SCHEDULE = "PreferNoSchedule";
    public static final String NO_EXECUTE = "NoExecute";

    public Taint {
        key = Absent.text(key);
        value = Absent.text(value);
        effect = Absent.text(effect);
    }

    /** Whether a pod that does not tolerate it must not be placed. */
    public boolean forbidsScheduling() {
        return effect.equals(NO_SCHEDULE) || effect.equals(NO_EXECUTE);
    }
}
