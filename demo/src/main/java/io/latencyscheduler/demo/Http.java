package io.latencyscheduler.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Requests to the programs' own pages on this machine. */
final class Http {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private Http() {}

    /** Whether the page answers with a success; false while nobody listens. */
    static boolean ok(int port, String path) {
        try {
            return get(port, path).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** The page's text. */
    static String text(int port, String path) throws IOException {
        HttpResponse<String> response = get(port, path);
        if (response.statusCode() != 200) {
            throw new IOException("port " + port + path + " answered " + response.statusCode());
        }
        return response.body();
    }

    private static HttpResponse<String> get(int port, String path) throws IOException {
        try {
            return CLIENT.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(Duration.ofSeconds(5))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stopped);
        }
    }
}
