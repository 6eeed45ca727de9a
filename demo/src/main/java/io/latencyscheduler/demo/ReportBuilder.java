package io.latencyscheduler.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Tier;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Compares what happened with what the samples promise. */
final class ReportBuilder {
    private final List<Sample> samples;
    private final Map<String, JsonNode> pods;
    private final List<Machine> machines;
    private final Map<String, String> dpdkBefore;
    private final Map<String, String> dpdkAfter;
    private final Report.@Nullable Frames frames;
    private final int framesAsked;
    private final List<String> failures = new ArrayList<>();

    ReportBuilder(
            List<Sample> samples,
            Map<String, JsonNode> pods,
            List<Machine> machines,
            Map<String, String> dpdkBefore,
            Map<String, String> dpdkAfter,
            Report.@Nullable Frames frames,
            int framesAsked) {
        this.samples = samples;
        this.pods = pods;
        this.machines = machines;
        this.dpdkBefore = dpdkBefore;
        this.dpdkAfter = dpdkAfter;
        this.frames = frames;
        this.framesAsked = framesAsked;
    }

    /**
     * @param frameObstacle why no frames could flow; null when they could
     * @param sandbox whether the API server was the in-memory one
     */
    Report build(@Nullable String frameObstacle, double seconds, boolean sandbox) throws IOException {
        List<Report.PodRow> rows = new ArrayList<>();
        for (Sample sample : samples) {
            rows.add(row(sample, Objects.requireNonNull(pods.get(sample.name()))));
        }
        checkFrames(frameObstacle);
        List<Report.NodeRow> nodes = machines.stream()
                .map(machine -> new Report.NodeRow(
                        machine.node(),
                        machine.description(),
                        dpdkBefore.get(machine.node()),
                        dpdkAfter.get(machine.node())))
                .toList();
        return new Report(
                failures.isEmpty(), failures, rows, nodes, frames, simulated(frameObstacle, sandbox), seconds);
    }

    private Report.PodRow row(Sample sample, JsonNode pod) throws IOException {
        String node = pod.at("/spec/nodeName").asText(null);
        Allocation allocation = Cluster.allocation(pod).orElse(null);
        List<String> interfaces = allocation == null ? List.of() : allocation.interfaces();
        List<StreamAllocation> streams = allocation == null ? List.of() : allocation.streams();
        Tier tier = allocation == null ? null : allocation.tier();

        expect(
                sample.feasible() == (node != null),
                sample,
                sample.feasible() ? "is not bound: " + Sample.reason(pod) : "was bound to " + node);
        if (sample.feasible()) {
            expect(sample.node() == null || sample.node().equals(node), sample, "must be on " + sample.node());
            expect(sample.tier() == tier, sample, "must have tier " + sample.tier() + ", has " + tier);
            expect(sample.interfaces() == interfaces.size(), sample, "must own " + sample.interfaces() + " ports");
            expect(sample.streams() == streams.size(), sample, "must have " + sample.streams() + " windows");
        } else {
            expect(!Sample.reason(pod).isEmpty(), sample, "must say why it is Pending");
        }
        return new Report.PodRow(
                sample.name(),
                sample.asks(),
                node,
                tier == null ? null : tier.wireName(),
                interfaces,
                streams.stream().map(ReportBuilder::window).toList(),
                node == null ? Sample.reason(pod) : "assigned to " + node);
    }

    private static String window(StreamAllocation stream) {
        return stream.port() + " @" + Durations.format(stream.offsetNs()) + " +" + Durations.format(stream.windowNs())
                + " /" + Durations.format(stream.windowPeriodNs());
    }

    private void checkFrames(@Nullable String frameObstacle) {
        if (framesAsked == 0) {
            return;
        }
        if (frames == null) {
            failures.add("no frames flowed" + (frameObstacle == null ? "" : ": " + frameObstacle));
            return;
        }
        if (frames.sent() < framesAsked) {
            failures.add("the PLC sent " + frames.sent() + " of " + framesAsked + " frames");
        }
        if (frames.inWindow() == 0) {
            failures.add("no frame left in its window");
        }
        if (frames.unaccounted() != 0) {
            failures.add(frames.unaccounted() + " frames are unaccounted for");
        }
    }

    private void expect(boolean held, Sample sample, String otherwise) {
        if (!held) {
            failures.add("pod " + sample.name() + " " + otherwise);
        }
    }

    private List<String> simulated(@Nullable String frameObstacle, boolean sandbox) {
        List<String> sentences = new ArrayList<>();
        if (sandbox) {
            sentences.add("the API server is the in-memory sandbox, not a Kubernetes cluster");
        }
        sentences.add("four nodes are recorded hosts read by node-discovery; no kubelet runs, so no container starts");
        if (frameObstacle == null) {
            sentences.add("pods are network namespaces of this machine, the wire is a veth pair into a bridge");
            sentences.add("the machine's clock is its own: no PTP, one-way latency compares two reads of one clock");
        }
        return sentences;
    }
}
