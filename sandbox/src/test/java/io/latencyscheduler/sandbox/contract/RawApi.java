package io.latencyscheduler.sandbox.contract;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.sandbox.api.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** HTTP and JSON, nothing between: what is tested is the wire. */
record RawApi(HttpClient client, URI base, String token) {
    static final String JSON = "application/json";
    static final String JSON_PATCH = "application/json-patch+json";
    static final String MERGE_PATCH = "application/merge-patch+json";
    static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";
    static final String APPLY_PATCH = "application/apply-patch+yaml";
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    record Answer(int code, JsonNode body) {
        String text(String pointer) {
            return body.at(pointer).asText("");
        }

        String resourceVersion() {
            return text("/metadata/resourceVersion");
        }
    }

    Answer get(String path) {
        return send("GET", path, "", JSON, JSON);
    }

    Answer getAs(String accept, String path) {
        return send("GET", path, "", JSON, accept);
    }

    Answer post(String path, String body) {
        return send("POST", path, body, JSON, JSON);
    }

    Answer put(String path, JsonNode body) {
        return send("PUT", path, body.toString(), JSON, JSON);
    }

    Answer patch(String type, String path, String body) {
        return send("PATCH", path, body, type, JSON);
    }

    Answer delete(String path) {
        return send("DELETE", path, "", JSON, JSON);
    }

    Answer delete(String path, String options) {
        return send("DELETE", path, options, JSON, JSON);
    }

    Answer send(String method, String path, String body, String contentType, String accept) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", contentType)
                .header("Accept", accept)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(quoted(body)));
        try {
            HttpResponse<byte[]> response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(response.statusCode(), Json.parse(response.body()));
        } catch (IOException e) {
            throw new AssertionError(method + " " + path + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Lets tests write JSON with single quotes. */
    private static String quoted(String body) {
        return body.indexOf('"') < 0 ? body.replace('\'', '"') : body;
    }

    /** An open watch. */
    final class Watch implements AutoCloseable {
        private static final JsonNode END = Json.object().put("type", "END");
        private final LinkedBlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
        private final InputStream stream;

        private Watch(InputStream stream) {
            this.stream = stream;
            Thread thread = new Thread(this::read, "watch-reader");
            thread.setDaemon(true);
            thread.start();
        }

        private void read() {
            // Not closed here: whoever closes the stream ends this thread.
            BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
            try {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    events.add(Json.parse(line.getBytes(StandardCharsets.UTF_8)));
                }
                events.add(END);
            } catch (IOException e) {
                events.add(Json.object().put("type", "BROKEN"));
            }
        }

        /** The next event, which may be END when the server ended the stream or BROKEN when the connection broke. */
        JsonNode next() {
            try {
                JsonNode event = events.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
                if (event == null) {
                    throw new AssertionError("no watch event within " + TIMEOUT);
                }
                return event;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        /** {@code TYPE name} of the next event. */
        String nextNamed() {
            JsonNode event = next();
            return event.path("type").asText() + " "
                    + event.at("/object/metadata/name").asText();
        }

        @Override
        public void close() {
            try {
                stream.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    Watch watch(String path) {
        return watchAs(JSON, path);
    }

    Watch watchAs(String accept, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                .header("Authorization", "Bearer " + token)
                .header("Accept", accept)
                .build();
        try {
            var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            if (response.statusCode() != 200) {
                throw new AssertionError("watch " + path + ": " + response.statusCode() + " "
                        + new String(response.body().readAllBytes(), StandardCharsets.UTF_8));
            }
            return new Watch(response.body());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
