package io.latencyscheduler.sandbox.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All objects, one resource version, one lock. Any number of threads may call; a read-modify-write goes inside
 * {@link #atomically}.
 */
public final class Store {
    private static final long FIRST_REVISION = 1;

    private final int historyLimit;
    private final Map<String, Collection> collections = new HashMap<>();
    private long revision = FIRST_REVISION;

    private static final class Collection {
        final NavigableMap<String, Stored> objects = new TreeMap<>();
        final ChangeLog log;

        Collection(ChangeLog log) {
            this.log = log;
        }
    }

    /**
     * A part of a list.
     *
     * @param revision the version whose state the items are
     * @param nextKey where the next part starts; empty when this was the last
     * @param remaining how many follow at least; -1 when a filter makes that unknown
     */
    public record Page(long revision, List<Stored> items, String nextKey, long remaining) {}

    /**
     * What a watch reads next.
     *
     * @param changes null when the position was overtaken by the history's end
     * @param position where to read on
     * @param revision everything up to this version has been read when {@code changes} is empty
     */
    public record Batch(@Nullable List<Change> changes, long position, long revision) {}

    /** @param historyLimit changes kept per kind of object; a watch further behind gets 410 */
    public Store(int historyLimit) {
        if (historyLimit < 1) {
            throw new IllegalArgumentException("history limit " + historyLimit + " must be at least 1");
        }
        this.historyLimit = historyLimit;
    }

    public synchronized long revision() {
        return revision;
    }

    /** Runs reads and writes as one step that nobody else sees half done. */
    public synchronized <T> T atomically(Supplier<T> step) {
        return step.get();
    }

    public synchronized @Nullable Stored get(ResourceType type, String key) {
        return collection(type).objects.get(key);
    }

    /** Creates or replaces. */
    public synchronized Stored put(ResourceType type, String key, ObjectNode object) {
        Collection collection = collection(type);
        Stored stored = Stored.freeze(type, object, ++revision);
        Stored previous = collection.objects.put(key, stored);
        record(collection, previous == null ? Change.Kind.ADDED : Change.Kind.MODIFIED, key, stored, previous);
        return stored;
    }

    /** @param last the object's last state */
    public synchronized Stored remove(ResourceType type, String key, ObjectNode last) {
        Collection collection = collection(type);
        Stored previous = collection.objects.remove(key);
        if (previous == null) {
            throw new IllegalStateException("no " + key + " to remove");
        }
        Stored stored = Stored.freeze(type, last, ++revision);
        record(collection, Change.Kind.DELETED, key, stored, previous);
        return stored;
    }

    private static void record(
            Collection collection, Change.Kind kind, String key, Stored object, @Nullable Stored previous) {
        collection.log.append(new Change(kind, key, object, previous));
        collection.log.notifyListeners();
    }

    /** Number of objects of a kind. */
    public synchronized int size(ResourceType type) {
        return collection(type).objects.size();
    }

    /**
     * @param namespace empty for all
     * @param atRevision the version whose state is wanted; -1 for the newest
     * @param startKey first key of this part; empty to start at the beginning
     * @param limit most items; 0 for no limit
     * @throws ApiFailure 410 when that version is forgotten, 504 when it does not exist yet
     */
    public synchronized Page list(
            ResourceType type,
            String namespace,
            long atRevision,
            String startKey,
            int limit,
            Predicate<Stored> filter) {
        if (atRevision > revision) {
            throw ApiFailure.resourceVersionTooLarge(atRevision, revision);
        }
        long listed = atRevision < 0 ? revision : atRevision;
        SortedMap<String, Stored> range = range(stateAt(collection(type), listed), namespace, startKey);
        List<Stored> items = new ArrayList<>(limit > 0 ? Math.min(limit, 512) : Math.min(range.size(), 1 << 16));
        int seen = 0;
        for (Map.Entry<String, Stored> entry : range.entrySet()) {
            if (limit > 0 && items.size() == limit) {
                return new Page(listed, items, entry.getKey(), range.size() - seen);
            }
            seen++;
            if (filter.test(entry.getValue())) {
                items.add(entry.getValue());
            }
        }
        return new Page(listed, items, "", 0);
    }

    private static SortedMap<String, Stored> range(
            NavigableMap<String, Stored> objects, String namespace, String startKey) {
        if (namespace.isEmpty()) {
            return startKey.isEmpty() ? objects : objects.tailMap(startKey, true);
        }
        String from = startKey.isEmpty() ? namespace + "/" : startKey;
        // '0' follows '/': the range holds exactly the keys that begin with the namespace and a slash.
        return objects.subMap(from, true, namespace + "0", false);
    }

    private static NavigableMap<String, Stored> stateAt(Collection collection, long wanted) {
        if (!collection.log.reachesBackTo(wanted)) {
            throw ApiFailure.expired("The resourceVersion for the provided list is too old.");
        }
        long position = collection.log.positionAfter(wanted);
        if (position == collection.log.end()) {
            return collection.objects;
        }
        NavigableMap<String, Stored> state = new TreeMap<>((SortedMap<String, Stored>) collection.objects);
        List<Change> undone = collection.log.read(position, Integer.MAX_VALUE);
        if (undone == null) {
            throw new IllegalStateException("history lost within the lock");
        }
        for (int i = undone.size() - 1; i >= 0; i--) {
            Change change = undone.get(i);
            if (change.previous() == null) {
                state.remove(change.key());
            } else {
                state.put(change.key(), change.previous());
            }
        }
        return state;
    }

    /**
     * Where a watch from a version on starts to read.
     *
     * @throws ApiFailure 410 when changes after that version are forgotten, 504 when the version does not exist yet
     */
    public synchronized long watchFrom(ResourceType type, long after) {
        if (after > revision) {
            throw ApiFailure.resourceVersionTooLarge(after, revision);
        }
        ChangeLog log = collection(type).log;
        if (!log.reachesBackTo(after)) {
            throw tooOld(after, log);
        }
        return log.positionAfter(after);
    }

    /** Up to {@code limit} changes from a position on. */
    public synchronized Batch read(ResourceType type, long position, int limit) {
        List<Change> changes = collection(type).log.read(position, limit);
        return new Batch(changes, changes == null ? position : position + changes.size(), revision);
    }

    /** What a watch that was overtaken is told. */
    public synchronized ApiFailure tooOld(ResourceType type, long after) {
        return tooOld(after, collection(type).log);
    }

    private static ApiFailure tooOld(long after, ChangeLog log) {
        return ApiFailure.expired("too old resource version: " + after + " (" + log.compactedRevision() + ")");
    }

    /** The listener runs inside the lock after each change of that kind: it must be quick and must not block. */
    public synchronized void listen(ResourceType type, Runnable listener) {
        collection(type).log.listen(listener);
    }

    public synchronized void unlisten(ResourceType type, Runnable listener) {
        collection(type).log.unlisten(listener);
    }

    /** Forgets all history, as etcd's compaction does: watches and continued lists from before get 410. */
    public synchronized void compact() {
        // A version of its own, so that whoever has seen everything up to now is behind the compaction as well.
        revision++;
        collections.values().forEach(collection -> {
            collection.log.compact(revision);
            collection.log.notifyListeners();
        });
    }

    private Collection collection(ResourceType type) {
        return collections.computeIfAbsent(
                type.storage(), storage -> new Collection(new ChangeLog(historyLimit, FIRST_REVISION)));
    }
}
