package io.latencyscheduler.sandbox;

import io.latencyscheduler.sandbox.http.User;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a {@link Sandbox} is started with.
 *
 * @param port 0 for any free one
 * @param kubernetesVersion what {@code /version} says: {@code v<major>.<minor>.<patch>}
 * @param history changes kept per kind of object; a watch or continued list further behind gets 410
 * @param bookmarkPeriod how often a watch that asked for bookmarks gets one
 * @param users who is known by which bearer token; no token at all is the administrator's
 * @param clock for timestamps
 */
public record SandboxOptions(
        int port,
        String kubernetesVersion,
        int history,
        Duration bookmarkPeriod,
        Map<String, User> users,
        Clock clock) {
    public SandboxOptions {
        users = Map.copyOf(users);
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " must be 0 to 65535");
        }
        if (!kubernetesVersion.matches("v\\d+\\.\\d+\\.\\d+")) {
            throw new IllegalArgumentException(
                    "Kubernetes version '" + kubernetesVersion + "' must have the form v1.36.0");
        }
        if (history < 1) {
            throw new IllegalArgumentException("history " + history + " must be at least 1");
        }
        if (bookmarkPeriod.toMillis() < 1) {
            throw new IllegalArgumentException("bookmark period " + bookmarkPeriod + " must be at least 1 ms");
        }
    }

    public static SandboxOptions defaults() {
        return new SandboxOptions(0, "v1.36.0", 16_384, Duration.ofSeconds(30), Map.of(), Clock.systemUTC());
    }

    public SandboxOptions withPort(int newPort) {
        return new SandboxOptions(newPort, kubernetesVersion, history, bookmarkPeriod, users, clock);
    }

    public SandboxOptions withKubernetesVersion(String version) {
        return new SandboxOptions(port, version, history, bookmarkPeriod, users, clock);
    }

    public SandboxOptions withHistory(int changes) {
        return new SandboxOptions(port, kubernetesVersion, changes, bookmarkPeriod, users, clock);
    }

    public SandboxOptions withBookmarkPeriod(Duration period) {
        return new SandboxOptions(port, kubernetesVersion, history, period, users, clock);
    }

    public SandboxOptions withUser(String name, String token, String... groups) {
        Map<String, User> all = new HashMap<>(users);
        all.put(token, new User(name, "", List.of(groups)));
        return new SandboxOptions(port, kubernetesVersion, history, bookmarkPeriod, all, clock);
    }

    public SandboxOptions withClock(Clock newClock) {
        return new SandboxOptions(port, kubernetesVersion, history, bookmarkPeriod, users, newClock);
    }
}
