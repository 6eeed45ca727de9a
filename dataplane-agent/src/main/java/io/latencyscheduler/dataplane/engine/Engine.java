package io.latencyscheduler.dataplane.engine;

import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.timetable.GateControlList;
import io.latencyscheduler.dataplane.plan.LatePolicy;
import java.util.List;

/**
 * Sends the frames of the pods of one node through its gated ports.
 *
 * <p>Calls come from one thread. None blocks the threads that send frames. Each call takes effect whole or not at all,
 * and fails with an {@link EngineException} whose message is one sentence.
 */
public interface Engine extends AutoCloseable {
    /** Opens a port with all gates of timed classes closed; a port that is open already is an error. */
    void openPort(PortSpec port);

    /** Closes a port; frames still queued end in a counter. Unknown names are passed over. */
    void closePort(String name);

    /**
     * Sets the gate control list that takes over at the next cycle boundary without losing a frame.
     *
     * @param port an open port
     * @param gates the list
     */
    void setGates(String port, GateControlList gates);

    /** Opens the pod's socket and admits its streams; replaces those of a pod that is known. */
    void putPod(PodSpec pod);

    /** Closes the pod's socket, its attached processes and its streams. Unknown UIDs are passed over. */
    void removePod(String uid);

    /** Why ports of a backend cannot be opened on this machine; empty when they can. */
    String unavailability(String backend);

    /** What was counted since the engine started. */
    EngineStats stats();

    @Override
    void close();

    /**
     * A port to run.
     *
     * @param name as in the inventory
     * @param backend {@code af_packet} or {@code dpdk}
     * @param device kernel interface, or DPDK device arguments
     * @param linkRateBps above 0
     * @param overheadBytes wire bytes per frame beside preamble and gap
     * @param maxSduBytes largest frame with FCS
     * @param vlanId tag of frames that leave: 1 to 4094, 0 for a priority tag, -1 for none
     * @param bestEffort whether class 0 passes where gates allow
     * @param cpu CPU of its poll thread; -1: not pinned
     * @param spin whether the poll thread never sleeps
     * @param kernelInterface where received frames go that no process bound; empty: they are dropped
     * @param launchAheadNs calibrated path from the engine to the wire, taken off launch times; from 0
     */
    record PortSpec(
            String name,
            String backend,
            String device,
            long linkRateBps,
            int overheadBytes,
            int maxSduBytes,
            int vlanId,
            boolean bestEffort,
            int cpu,
            boolean spin,
            String kernelInterface,
            long launchAheadNs) {}

    /**
     * A pod to serve.
     *
     * @param uid the pod's UID
     * @param socket path of the unix socket its processes attach to; exists while the pod is served
     * @param streams what it may send, its index being its number for the pod
     * @param sourceMacs source addresses its frames may carry, at most 8, such as {@code 02:00:00:00:00:01}; none: any
     */
    record PodSpec(String uid, String socket, List<StreamSpec> streams, List<String> sourceMacs) {
        public PodSpec {
            streams = List.copyOf(streams);
            sourceMacs = List.copyOf(sourceMacs);
        }
    }

    /**
     * A stream to serve.
     *
     * @param windows its windows
     * @param latePolicy what becomes of its late frames
     */
    record StreamSpec(StreamAllocation windows, LatePolicy latePolicy) {}
}
