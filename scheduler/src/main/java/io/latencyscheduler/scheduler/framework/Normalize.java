package io.latencyscheduler.scheduler.framework;

/** Ready-made {@link ScorePlugin#normalizeScores}. */
public final class Normalize {
    private Normalize() {}

    /** Scales so that the largest becomes {@link ScorePlugin#MAX_SCORE}; {@code reverse} turns the order round. */
    public static void byLargest(long[] scores, boolean reverse) {
        long largest = 0;
        for (long score : scores) {
            largest = Math.max(largest, score);
        }
        for (int i = 0; i < scores.length; i++) {
            long scaled = largest == 0 ? 0 : ScorePlugin.MAX_SCORE * scores[i] / largest;
            scores[i] = reverse ? ScorePlugin.MAX_SCORE - scaled : scaled;
        }
    }

    /** Scales the range from the smallest to the largest to 0 to {@link ScorePlugin#MAX_SCORE}; all equal: all 0. */
    public static void byRange(long[] scores) {
        long smallest = Long.MAX_VALUE;
        long largest = Long.MIN_VALUE;
        for (long score : scores) {
            smallest = Math.min(smallest, score);
            largest = Math.max(largest, score);
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = largest == smallest ? 0 : ScorePlugin.MAX_SCORE * (scores[i] - smallest) / (largest - smallest);
        }
    }
}
