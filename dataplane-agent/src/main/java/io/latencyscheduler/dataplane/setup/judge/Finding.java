package io.latencyscheduler.dataplane.setup.judge;

import java.util.List;

/**
 * A verdict on one thing that is wanted.
 *
 * @param topic what it is about
 * @param verdict how it stands
 * @param sentence what is and, where something is missing, how to have it
 * @param acts what {@code prepare} does about it; empty when there is nothing to do or it takes a person
 * @param undo what takes it back, in the order to be done
 */
public record Finding(String topic, Verdict verdict, String sentence, List<Act> acts, List<Act> undo) {
    public Finding {
        acts = List.copyOf(acts);
        undo = List.copyOf(undo);
    }

    /** How it stands. */
    public enum Verdict {
        /** As wanted. */
        GOOD,
        /** Missing; prepare does it. */
        TO_DO,
        /** Missing; a person has to do it, such as a reboot. */
        BY_HAND,
        /** Must not be done. */
        REFUSED
    }

    static Finding good(String topic, String sentence) {
        return new Finding(topic, Verdict.GOOD, sentence, List.of(), List.of());
    }

    static Finding byHand(String topic, String sentence) {
        return new Finding(topic, Verdict.BY_HAND, sentence, List.of(), List.of());
    }

    static Finding refused(String topic, String sentence) {
        return new Finding(topic, Verdict.REFUSED, sentence, List.of(), List.of());
    }

    static Finding toDo(String topic, String sentence, List<Act> acts, List<Act> undo) {
        return new Finding(topic, Verdict.TO_DO, sentence, acts, undo);
    }
}
