package io.latencyscheduler.dataplane.overlay;

import io.latencyscheduler.contract.WireName;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The overlay on this node: a switch with the pods' interfaces and a tunnel to each other node.
 *
 * <p>What exists lies in the kernel and in the switch's own database, never in a file of the agent: a restarted agent
 * finds it there. Thread-safe. Each call that cannot be carried out throws {@link NetworkException}.
 */
public interface NodeNetwork extends AutoCloseable {
    /** What carries the frames. */
    enum Kind implements WireName {
        /** Open vSwitch with DPDK in user space. */
        OVS_DPDK("ovs-dpdk"),
        /** The kernel's bridge and VXLAN. */
        KERNEL("kernel");

        private final String wireName;

        Kind(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    Kind kind();

    /**
     * Makes what is missing of switch and tunnels, removes what is the agent's and no longer wanted, also interfaces
     * whose container is gone. Leaves alone what is not the agent's. Repeatable.
     */
    void reconcile(Collection<Peer> peers);

    /** Makes the interface and joins it to the switch; one that is there already is made anew. Undoes what it did when it fails. */
    void attach(Attachment attachment);

    /** Removes the interface and all that belongs to it; nothing there is no error. */
    void detach(Attachment.Key key);

    /** What the interface lacks, one sentence each; empty when it works as it was asked for. */
    List<String> check(Attachment attachment);

    /** All attachments that are there now. */
    Set<Attachment.Key> attachments();

    /** The attachments of a network that are there now. */
    Set<Attachment.Key> attachments(String network);

    /** Stops following the switch; what is set up stays. */
    @Override
    void close();
}
