package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.GuardedProcess;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real Prometheus that scrapes often and evaluates the chart's alert rules. */
final class Prometheus implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final Path targets;
    private final int port = ControlPlane.freePort();
    private final GuardedProcess process;

    /** @param folder of its own, for its data */
    Prometheus(Path folder) throws IOException {
        Files.createDirectories(folder);
        targets = folder.resolve("targets.json");
        Files.writeString(targets, "[]");
        Path rules = folder.resolve("rules.yaml");
        Files.copy(Chart.FOLDER.resolve("files/alerts/latency-scheduler.yaml"), rules);
        Path config = Files.writeString(folder.resolve("prometheus.yaml"), """
                # A scrape may take as long as the next one is away, which a busy machine needs.
                global: {scrape_interval: 3s, scrape_timeout: 3s, evaluation_interval: 1s}
                rule_files: [%s]
                scrape_configs:
                  - job_name: programs
                    metrics_path: /actuator/prometheus
                    file_sd_configs: [{files: [%s], refresh_interval: 1s}]
                """.formatted(rules, targets));
        process = GuardedProcess.start(
                "prometheus",
                List.of(
                        "prometheus",
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--log.level=warn"),
                folder.resolve("prometheus.txt"));
        Await.until("Prometheus is ready", () -> process.isAlive() && answers("/-/ready"), process::lastWords);
    }

    private boolean answers(String path) {
        try {
            return get(path).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** What it scrapes from now on: addresses by job. */
    void scrape(Map<String, List<String>> addresses) throws IOException {
        ArrayNode groups = Json.array();
        addresses.forEach((job, places) -> {
            var group = groups.addObject();
            places.forEach(group.putArray("targets")::add);
            group.putObject("labels").put("job", job).put("namespace", Chart.NAMESPACE);
        });
        Path fresh = Files.writeString(targets.resolveSibling("fresh"), groups.toString());
        Files.move(fresh, targets, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** How many targets answered their last scrape. */
    int up() throws IOException {
        int up = 0;
        for (double value : values("up")) {
            up += (int) value;
        }
        return up;
    }

    /** The numbers that an expression has now; those that are not a number are left out. */
    List<Double> values(String expression) throws IOException {
        HttpResponse<String> response =
                get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        if (response.statusCode() != 200) {
            throw new AssertionError(expression + ": " + response.body());
        }
        List<Double> values = new ArrayList<>();
        for (JsonNode result : Json.tree(response.body()).at("/data/result")) {
            double value = Double.parseDouble(result.at("/value/1").asText().replace("+Inf", "Infinity"));
            if (!Double.isNaN(value)) {
                values.add(value);
            }
        }
        return values;
    }

    /** Every alert's health, {@code ok} when its expression could be evaluated, by name. */
    Map<String, String> rules() throws IOException {
        Map<String, String> health = new java.util.TreeMap<>();
        for (JsonNode group : Json.tree(get("/api/v1/rules").body()).at("/data/groups")) {
            for (JsonNode rule : group.path("rules")) {
                health.put(
                        rule.path("name").asText(),
                        rule.path("health").asText() + rule.path("lastError").asText());
            }
        }
        return health;
    }

    private HttpResponse<String> get(String path) throws IOException {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
