package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.timetable.PortTiming;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.config.AgentConfig.Backend;
import io.latencyscheduler.dataplane.config.AgentConfig.Offload;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.EngineException;
import io.latencyscheduler.dataplane.overlay.KernelNetwork;
import io.latencyscheduler.dataplane.overlay.NodeNetwork;
import java.util.function.Supplier;

/** Chooses what carries the frames of a gated port on this machine. */
public final class PortOpening implements Reconciler.PortSpecs {
    private static final String DPDK = "dpdk";
    private static final String AF_PACKET = "af_packet";
    private static final int UNTAGGED = -1;
    private static final int PRIORITY_TAG = 0;

    private final AgentConfig config;
    private final Engine engine;
    private final Supplier<NodeNetwork.Kind> overlay;

    /** {@code overlay}: what carries the overlay; asked only for the port whose frames enter it. */
    public PortOpening(AgentConfig config, Engine engine, Supplier<NodeNetwork.Kind> overlay) {
        this.config = config;
        this.engine = engine;
        this.overlay = overlay;
    }

    @Override
    public PortSpec of(Port port, AgentConfig.Port settings, int index) {
        String backend = backend(port, settings);
        return new PortSpec(
                port.name(),
                backend,
                device(port, settings, backend, index),
                port.linkRateBps(),
                settings.vxlan() ? PortTiming.VXLAN_OVERHEAD_BYTES : 0,
                settings.maxSduBytes(),
                // The switch reads the traffic class there and takes the tag off again.
                backend.equals(DPDK) && overlaid(port) ? PRIORITY_TAG : UNTAGGED,
                settings.bestEffort(),
                index < config.cpus().size() ? config.cpus().get(index) : -1,
                config.spin(),
                settings.kernelInterface(),
                settings.launchAheadNs());
    }

    private String backend(Port port, AgentConfig.Port settings) {
        if (overlaid(port)) {
            return overlay.get() == NodeNetwork.Kind.KERNEL ? AF_PACKET : DPDK;
        }
        String cause = settings.backend() == Backend.AF_PACKET ? "" : engine.unavailability(DPDK);
        if (settings.backend() == Backend.DPDK && !cause.isEmpty()) {
            throw new EngineException("DPDK is configured and not available: " + cause);
        }
        if (settings.backend() != Backend.AF_PACKET && cause.isEmpty()) {
            return DPDK;
        }
        if (port.netdev() == null) {
            throw new EngineException("it is bound to driver " + port.driver() + ", which only DPDK can use"
                    + (cause.isEmpty() ? "" : ": " + cause));
        }
        return AF_PACKET;
    }

    /** A kernel interface is carried by net_af_packet, whose name must differ from port to port. */
    private String device(Port port, AgentConfig.Port settings, String backend, int index) {
        if (overlaid(port)) {
            return backend.equals(AF_PACKET)
                    ? KernelNetwork.ENGINE_LINK
                    : "virtio_user" + index + ",path=" + config.engineSocket() + ",server=1,queue_size=1024";
        }
        if (backend.equals(AF_PACKET)) {
            return port.netdev()
                    + switch (settings.offload()) {
                        case NONE -> "";
                        case GATES -> ",gates=taprio";
                        case LAUNCH_TIME -> ",launch=etf";
                    };
        }
        if (settings.offload() == Offload.GATES) {
            throw new EngineException("gates in the card need its kernel interface: set the port's backend to af-packet"
                    + " or its offload to none");
        }
        if (!settings.devargs().isEmpty()) {
            return settings.devargs();
        }
        return port.netdev() == null
                ? String.valueOf(port.pciAddress())
                : "net_af_packet" + index + ",iface=" + port.netdev();
    }

    private boolean overlaid(Port port) {
        return port.name().equals(config.overlay().enginePort());
    }
}
