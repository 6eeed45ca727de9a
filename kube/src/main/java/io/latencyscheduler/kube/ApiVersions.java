package io.latencyscheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * What an API server offers.
 *
 * @param gitVersion such as {@code v1.29.3}
 * @param groupVersions such as {@code v1}, {@code policy/v1}
 */
public record ApiVersions(String gitVersion, Set<String> groupVersions) {
    public ApiVersions {
        groupVersions = Set.copyOf(groupVersions);
    }

    /** Asks the server. */
    public static ApiVersions discover(Transport api) throws IOException {
        Set<String> found = new HashSet<>();
        for (JsonNode version : api.demand(ApiRequest.get("/api")).tree().path("versions")) {
            found.add(version.asText());
        }
        for (JsonNode group : api.demand(ApiRequest.get("/apis")).tree().path("groups")) {
            for (JsonNode version : group.path("versions")) {
                found.add(version.path("groupVersion").asText());
            }
        }
        String version =
                api.demand(ApiRequest.get("/version")).tree().path("gitVersion").asText("unknown");
        return new ApiVersions(version, found);
    }

    /** Whether the server has this {@code group/version}. */
    public boolean has(String groupVersion) {
        return groupVersions.contains(groupVersion);
    }

    /** PodDisruptionBudgets in the newest version that the server has. */
    public Resource podDisruptionBudgets() {
        return new Resource("policy", has("policy/v1") ? "v1" : "v1beta1", "poddisruptionbudgets", true);
    }

    /** Evictions need the version that the server knows: {@code policy/v1} since 1.22. */
    public String evictionApiVersion() {
        return has("policy/v1") ? "policy/v1" : "policy/v1beta1";
    }

    /** Events: the group's own API when the server has it, else the core one. */
    public Resource events() {
        return has("events.k8s.io/v1") ? new Resource("events.k8s.io", "v1", "events", true) : Resource.EVENTS;
    }
}
