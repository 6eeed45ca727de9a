package io.latencyscheduler.contract.timetable;

/**
 * How much one decision may still prepare: the first question of a period builds a fold on every port that it asks, which
 * takes a few nanoseconds per copy of a window. What a spent preparation leaves undone is for the next turn of the same
 * decision. Folds are kept, so turns come to an end.
 *
 * <p>Belongs to one thread.
 */
public final class Preparation {
    /** Everything is prepared at once. */
    public static final Preparation UNLIMITED = new Preparation(Long.MAX_VALUE);

    /** Nothing is. */
    static final Preparation NONE = new Preparation(0);

    private long copiesLeft;

    /**
     * A fresh budget.
     *
     * @param copies copies of windows that may be laid out, 1 or more; the fold that exceeds them is still built
     */
    public Preparation(long copies) {
        copiesLeft = copies;
    }

    /** Whether one more fold of so many copies may be built, or work worth as many be done. */
    public boolean take(long copies) {
        if (copiesLeft == Long.MAX_VALUE) {
            return true;
        }
        if (copiesLeft <= 0) {
            return false;
        }
        copiesLeft -= copies;
        return true;
    }

    /** Whether nothing more may be built. */
    public boolean spent() {
        return copiesLeft <= 0;
    }
}
