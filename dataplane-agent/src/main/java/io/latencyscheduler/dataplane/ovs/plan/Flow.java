package io.latencyscheduler.dataplane.ovs.plan;

/**
 * An OpenFlow flow in the notation of ovs-ofctl(8).
 *
 * <p>Its cookie is a digest of its text, so a switch's flows are compared with the wanted ones by cookies alone, without
 * reading back what the switch made of the notation.
 */
public record Flow(int table, int priority, String match, String actions) {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;
    private static final long DIGEST_MASK = 0x0000_ffff_ffff_ffffL;

    /** Upper 16 bits of the cookies of the agent's flows. */
    public static final long AGENT = 0x7c5aL << 48;

    /** Upper 16 bits of the cookies of flows that the switch learns for the agent. */
    public static final long LEARNED = 0x7c5bL << 48;

    /** Which of the above a cookie belongs to. */
    public static boolean isAgents(long cookie) {
        return (cookie & ~DIGEST_MASK) == AGENT;
    }

    /** The cookie of the flows that are learned from one source. */
    static long learnedFrom(String source) {
        return LEARNED | digest(source);
    }

    public long cookie() {
        return AGENT | digest(rule());
    }

    /** The line for {@code ovs-ofctl add-flows}. */
    public String text() {
        return "cookie=0x" + Long.toHexString(cookie()) + "," + rule();
    }

    private String rule() {
        return "table=" + table + ",priority=" + priority + (match.isEmpty() ? "" : "," + match) + ",actions="
                + actions;
    }

    /** FNV-1a, folded to 48 bits: 10,000 flows meet with a probability of 2 in 10 million. */
    private static long digest(String text) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        return (hash ^ (hash >>> 48)) & DIGEST_MASK;
    }
}
