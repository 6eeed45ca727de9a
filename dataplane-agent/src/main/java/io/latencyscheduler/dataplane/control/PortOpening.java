package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeInventory.Port;
import io.latencyscheduler.contract.timetable.PortTiming;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.config.AgentConfig.Backend;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.Engine.PortSpec;
import io.latencyscheduler.dataplane.engine.EngineException;

/** Chooses what carries the frames of a gated port on this machine. */
public final class PortOpening implements Reconciler.PortSpecs {
    private static final String DPDK = "dpdk";
    private static final String AF_PACKET = "af_packet";

    private final AgentConfig config;
    private final Engine engine;

    public PortOpening(AgentConfig config, Engine engine) {
        this.config = config;
        this.engine = engine;
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
                settings.bestEffort(),
                index < config.cpus().size() ? config.cpus().get(index) : -1,
                config.spin());
    }

    private String backend(Port port, AgentConfig.Port settings) {
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
    private static String device(Port port, AgentConfig.Port settings, String backend, int index) {
        if (backend.equals(AF_PACKET)) {
            return String.valueOf(port.netdev());
        }
        if (!settings.devargs().isEmpty()) {
            return settings.devargs();
        }
        return port.netdev() == null
                ? String.valueOf(port.pciAddress())
                : "net_af_packet" + index + ",iface=" + port.netdev();
    }
}
