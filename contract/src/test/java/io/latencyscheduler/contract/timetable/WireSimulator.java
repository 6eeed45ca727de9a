package io.latencyscheduler.contract.timetable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What leaves a port behind a gate control list: a slow, plain model of IEEE 802.1Q 8.6.8 that shares nothing with the
 * code under test but the list's entries.
 */
final class WireSimulator {
    private final PortTiming port;
    private final GateControlList list;

    /** A stream's windows; {@code windows} repeat every {@code window.periodNs()}. */
    record Stream(int trafficClass, long periodNs, Window window) {}

    /** A frame; {@code stream} is null for one that goes by class, {@code launchNs} -1 without launch time. */
    record Frame(String id, Stream stream, int trafficClass, int bytes, long arriveNs, long launchNs) {}

    record Sent(String id, long startNs, long endNs) {}

    private record Queued(Frame frame, long earliestNs, int order) {}

    WireSimulator(PortTiming port, GateControlList list) {
        this.port = port;
        this.list = list;
    }

    /** Transmissions up to {@code untilNs}. */
    List<Sent> run(List<Frame> frames, long untilNs) {
        List<Queued> queue = queued(frames);
        TreeSet<Long> moments = new TreeSet<>();
        queue.forEach(queued -> moments.add(queued.earliestNs()));
        for (long at = list.baseTimeNs(); at < untilNs; at += list.cycleTimeNs()) {
            long entryNs = at;
            for (GateControlList.Entry entry : list.entries()) {
                moments.add(entryNs);
                entryNs += entry.timeIntervalNs();
            }
        }
        List<Sent> sent = new ArrayList<>();
        long freeAtNs = Long.MIN_VALUE;
        while (!moments.isEmpty() && !queue.isEmpty()) {
            long now = moments.pollFirst();
            if (now >= untilNs) {
                break;
            }
            if (now < freeAtNs) {
                continue;
            }
            Queued chosen = choose(queue, now);
            if (chosen != null) {
                queue.remove(chosen);
                freeAtNs = now + wireNs(chosen.frame());
                sent.add(new Sent(chosen.frame().id(), now, freeAtNs));
                moments.add(freeAtNs);
            }
        }
        return sent;
    }

    /** A frame of a stream waits for its launch time, or for the next window that no frame before it has. */
    private static List<Queued> queued(List<Frame> frames) {
        Map<Stream, Set<Long>> used = new HashMap<>();
        List<Queued> queue = new ArrayList<>();
        for (Frame frame : frames) {
            long earliestNs = frame.launchNs() < 0 ? frame.arriveNs() : frame.launchNs();
            if (frame.stream() != null) {
                Set<Long> taken = used.computeIfAbsent(frame.stream(), stream -> new HashSet<>());
                if (frame.launchNs() < 0) {
                    Window window = frame.stream().window();
                    long k = Math.floorDiv(
                            frame.arriveNs() - window.offsetNs() + window.periodNs() - 1, window.periodNs());
                    while (taken.contains(Math.floorDiv(
                            window.offsetNs() + k * window.periodNs(),
                            frame.stream().periodNs()))) {
                        k++;
                    }
                    earliestNs = window.offsetNs() + k * window.periodNs();
                }
                taken.add(Math.floorDiv(earliestNs, frame.stream().periodNs()));
            }
            queue.add(new Queued(frame, earliestNs, queue.size()));
        }
        return queue;
    }

    private Queued choose(List<Queued> queue, long now) {
        for (int c = 7; c >= 0; c--) {
            int trafficClass = c;
            Queued head = queue.stream()
                    .filter(queued -> trafficClass(queued.frame()) == trafficClass && queued.earliestNs() <= now)
                    .min(Comparator.comparingLong(Queued::earliestNs).thenComparingInt(Queued::order))
                    .orElse(null);
            if (head != null && openFor(c, now, wireNs(head.frame()))) {
                return head;
            }
        }
        return null;
    }

    private static int trafficClass(Frame frame) {
        return frame.stream() == null ? frame.trafficClass() : frame.stream().trafficClass();
    }

    private long wireNs(Frame frame) {
        return port.wireNs(Math.max(64, frame.bytes()));
    }

    /** Whether a gate is open from {@code now} for so long. */
    private boolean openFor(int trafficClass, long now, long lengthNs) {
        long at = now;
        while (at < now + lengthNs) {
            long inCycle = Math.floorMod(at - list.baseTimeNs(), list.cycleTimeNs());
            long endNs = 0;
            for (GateControlList.Entry entry : list.entries()) {
                endNs += entry.timeIntervalNs();
                if (inCycle < endNs) {
                    if ((entry.gateStates() >> trafficClass & 1) == 0) {
                        return false;
                    }
                    break;
                }
            }
            at += endNs - inCycle;
        }
        return true;
    }
}
