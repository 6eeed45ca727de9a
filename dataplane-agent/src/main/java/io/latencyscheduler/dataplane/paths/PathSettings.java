package io.latencyscheduler.dataplane.paths;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is measured, by configuration.
 *
 * @param rate probes per second and path; 0: nothing is measured
 * @param dpdk devices between which the DPDK path is measured
 * @param ovsDatabase socket of Open vSwitch's database; its path is measured where it has DPDK; empty: it is not
 * @param peers whether round trips to other nodes are measured, and theirs answered
 * @param peerPort UDP port of the answers
 * @param cpu where the probes run; empty: anywhere
 */
public record PathSettings(
        int rate, Devices dpdk, Optional<Path> ovsDatabase, boolean peers, int peerPort, OptionalInt cpu) {
    /** Least rate, other than 0, at which a window of five minutes holds enough samples. */
    public static final int MIN_RATE = 40;
    /** Most: a probe has a millisecond. */
    public static final int MAX_RATE = 1000;

    /** Measures nothing. */
    public static final PathSettings OFF =
            new PathSettings(0, Devices.NONE, Optional.empty(), false, 9466, OptionalInt.empty());

    /**
     * Devices of the DPDK path.
     *
     * @param automatic two virtual functions of one port that no pod holds
     * @param named DPDK device arguments of both ends; empty unless configured
     */
    public record Devices(boolean automatic, List<String> named) {
        public static final Devices NONE = new Devices(false, List.of());
        public static final Devices AUTOMATIC = new Devices(true, List.of());

        public Devices {
            named = List.copyOf(named);
        }
    }
}
