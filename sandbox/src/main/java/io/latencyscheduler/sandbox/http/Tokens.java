package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Bearer tokens: those it was started with and those it issued for service accounts. Safe for all threads. */
final class Tokens {
    private static final long DEFAULT_SECONDS = 3600;

    private final Map<String, User> users = new ConcurrentHashMap<>();
    private final Map<String, Instant> expiries = new ConcurrentHashMap<>();
    private final Clock clock;

    Tokens(Map<String, User> users, Clock clock) {
        this.users.putAll(users);
        this.clock = clock;
    }

    /** @throws ApiFailure 401 for a token nobody has; no token at all is the administrator's */
    User authenticate(String authorization) {
        if (!authorization.startsWith("Bearer ")) {
            return User.ANONYMOUS;
        }
        return find(authorization.substring("Bearer ".length()).strip()).orElseThrow(ApiFailure::unauthorized);
    }

    private Optional<User> find(String token) {
        Instant expiry = expiries.getOrDefault(token, Instant.MAX);
        return clock.instant().isAfter(expiry) ? Optional.empty() : Optional.ofNullable(users.get(token));
    }

    /** {@code authentication.k8s.io} TokenReview. */
    ObjectNode review(ObjectNode review) {
        Optional<User> found = find(Json.text(review, "/spec/token"));
        ObjectNode status = review.putObject("status");
        status.put("authenticated", found.isPresent());
        found.ifPresentOrElse(
                user -> {
                    ObjectNode shown = status.putObject("user");
                    shown.put("username", user.name()).put("uid", user.uid());
                    user.groups().forEach(shown.withArray("groups")::add);
                },
                () -> status.put("error", "invalid bearer token"));
        return review;
    }

    /** TokenRequest of a service account. */
    ObjectNode issue(String namespace, String name, String uid, JsonNode request) {
        long seconds = request.at("/spec/expirationSeconds").asLong(DEFAULT_SECONDS);
        String token = "sandbox-" + UUID.randomUUID();
        Instant expiry = clock.instant().plusSeconds(seconds);
        users.put(
                token,
                new User(
                        "system:serviceaccount:" + namespace + ":" + name,
                        uid,
                        List.of(
                                "system:serviceaccounts",
                                "system:serviceaccounts:" + namespace,
                                "system:authenticated")));
        expiries.put(token, expiry);
        ObjectNode answer = Json.object().put("kind", "TokenRequest").put("apiVersion", "authentication.k8s.io/v1");
        answer.putObject("metadata").put("name", name).put("namespace", namespace);
        answer.putObject("spec").put("expirationSeconds", seconds);
        answer.putObject("status").put("token", token).put("expirationTimestamp", expiry.toString());
        return answer;
    }
}
