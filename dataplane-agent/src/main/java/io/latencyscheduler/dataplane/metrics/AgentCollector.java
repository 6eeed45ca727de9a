package io.latencyscheduler.dataplane.metrics;

import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeDataplane.ClockState;
import io.latencyscheduler.dataplane.control.AgentLoop;
import io.latencyscheduler.dataplane.control.Reconciler;
import io.latencyscheduler.dataplane.engine.Engine;
import io.latencyscheduler.dataplane.engine.EngineStats.ErrorHistogram;
import io.latencyscheduler.dataplane.engine.EngineStats.PortStats;
import io.latencyscheduler.dataplane.engine.EngineStats.Received;
import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Reads the engine's counters and the loop's state when somebody asks for metrics; keeps nothing. Thread-safe. */
public final class AgentCollector extends Collector {
    private static final double NS_PER_SECOND = 1e9;

    private final Engine engine;
    private final AgentLoop loop;

    public AgentCollector(Engine engine, AgentLoop loop) {
        this.engine = engine;
        this.loop = loop;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Samples samples = new Samples();
        engine.stats().ports().forEach(port -> addPort(samples, port));
        NodeDataplane status = loop.lastStatus();
        if (status != null) {
            for (ClockState state : ClockState.values()) {
                samples.add(AgentMetric.CLOCK_STATE, status.clock().state() == state ? 1 : 0, state.wireName());
            }
            if (status.clock().errorNs() >= 0) {
                samples.add(AgentMetric.CLOCK_ERROR, status.clock().errorNs() / NS_PER_SECOND);
            }
        }
        Reconciler.Outcome outcome = loop.lastOutcome();
        samples.add(AgentMetric.PODS, outcome == null ? 0 : outcome.installed().size(), "installed");
        samples.add(
                AgentMetric.PODS, outcome == null ? 0 : outcome.plan().refused().size(), "refused");
        samples.add(AgentMetric.PODS, outcome == null ? 0 : outcome.ignored(), "ignored");
        samples.add(
                AgentMetric.STATUS_TIMESTAMP,
                status == null ? 0 : status.heartbeatTime().toEpochMilli() / 1000.0);
        samples.add(AgentMetric.READY, loop.problem().isEmpty() ? 1 : 0);
        return samples.families();
    }

    private static void addPort(Samples samples, PortStats port) {
        String name = port.name();
        port.outcomes().forEach((outcome, count) -> samples.add(AgentMetric.FRAMES, count, name, outcome));
        samples.add(AgentMetric.FRAMES_QUEUED, port.queued(), name);
        long late = count(port, "sent_late");
        long unsent = count(port, "dropped_late") + count(port, "gate_missed");
        samples.add(AgentMetric.DEADLINE_MISSES, late + unsent, name);
        ErrorHistogram errors = port.errors();
        // Frames with a launch time have an emission error once they left; others, of best effort, have no window.
        long timed = errors == null ? 0 : errors.counts().get(errors.counts().size() - 1);
        samples.add(AgentMetric.GATE_WINDOWS, Math.max(0, timed - late), name, "kept");
        samples.add(AgentMetric.GATE_WINDOWS, late + count(port, "gate_missed") + port.overruns(), name, "missed");
        samples.add(AgentMetric.GATE_CYCLES, port.cycles(), name);
        Received received = port.received();
        samples.add(AgentMetric.RECEIVED, received.fromDevice(), name, "device");
        samples.add(AgentMetric.RECEIVED, received.throughMemory(), name, "memory");
        samples.add(AgentMetric.RECEIVE_ENDS, received.delivered(), name, "delivered");
        samples.add(AgentMetric.RECEIVE_ENDS, received.lost(), name, "lost");
        samples.add(AgentMetric.RECEIVE_ENDS, received.unmatched(), name, "unmatched");
        samples.add(AgentMetric.LINK_UP, port.linkUp() ? 1 : 0, name);
        if (errors != null) {
            for (int i = 0; i < errors.counts().size(); i++) {
                boolean last = i == ErrorHistogram.BOUNDS_NS.size();
                samples.addPart(
                        "_bucket",
                        errors.counts().get(i),
                        List.of(
                                name,
                                last ? "+Inf" : doubleToGoString(ErrorHistogram.BOUNDS_NS.get(i) / NS_PER_SECOND)));
            }
            samples.addPart("_sum", errors.sumNs() / NS_PER_SECOND, List.of(name));
            samples.addPart("_count", errors.counts().get(errors.counts().size() - 1), List.of(name));
        }
    }

    private static long count(PortStats port, String outcome) {
        return port.outcomes().getOrDefault(outcome, 0L);
    }

    /** Samples by metric, in the metrics' order; every metric is offered, also while it has no sample. */
    private static final class Samples {
        private final Map<AgentMetric, List<MetricFamilySamples.Sample>> byMetric = new EnumMap<>(AgentMetric.class);

        void add(AgentMetric metric, double value, String... labels) {
            add(metric, metric.fullName(), metric.labels(), value, List.of(labels));
        }

        /** A part of the one histogram. */
        void addPart(String suffix, double value, List<String> labels) {
            AgentMetric metric = AgentMetric.EMISSION_ERROR;
            List<String> names = suffix.equals("_bucket") ? List.of("port", "le") : metric.labels();
            add(metric, metric.fullName() + suffix, names, value, labels);
        }

        private void add(AgentMetric metric, String name, List<String> names, double value, List<String> labels) {
            byMetric.computeIfAbsent(metric, absent -> new ArrayList<>())
                    .add(new MetricFamilySamples.Sample(name, names, labels, value));
        }

        List<MetricFamilySamples> families() {
            List<MetricFamilySamples> families = new ArrayList<>();
            for (AgentMetric metric : AgentMetric.values()) {
                if (metric.kind() != AgentMetric.Kind.INFO) {
                    families.add(new MetricFamilySamples(
                            metric.fullName(),
                            type(metric.kind()),
                            metric.help(),
                            byMetric.getOrDefault(metric, List.of())));
                }
            }
            return families;
        }

        private static Type type(AgentMetric.Kind kind) {
            return switch (kind) {
                case COUNTER -> Type.COUNTER;
                case HISTOGRAM -> Type.HISTOGRAM;
                case GAUGE, INFO -> Type.GAUGE;
            };
        }
    }
}
