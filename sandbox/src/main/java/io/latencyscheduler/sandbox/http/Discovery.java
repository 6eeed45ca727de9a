package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.registry.Catalog;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code /api}, {@code /apis}, {@code /version} and what else tells a client what is served. */
final class Discovery {
    private static final Map<String, List<String>> POD_SUBRESOURCES =
            Map.of("binding", List.of("create"), "eviction", List.of("create"));
    private static final String VERBS = "create delete deletecollection get list patch update watch";
    // Virtual resources: they are created and answered, never stored.
    private static final Map<String, List<String>> REVIEWS = Map.of(
            "authentication.k8s.io/v1", List.of("TokenReview"),
            "authorization.k8s.io/v1", List.of("SelfSubjectAccessReview", "SubjectAccessReview"));

    private final Catalog catalog;
    private final String version;

    /** @param version such as {@code v1.36.0} */
    Discovery(Catalog catalog, String version) {
        this.catalog = catalog;
        this.version = version;
    }

    ObjectNode version() {
        String[] parts = version.substring(1).split("\\.", -1);
        return Json.object()
                .put("major", parts[0])
                .put("minor", parts[1])
                .put("gitVersion", version + "+sandbox")
                .put("gitCommit", "")
                .put("gitTreeState", "clean")
                .put("buildDate", "1970-01-01T00:00:00Z")
                .put("goVersion", "none")
                .put("compiler", "javac")
                .put("platform", "jvm");
    }

    static ObjectNode coreVersions() {
        ObjectNode versions = Json.object().put("kind", "APIVersions");
        versions.putArray("versions").add("v1");
        versions.putArray("serverAddressByClientCIDRs");
        return versions;
    }

    ObjectNode groups() {
        ObjectNode list = Json.object().put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode groups = list.putArray("groups");
        groupVersions().forEach((name, versions) -> groups.add(group(name, versions)));
        return list;
    }

    ObjectNode group(String name) {
        Set<String> versions = groupVersions().get(name);
        if (versions == null) {
            throw ApiFailure.noSuchPath();
        }
        return group(name, versions).put("kind", "APIGroup").put("apiVersion", "v1");
    }

    private Map<String, Set<String>> groupVersions() {
        Map<String, Set<String>> groups = new LinkedHashMap<>();
        catalog.all()
                .filter(type -> !type.group().isEmpty())
                .forEach(type -> groups.computeIfAbsent(type.group(), any -> new LinkedHashSet<>())
                        .add(type.version()));
        REVIEWS.keySet().stream()
                .sorted()
                .forEach(apiVersion -> groups.put(apiVersion.substring(0, apiVersion.indexOf('/')), Set.of("v1")));
        return groups;
    }

    private static ObjectNode group(String name, Set<String> versions) {
        ObjectNode group = Json.object().put("name", name);
        versions.forEach(version -> group.withArray("versions")
                .addObject()
                .put("groupVersion", name + "/" + version)
                .put("version", version));
        group.set("preferredVersion", group.path("versions").get(0).deepCopy());
        return group;
    }

    ObjectNode resources(String apiVersion) {
        ObjectNode list = Json.object()
                .put("kind", "APIResourceList")
                .put("apiVersion", "v1")
                .put("groupVersion", apiVersion);
        ArrayNode resources = list.putArray("resources");
        catalog.all().filter(type -> type.apiVersion().equals(apiVersion)).forEach(type -> {
            add(resources, type, type.plural(), type.kind(), List.of(VERBS.split(" ")));
            if (type.has(ResourceType.Feature.STATUS)) {
                add(resources, type, type.plural() + "/status", type.kind(), List.of("get", "patch", "update"));
            }
            if (type.storage().equals("pods")) {
                POD_SUBRESOURCES.forEach((name, verbs) ->
                        add(resources, type, "pods/" + name, name.equals("binding") ? "Binding" : "Eviction", verbs));
            }
            if (type.storage().equals("serviceaccounts")) {
                add(resources, type, "serviceaccounts/token", "TokenRequest", List.of("create"));
            }
        });
        for (String kind : REVIEWS.getOrDefault(apiVersion, List.of())) {
            ObjectNode entry = resources.addObject();
            entry.put("name", kind.toLowerCase(java.util.Locale.ROOT) + "s").put("singularName", "");
            entry.put("namespaced", false).put("kind", kind).putArray("verbs").add("create");
        }
        if (resources.isEmpty()) {
            throw ApiFailure.noSuchPath();
        }
        return list;
    }

    private static void add(ArrayNode resources, ResourceType type, String name, String kind, List<String> verbs) {
        boolean main = !name.contains("/");
        ObjectNode entry = resources.addObject();
        entry.put("name", name).put("singularName", main ? type.singular() : "");
        entry.put("namespaced", type.namespaced()).put("kind", kind);
        if (name.endsWith("/eviction")) {
            entry.put("group", "policy").put("version", "v1");
        }
        verbs.forEach(entry.putArray("verbs")::add);
        if (main && !type.shortNames().isEmpty()) {
            type.shortNames().forEach(entry.putArray("shortNames")::add);
        }
        if (main && !type.categories().isEmpty()) {
            type.categories().forEach(entry.putArray("categories")::add);
        }
    }

    ObjectNode paths() {
        ObjectNode paths = Json.object();
        Set<String> all = catalog.all()
                .map(type -> type.group().isEmpty() ? "/api/v1" : "/apis/" + type.apiVersion())
                .collect(Collectors.toCollection(java.util.TreeSet::new));
        all.addAll(List.of("/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/readyz", "/version"));
        all.forEach(paths.putArray("paths")::add);
        return paths;
    }

    /**
     * {@code /openapi/v2} as kubectl fetches it before it sends a file: a gnostic {@code Document} in protobuf that
     * defines nothing, so that kubectl leaves validation to the server. Fields: swagger = 1, info = 2 {title = 1,
     * version = 2}.
     */
    static byte[] openApiProtobuf() {
        byte[] bytes =
                new byte[] {0x0a, 3, '2', '.', '0', 0x12, 12, 0x0a, 7, 's', 'a', 'n', 'd', 'b', 'o', 'x', 0x12, 1, '1'};
        return bytes.clone();
    }

    static byte[] openApiJson() {
        return "{\"swagger\":\"2.0\",\"info\":{\"title\":\"sandbox\",\"version\":\"1\"},\"paths\":{},\"definitions\":{}}"
                .getBytes(StandardCharsets.UTF_8);
    }
}
