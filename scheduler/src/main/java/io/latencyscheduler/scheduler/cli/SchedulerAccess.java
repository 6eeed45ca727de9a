package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.kube.Transport;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP interface of the scheduler that leads: at a given address, or through the API server's proxy to the pod that
 * holds the lease. Stand-bys decide nothing and remember nothing.
 */
final class SchedulerAccess {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final @Nullable URI address;
    private final Transport api;
    private final String proxy;

    private SchedulerAccess(@Nullable URI address, Transport api, String proxy) {
        this.address = address;
        this.api = api;
        this.proxy = proxy;
    }

    /** What it answered; {@code tree} is missing when the answer was not JSON. */
    record Answer(int status, String text) {
        JsonNode tree() throws IOException {
            return Json.tree(text);
        }
    }

    static SchedulerAccess at(URI address, Transport api) {
        return new SchedulerAccess(address, api, "");
    }

    /**
     * Finds the pod that leads.
     *
     * @param namespace of the lease; empty: any
     * @throws IOException in one sentence when there is none
     */
    static SchedulerAccess leader(Transport api, String name, String namespace, int port) throws IOException {
        JsonNode newest = null;
        for (JsonNode lease : new ObjectClient(api)
                .list(Resource.LEASES, namespace, Map.of("fieldSelector", "metadata.name=" + name))) {
            String renewed = lease.path("spec").path("renewTime").asText("");
            if (newest == null
                    || newest.path("spec").path("renewTime").asText("").compareTo(renewed) < 0) {
                newest = lease;
            }
        }
        String holder =
                newest == null ? "" : newest.path("spec").path("holderIdentity").asText("");
        if (newest == null || holder.isEmpty()) {
            throw new IOException("no scheduler holds a lease named '" + name + "'");
        }
        String pod = holder.contains("_") ? holder.substring(0, holder.lastIndexOf('_')) : holder;
        String path =
                Resource.PODS.path(newest.path("metadata").path("namespace").asText(), pod + ":" + port, "proxy");
        return new SchedulerAccess(null, api, path);
    }

    Answer get(String path) throws IOException {
        return address == null
                ? answer(api.send(ApiRequest.get(proxy + path).within(PATIENCE)))
                : send(HttpRequest.newBuilder(address.resolve(path)).GET());
    }

    Answer post(String path, byte[] body) throws IOException {
        if (address == null) {
            ApiRequest post = new ApiRequest(
                    "POST", proxy + path, new HashMap<>(), "application/json", body, PATIENCE, false, () -> true);
            return answer(api.send(post));
        }
        return send(HttpRequest.newBuilder(address.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    private static Answer answer(ApiResponse response) throws IOException {
        // A Status is the API server's own: it could not reach the pod.
        if (!response.ok() && response.tree().path("kind").asText("").equals("Status")) {
            throw new IOException(response.message());
        }
        return new Answer(response.status(), new String(response.body(), StandardCharsets.UTF_8));
    }

    private static Answer send(HttpRequest.Builder request) throws IOException {
        try {
            HttpResponse<String> response = HttpClient.newBuilder()
                    .connectTimeout(PATIENCE)
                    .build()
                    .send(request.timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", interrupted);
        }
    }
}
