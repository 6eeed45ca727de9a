package io.latencyscheduler.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Allocation.StreamAllocation;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The PLC at work: an unmodified tsn-perf in the pod's namespace, its frames taken by libtsnsocket to the agent, sent by
 * the gates through a real port, and received by another tsn-perf in another namespace.
 */
final class FrameRun {
    private static final int UDP_PORT = 9999;
    /** Payload that fills a 1522-byte frame: less 4 VLAN, 14 Ethernet, 20 IPv4, 8 UDP, 4 FCS. */
    private static final int PAYLOAD_BYTES = 1472;

    private final Installation installation;
    private final Programs programs;
    private final PodNetwork network;
    private final Path runDirectory;
    private final int agentPort;

    FrameRun(Installation installation, Programs programs, PodNetwork network, Path runDirectory, int agentPort) {
        this.installation = installation;
        this.programs = programs;
        this.network = network;
        this.runDirectory = runDirectory;
        this.agentPort = agentPort;
    }

    Report.Frames run(String podUid, Allocation allocation, int frames) throws IOException {
        StreamAllocation stream = allocation.streams().get(0);
        JsonNode before = portState(stream.port());
        String perf = installation.nativeFile("tsn-perf").toString();

        List<String> listen = new ArrayList<>(PodNetwork.inside(network.listenerNamespace()));
        listen.addAll(List.of(
                perf,
                "listener",
                "-p",
                Integer.toString(UDP_PORT),
                "-n",
                Integer.toString(frames),
                "--idle",
                "5s",
                "--json"));
        Programs.Running listener = programs.start("tsn-perf-listener", Map.of(), listen);

        List<String> talk = new ArrayList<>(PodNetwork.inside(network.talkerNamespace()));
        talk.addAll(List.of(
                "env",
                "LD_PRELOAD=" + installation.nativeFile("libtsnsocket.so"),
                "TSN_SOCKET=" + socket(podUid),
                perf,
                "talker",
                "-a",
                PodNetwork.LISTENER_ADDRESS,
                "-p",
                Integer.toString(UDP_PORT),
                "-n",
                Integer.toString(frames),
                "-s",
                Integer.toString(PAYLOAD_BYTES),
                "-i",
                stream.periodNs() + "ns",
                "--offset",
                stream.offsetNs() + "ns",
                "-t",
                "-w",
                "500us",
                "--json"));
        Programs.Running talker = programs.start("tsn-perf-talker", Map.of(), talk);
        JsonNode talked = result(talker, frames);
        JsonNode heard = result(listener, frames);
        return account(talked, heard, before, portState(stream.port()));
    }

    /** The agent names a pod's folder by its UID. */
    private Path socket(String podUid) {
        Path socket = runDirectory.resolve(podUid).resolve("tsn.sock");
        if (!Files.exists(socket)) {
            throw new StoryFailed("the agent made no socket for pod " + podUid + ": no " + socket);
        }
        return socket;
    }

    private JsonNode portState(String name) throws IOException {
        for (JsonNode port : Json.tree(Http.text(agentPort, "/api/v1/ports"))) {
            if (port.path("name").asText().equals(name)) {
                return port;
            }
        }
        throw new StoryFailed("the agent runs no port " + name);
    }

    private static JsonNode result(Programs.Running program, int frames) throws IOException {
        try {
            if (!program.process().waitFor(60 + frames / 500, TimeUnit.SECONDS)) {
                throw new StoryFailed(program.name() + " does not end:\n" + program.tail());
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new StoryFailed("interrupted while " + program.name() + " ran");
        }
        String last = "";
        for (String line : Files.readAllLines(program.log())) {
            last = line.startsWith("{") ? line : last;
        }
        if (program.process().exitValue() != 0 || last.isEmpty()) {
            throw new StoryFailed(
                    program.name() + " ended with " + program.process().exitValue() + ":\n" + program.tail());
        }
        return Json.tree(last);
    }

    /**
     * Every frame the application sent must be in one counter of the engine, and every frame the engine sent must have
     * arrived: what is neither is unaccounted.
     */
    static Report.Frames account(JsonNode talked, JsonNode heard, JsonNode before, JsonNode after) {
        Map<String, Long> outcomes = new TreeMap<>();
        long ended = 0;
        for (var entry : after.path("outcomes").properties()) {
            long count = entry.getValue().asLong()
                    - before.path("outcomes").path(entry.getKey()).asLong();
            ended += count;
            if (count != 0) {
                outcomes.put(entry.getKey(), count);
            }
        }
        long sent = talked.path("sent").asLong();
        long inWindow = outcomes.getOrDefault("sent", 0L);
        long late = outcomes.getOrDefault("sent_late", 0L);
        long received = heard.path("received").asLong();
        long unaccounted = Math.abs(sent - ended) + Math.abs(inWindow + late - received);
        JsonNode latency = heard.path("oneWayLatencyNs");
        return new Report.Frames(
                after.path("backend").asText() + ":" + after.path("device").asText(),
                sent,
                inWindow,
                late,
                sent - received,
                received,
                unaccounted,
                outcomes,
                new Report.Latency(
                        latency.path("p50").asLong(),
                        latency.path("p99").asLong(),
                        latency.path("max").asLong()));
    }
}
