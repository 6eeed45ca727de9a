package io.latencyscheduler.sandbox.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The last changes of one kind of object, oldest first, in a ring. Readers hold positions, not queues: a slow one costs
 * nothing and finds out that it was overtaken. Guarded by the store's lock, listeners apart.
 */
final class ChangeLog {
    private final @Nullable Change[] ring;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private long first;
    private long next;
    private long compactedRevision;

    /** @param compactedRevision nothing older can be told, for instance because the log did not exist yet */
    ChangeLog(int capacity, long compactedRevision) {
        this.ring = new @Nullable Change[capacity];
        this.compactedRevision = compactedRevision;
    }

    void append(Change change) {
        if (next - first == ring.length) {
            dropOldest();
        }
        ring[(int) (next++ % ring.length)] = change;
    }

    private void dropOldest() {
        int slot = (int) (first++ % ring.length);
        Change dropped = ring[slot];
        ring[slot] = null;
        if (dropped != null) {
            compactedRevision = dropped.revision();
        }
    }

    /** Forgets everything: readers behind this point are overtaken. */
    void compact(long revision) {
        while (first < next) {
            dropOldest();
        }
        compactedRevision = revision;
    }

    /** Whether everything after that revision is still here. */
    boolean reachesBackTo(long revision) {
        return revision >= compactedRevision;
    }

    long compactedRevision() {
        return compactedRevision;
    }

    /** Position of the first change after that revision. */
    long positionAfter(long revision) {
        long low = first;
        long high = next;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (at(middle).revision() <= revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    long end() {
        return next;
    }

    /** Up to {@code limit} changes from a position on; null when some of them are forgotten. */
    @Nullable
    List<Change> read(long position, int limit) {
        if (position < first) {
            return null;
        }
        List<Change> changes = new ArrayList<>((int) Math.min(limit, next - position));
        for (long i = position; i < next && changes.size() < limit; i++) {
            changes.add(at(i));
        }
        return changes;
    }

    private Change at(long position) {
        Change change = ring[(int) (position % ring.length)];
        if (change == null) {
            throw new IllegalStateException("no change at " + position);
        }
        return change;
    }

    void listen(Runnable listener) {
        listeners.add(listener);
    }

    void unlisten(Runnable listener) {
        listeners.remove(listener);
    }

    void notifyListeners() {
        listeners.forEach(Runnable::run);
    }
}
