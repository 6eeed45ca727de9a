package io.latencyscheduler.scheduler.plugin;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.Phase;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.contract.timetable.Preparation;
import io.latencyscheduler.contract.timetable.Timetable;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.ledger.GatedPort;
import io.latencyscheduler.scheduler.ledger.NodeState;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the gated ports of nodes answered before, in arrays by {@link NodeState#slot()}: a decision among thousands of full
 * ports reads numbers that lie side by side instead of every port's timetable. An answer counts until the ports of its node or
 * their windows change.
 *
 * <p>Belongs to the thread that decides.
 */
final class PortAnswers {
    /** Frames are told apart by so many bytes. A finer step rules out a little more and is shared by fewer streams. */
    private static final int FRAME_STEP_BYTES = 64;

    /** What asking one node anew takes of a {@link Preparation}: about 1 µs, as its timetables are in no cache. */
    private static final long COPIES_WORTH_A_NODE = 40;

    /** Arrays kept of either kind; 16 bytes per node each. */
    private static final int MAX_KINDS = 128;

    private final Facts facts = new Facts();
    private final Map<StreamDemand, ShortestDeadlines> deadlines = leastRecentlyUsed();
    private final Map<Together, Verdicts> verdicts = leastRecentlyUsed();

    /** Streams as a pod asks for them together, and its namespace, since the share of one may be capped. */
    private record Together(String namespace, List<StreamDemand> streams) {}

    private static <K, V> Map<K, V> leastRecentlyUsed() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > MAX_KINDS;
            }
        };
    }

    /** The shortest deadlines for streams of this one's period, phase and class with frames about as large or larger. */
    ShortestDeadlines shortestDeadlines(StreamDemand demand) {
        StreamDemand kind = demand.phase().kind() == Phase.Kind.FREE ? demand : demand.withoutBounds();
        int frameBytes =
                Math.max(StreamDemand.MIN_FRAME_BYTES, demand.frameBytes() / FRAME_STEP_BYTES * FRAME_STEP_BYTES);
        return deadlines.computeIfAbsent(
                kind.named("").ofFrame(frameBytes), kindOfFrame -> new ShortestDeadlines(kindOfFrame, facts));
    }

    /** The verdicts on streams that must be placed to know whether they fit. */
    Verdicts verdicts(String namespace, List<StreamDemand> streams) {
        return verdicts.computeIfAbsent(
                new Together(
                        namespace,
                        streams.stream().map(stream -> stream.named("")).toList()),
                unused -> new Verdicts());
    }

    /** Whether the node takes streams at all at the moment, which is when its windows may be the reason to refuse one. */
    boolean takesStreams(NodeState node, Instant now) {
        return facts.openUntil(node) >= now.toEpochMilli();
    }

    /** By node, what would otherwise have to be fetched from many objects; until the node changes in any way. */
    private static final class Facts {
        private long[] generations = new long[0];
        private long[] gatedPortsGenerations = new long[0];
        private long[] openUntilMillis = new long[0];

        private void refresh(NodeState node) {
            int slot = node.slot();
            if (slot >= generations.length) {
                int more = Math.max(slot + 1, generations.length * 2);
                generations = Arrays.copyOf(generations, more);
                gatedPortsGenerations = Arrays.copyOf(gatedPortsGenerations, more);
                openUntilMillis = Arrays.copyOf(openUntilMillis, more);
            }
            if (generations[slot] != node.generation()) {
                generations[slot] = node.generation();
                gatedPortsGenerations[slot] = node.gatedPortsGeneration();
                NodeDataplane dataplane = node.dataplane();
                boolean open = dataplane != null
                        && dataplane.clock().state() != NodeDataplane.ClockState.UNLOCKED
                        && node.unknownStreams().isEmpty();
                openUntilMillis[slot] = dataplane != null && open
                        ? dataplane.heartbeatTime().plus(NodeDataplane.LIVE_FOR).toEpochMilli()
                        : Long.MIN_VALUE;
            }
        }

        long openUntil(NodeState node) {
            refresh(node);
            return openUntilMillis[node.slot()];
        }

        long gatedPortsGeneration(NodeState node) {
            refresh(node);
            return gatedPortsGenerations[node.slot()];
        }
    }

    /** By node, the shortest deadline that some port of it with full link could keep; a lower bound. */
    static final class ShortestDeadlines {
        private final StreamDemand kind;
        private final Facts facts;
        private long[] generations = new long[0];
        private long[] deadlinesNs = new long[0];

        ShortestDeadlines(StreamDemand kind, Facts facts) {
            this.kind = kind;
            this.facts = facts;
        }

        /**
         * NO when every port of the node that has full link would refuse a stream of this kind with such a deadline, YES when its
         * timetables are to be asked, UNKNOWN when the preparation was spent.
         */
        Timetable.Fit mayFit(NodeState node, long deadlineNs, Preparation preparation) {
            int slot = node.slot();
            if (slot >= generations.length) {
                int more = Math.max(slot + 1, generations.length * 2);
                generations = Arrays.copyOf(generations, more);
                deadlinesNs = Arrays.copyOf(deadlinesNs, more);
            }
            long generation = facts.gatedPortsGeneration(node);
            if (generations[slot] != generation) {
                long shortestNs = preparation.spent() ? Timetable.UNKNOWN : shortest(node, preparation);
                if (shortestNs == Timetable.UNKNOWN) {
                    return Timetable.Fit.UNKNOWN;
                }
                preparation.take(COPIES_WORTH_A_NODE);
                generations[slot] = generation;
                deadlinesNs[slot] = shortestNs;
            }
            return deadlinesNs[slot] > deadlineNs ? Timetable.Fit.NO : Timetable.Fit.YES;
        }

        private long shortest(NodeState node, Preparation preparation) {
            long shortestNs = Timetable.NEVER;
            boolean any = false;
            for (GatedPort port : node.gatedPorts().values()) {
                if (port.hasFullLink()) {
                    any = true;
                    long ns = port.timetable().shortestDeadlineNs(kind, preparation);
                    if (ns == Timetable.UNKNOWN) {
                        return ns;
                    }
                    shortestNs = Math.min(shortestNs, ns);
                }
            }
            return any ? shortestNs : 0; // What is wrong with a port without link is not its deadlines.
        }
    }

    /**
     * By node, what was answered, and the score where it fits. In pages, since a turn places streams on a few dozen nodes and
     * the next pod asks something else: arrays as long as the cluster would cost more than the placing.
     */
    static final class Verdicts {
        private static final int PAGE_BITS = 6;
        private static final int PAGE_SLOTS = 1 << PAGE_BITS;

        private @Nullable Page[] pages = new Page[0];

        private static final class Page {
            final long[] generations = new long[PAGE_SLOTS];
            final @Nullable Verdict[] verdicts = new Verdict[PAGE_SLOTS];
            final long[] scores = new long[PAGE_SLOTS];
        }

        /** The page that knows the node as it is now; null when none does. */
        private @Nullable Page knowing(NodeState node) {
            int slot = node.slot();
            int number = slot >> PAGE_BITS;
            Page page = slot >= 0 && number < pages.length ? pages[number] : null;
            return page != null && page.generations[place(slot)] == node.gatedPortsGeneration() ? page : null;
        }

        private static int place(int slot) {
            return slot & (PAGE_SLOTS - 1);
        }

        /** Null when not known. */
        @Nullable
        Verdict of(NodeState node) {
            Page page = knowing(node);
            return page == null ? null : page.verdicts[place(node.slot())];
        }

        /** Empty when not known. */
        OptionalLong score(NodeState node) {
            Page page = knowing(node);
            return page == null ? OptionalLong.empty() : OptionalLong.of(page.scores[place(node.slot())]);
        }

        void remember(NodeState node, Verdict verdict, long score) {
            int number = node.slot() >> PAGE_BITS;
            if (number >= pages.length) {
                pages = Arrays.copyOf(pages, Math.max(number + 1, pages.length * 2));
            }
            Page page = pages[number];
            if (page == null) {
                page = new Page();
                pages[number] = page;
            }
            int place = place(node.slot());
            page.generations[place] = node.gatedPortsGeneration();
            page.verdicts[place] = verdict;
            page.scores[place] = score;
        }
    }
}
