package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The API server's audit log of the programs' accounts, followed as it grows. It names the role that allowed a request: a
 * right that was used through a role could not have been left out of it. Thread-safe.
 */
final class AuditLog {
    private static final Pattern ROLE = Pattern.compile(" of (?:Cluster)?Role \"([^\"]+)\" ");

    private final Path file;
    private long read;
    private final Map<String, JsonNode> used = new TreeMap<>();
    private final Set<String> denied = new TreeSet<>();

    AuditLog(Path file) {
        this.file = file;
    }

    /** Rights that the log saw used, but those that every user has; see {@link Rights}. */
    synchronized Set<String> used() throws IOException {
        follow();
        return new TreeSet<>(used.keySet());
    }

    /** The first request that used a right. */
    synchronized JsonNode request(String right) throws IOException {
        follow();
        JsonNode request = used.get(right);
        if (request == null) {
            throw new IllegalArgumentException(right + " was never used");
        }
        return request;
    }

    /** What the log saw forbidden, as {@code user: verb resource}. */
    synchronized Set<String> denied() throws IOException {
        follow();
        return new TreeSet<>(denied);
    }

    /** Throws when a program lacked a right. */
    void checkNothingDenied() throws IOException {
        Set<String> lacked = denied();
        if (!lacked.isEmpty()) {
            throw new AssertionError("rights that were lacked: " + lacked);
        }
    }

    /** What was forbidden until now was to be expected. */
    synchronized void forgetDenied() throws IOException {
        follow();
        denied.clear();
    }

    /** A line that is being written is left for the next time. */
    private void follow() throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
            byte[] fresh = new byte[Math.toIntExact(log.length() - read)];
            log.seek(read);
            log.readFully(fresh);
            int end = fresh.length;
            while (end > 0 && fresh[end - 1] != '\n') {
                end--;
            }
            read += end;
            for (String line : new String(fresh, 0, end, StandardCharsets.UTF_8).split("\n")) {
                if (!line.isBlank()) {
                    note(Json.tree(line));
                }
            }
        }
    }

    private void note(JsonNode event) {
        JsonNode verdict = event.path("annotations");
        if (verdict.path("authorization.k8s.io/decision").asText().equals("forbid")) {
            denied.add(right(event.at("/user/username").asText(), event));
        }
        Matcher role = ROLE.matcher(verdict.path("authorization.k8s.io/reason").asText());
        if (event.has("objectRef") && role.find() && !role.group(1).startsWith("system:")) {
            used.putIfAbsent(right(role.group(1), event), event);
        }
    }

    private static String right(String who, JsonNode event) {
        JsonNode object = event.path("objectRef");
        String resource = object.path("resource").asText()
                + (object.has("subresource") ? "/" + object.path("subresource").asText() : "");
        return Rights.line(
                who,
                event.path("verb").asText(),
                resource.isEmpty() ? event.path("requestURI").asText() : resource,
                object.path("apiGroup").asText());
    }
}
