package io.latencyscheduler.scheduler.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a plan of nodes can take, asked of the scheduler's own code. */
class SimulateCommandTest {
    private static final String MIX = """
            nodes:
              - {name: radio, count: 3, cpu: "8", dpdkPorts: 4}
              - {name: cell, count: 2, cpu: "64", gatedPorts: 1}
            """;

    @TempDir
    private Path folder;

    private record Run(int exitCode, String out, String err) {}

    private Run run(String mix, String load, String... more) throws Exception {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> all = new ArrayList<>(List.of(
                "simulate",
                "-f",
                Files.writeString(folder.resolve("load.yaml"), load).toString(),
                "--nodes",
                Files.writeString(folder.resolve("mix.yaml"), mix).toString()));
        all.addAll(Arrays.asList(more));
        int code = Commands.run(all, new PrintWriter(out), new PrintWriter(err));
        return new Run(code, out.toString(), err.toString());
    }

    private static String deployment(String name, int replicas, String annotations, String cpu) {
        return """
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: %s}
                spec:
                  replicas: %d
                  template:
                    metadata: {annotations: {%s}}
                    spec: {containers: [{name: c, image: i, resources: {requests: {cpu: %s, memory: 64Mi}}}]}
                """.formatted(name, replicas, annotations.replaceAll("(\\w+):", "latency-scheduler.io/$1:"), cpu);
    }

    @Test
    void shouldPlaceAsManyAsThereArePortsAndSayWhatBrokeFirst() throws Exception {
        Run run = run(MIX, deployment("du", 7, "latency: '800', interfaces: '2'", "100m"), "-o", "json");

        JsonNode result = Json.tree(run.out());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(result.path("fits").asBoolean()).isFalse();
        assertThat(result.at("/workloads/0/asked").asInt()).isEqualTo(7);
        assertThat(result.at("/workloads/0/placed").asInt()).isEqualTo(6);
        assertThat(result.at("/workloads/0/byNode").properties())
                .allSatisfy(node -> assertThat(node.getKey()).startsWith("radio-"))
                .hasSize(3);
        assertThat(result.at("/after/dpdkPorts/taken").asInt()).isEqualTo(12);
        assertThat(result.at("/broke/workload").asText()).isEqualTo("deployment/du");
        assertThat(result.at("/broke/number").asInt()).isEqualTo(7);
        assertThat(result.at("/broke/reason").asText()).contains("3 node(s) had too few free DPDK ports");
    }

    @Test
    void shouldAdmitOnAGatedPortExactlyWhatItsTimeHolds() throws Exception {
        // 18 frames of 13,336 ns fit a deadline of 250 µs at 1 Gb/s: the arithmetic of the timetable's page.
        Run fits = run(MIX, deployment("plc", 36, "period: 1ms, deadline: 250us", "100m"));
        Run tooMany = run(MIX, deployment("plc", 37, "period: 1ms, deadline: 250us", "100m"));

        assertThat(fits.exitCode()).isZero();
        assertThat(fits.out()).contains("Everything found a node.");
        assertThat(tooMany.exitCode()).isEqualTo(1);
        assertThat(tooMany.out()).contains("Pod 37 of deployment/plc found no node first");
    }

    @Test
    void shouldGrowUntilSomethingBreaks() throws Exception {
        Run run = run(
                MIX,
                deployment("du", 1, "latency: '800'", "100m") + deployment("web", 1, "", "100m"),
                "--grow",
                "-o",
                "json");

        JsonNode result = Json.tree(run.out());
        assertThat(run.exitCode()).isZero();
        assertThat(result.at("/broke/workload").asText()).isEqualTo("deployment/du");
        assertThat(result.at("/broke/rounds").asInt()).isEqualTo(11); // With the first, all twelve ports.
    }

    @Test
    void shouldEvictTheLessImportantAndAskForThemAgain() throws Exception {
        String urgent = deployment("urgent", 2, "latency: '800', interfaces: '4'", "100m")
                .replace("spec: {containers", "spec: {priority: 1000, containers");

        Run run = run(MIX, deployment("du", 3, "latency: '800', interfaces: '4'", "100m") + urgent, "-o", "json");

        JsonNode workloads = Json.tree(run.out()).path("workloads");
        assertThat(workloads.at("/0/evicted").asInt()).isEqualTo(2);
        assertThat(workloads.at("/0/placed").asInt()).isEqualTo(1);
        assertThat(workloads.at("/1/placed").asInt()).isEqualTo(2);
    }

    @Test
    void shouldGiveTheSameForTheSameSeed() throws Exception {
        String load = deployment("web", 20, "", "100m");

        assertThat(run(MIX, load, "-o", "json", "--seed", "7").out())
                .isEqualTo(run(MIX, load, "-o", "json", "--seed", "7").out());
    }

    @Test
    void shouldWriteAReportInWhichNamesStayText() throws Exception {
        Path page = folder.resolve("report.html");

        run(MIX, deployment("'<img src=x>'", 1, "latency: '800', interfaces: '9'", "100m"), "--html", page.toString());

        assertThat(Files.readString(page))
                .contains("Simulation of 5 nodes", "found no node first", "&lt;img src=x&gt;", "radio-3")
                .doesNotContain("<img");
    }

    @Test
    void shouldPlanAThousandNodesAndFiveThousandPods() throws Exception {
        Run run =
                run("nodes: [{name: n, count: 1000, dpdkPorts: 8}]", deployment("du", 5000, "latency: '800'", "100m"));

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).containsPattern("DPDK ports +0\\.0% +62\\.5%");
    }

    @Test
    void shouldTellAllFaultsOfAPlanAtOnce() throws Exception {
        Run run = run(
                "nodes: [{name: Radio, count: 0, dpdkports: 2, cpu: many, guard: long}]",
                deployment("web", 1, "", "100m"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines())
                .hasSize(5)
                .anySatisfy(line -> assertThat(line).endsWith("'Radio' must be a DNS label of at most 42 characters"))
                .anySatisfy(line -> assertThat(line).contains("nodes[0].count: '0' must be an integer from 1 to"))
                .anySatisfy(line -> assertThat(line).contains("nodes[0].dpdkports: '2' must be one of"))
                .anySatisfy(line -> assertThat(line).contains("nodes[0].cpu: 'many' must be a Kubernetes quantity"));
    }
}
