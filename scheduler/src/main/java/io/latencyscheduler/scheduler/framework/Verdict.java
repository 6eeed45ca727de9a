package io.latencyscheduler.scheduler.framework;

/**
 * The verdict of one plugin, on a pod or on a pod and a node. A value: what broke throws, what cannot be is returned.
 *
 * <p>Plugins keep the verdicts they give often as constants, so that a decision among thousands of nodes allocates
 * nothing.
 *
 * @param code what it found
 * @param reason in kube-scheduler's words, completing "0/5 nodes are available: 2 …"; empty for SUCCESS and SKIP
 * @param plugin who found it
 */
public record Verdict(Code code, String reason, String plugin) {
    public static final Verdict SUCCESS = new Verdict(Code.SUCCESS, "", "");
    public static final Verdict SKIP = new Verdict(Code.SKIP, "", "");

    public static Verdict unschedulable(Plugin plugin, String reason) {
        return new Verdict(Code.UNSCHEDULABLE, reason, plugin.name());
    }

    public static Verdict unresolvable(Plugin plugin, String reason) {
        return new Verdict(Code.UNSCHEDULABLE_AND_UNRESOLVABLE, reason, plugin.name());
    }

    public static Verdict undecided(Plugin plugin, String reason) {
        return new Verdict(Code.UNDECIDED, reason, plugin.name());
    }

    public static Verdict error(Plugin plugin, String reason) {
        return new Verdict(Code.ERROR, reason, plugin.name());
    }

    public static Verdict pending(Plugin plugin, String reason) {
        return new Verdict(Code.WAIT, reason, plugin.name());
    }

    public boolean success() {
        return code == Code.SUCCESS;
    }

    public boolean skip() {
        return code == Code.SKIP;
    }

    /** Whether it keeps the pod from a node: neither success nor skip. */
    public boolean rejects() {
        return code != Code.SUCCESS && code != Code.SKIP;
    }
}
