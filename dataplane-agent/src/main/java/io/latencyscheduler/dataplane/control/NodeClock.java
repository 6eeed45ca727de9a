package io.latencyscheduler.dataplane.control;

import io.latencyscheduler.contract.NodeDataplane.Clock;
import io.latencyscheduler.contract.NodeDataplane.ClockState;
import io.latencyscheduler.dataplane.config.AgentConfig;
import io.latencyscheduler.dataplane.engine.EngineStats;

/** Tells how far the node's clock can be trusted. */
public final class NodeClock implements AgentLoop.ClockSource {
    private final AgentConfig config;

    public NodeClock(AgentConfig config) {
        this.config = config;
    }

    @Override
    public Clock read(EngineStats stats) {
        EngineStats.ClockReading reading = stats.clock();
        int taiOffsetSeconds = config.taiOffsetSeconds().orElse(reading.taiOffsetSeconds());
        if (config.clockSource().equals("none")) {
            return new Clock(ClockState.LOCAL, "none", taiOffsetSeconds, -1);
        }
        return new Clock(
                reading.synchronised() ? ClockState.LOCKED : ClockState.UNLOCKED,
                config.clockSource(),
                taiOffsetSeconds,
                reading.errorNs());
    }
}
