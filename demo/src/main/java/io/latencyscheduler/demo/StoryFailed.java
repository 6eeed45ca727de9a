package io.latencyscheduler.demo;

/** The story cannot go on; the message is one sentence for the user. */
final class StoryFailed extends RuntimeException {
    StoryFailed(String message) {
        super(message);
    }
}
