package io.latencyscheduler.scheduler.kube;

/** What may be said to a user who wrote nonsense. */
final class Sentences {
    private static final int LONGEST = 2_000;

    private Sentences() {}

    static void require(String sentence) {
        if (sentence == null || sentence.isBlank() || sentence.length() > LONGEST) {
            throw new IllegalStateException("this is no clear sentence: " + sentence);
        }
    }
}
