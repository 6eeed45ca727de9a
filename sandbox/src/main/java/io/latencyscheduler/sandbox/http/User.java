package io.latencyscheduler.sandbox.http;

import java.util.List;

/** Somebody who may ask. The sandbox knows names, for tokenreviews and managed fields; it refuses nobody a right. */
public record User(String name, String uid, List<String> groups) {
    /** Whoever shows no token. */
    public static final User ANONYMOUS =
            new User("system:admin", "", List.of("system:masters", "system:authenticated"));

    public User {
        groups = List.copyOf(groups);
    }
}
