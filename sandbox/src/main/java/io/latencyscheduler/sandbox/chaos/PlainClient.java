package io.latencyscheduler.sandbox.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * HTTP and JSON to one API server. It shares nothing with the programs under test, so that a fault of theirs is not
 * repeated by the one who audits them. Thread-safe.
 */
public record PlainClient(HttpClient http, URI server, String token) {
    static final String JSON = "application/json";
    static final String MERGE_PATCH = "application/merge-patch+json";
    static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final Duration ANSWER_TO_WATCH = Duration.ofSeconds(10);
    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;

    /** An answer that is none of those expected. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;
        private final int status;

        Refused(String asked, int status, String body) {
            super(asked + " answered " + status + ": " + body);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    /** @throws IOException also when the answer is not 200 */
    JsonNode get(String path) throws IOException {
        return Json.parse(demand("GET", path, "", JSON, -1));
    }

    /** Creates an object from YAML; one that is there already stays as it is. */
    void create(String path, String yaml) throws IOException {
        demand(
                "POST",
                path,
                Json.parseYaml(yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .toString(),
                JSON,
                CONFLICT);
    }

    void patch(String path, String contentType, String yaml) throws IOException {
        JsonNode body = Json.parseYaml(yaml.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        demand("PATCH", path, body.toString(), contentType, -1);
    }

    /** Deletes at once, without grace; an absent object is fine. */
    void delete(String path) throws IOException {
        demand(
                "DELETE",
                path,
                "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0}",
                JSON,
                NOT_FOUND);
    }

    private byte[] demand(String method, String path, String body, String contentType, int alsoFine)
            throws IOException {
        try {
            HttpResponse<byte[]> response =
                    http.send(request(method, path, body, contentType).build(), BodyHandlers.ofByteArray());
            int status = response.statusCode();
            if (status / 100 != 2 && status != alsoFine) {
                throw new Refused(
                        method + " " + path,
                        status,
                        new String(response.body(), java.nio.charset.StandardCharsets.UTF_8));
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Opens a watch; lines of the body are events. */
    InputStream watch(String path) throws IOException {
        CompletableFuture<HttpResponse<InputStream>> answer = http.sendAsync(
                HttpRequest.newBuilder(server.resolve(path))
                        .header("Authorization", "Bearer " + token)
                        .build(),
                BodyHandlers.ofInputStream());
        try {
            HttpResponse<InputStream> response =
                    answer.get(ANSWER_TO_WATCH.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS);
            if (response.statusCode() != 200) {
                response.body().close();
                throw new Refused("GET " + path, response.statusCode(), "");
            }
            return response.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            answer.cancel(true);
            throw new IOException("GET " + path + ": " + e, e);
        }
    }

    private HttpRequest.Builder request(String method, String path, String body, String contentType) {
        return HttpRequest.newBuilder(server.resolve(path))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", contentType)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    }
}
