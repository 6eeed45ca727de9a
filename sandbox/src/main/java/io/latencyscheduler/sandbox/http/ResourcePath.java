package io.latencyscheduler.sandbox.http;

import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.registry.Catalog;
import java.util.List;

/**
 * Where in the API a request points: {@code /api/v1/namespaces/default/pods/web/status}.
 *
 * @param namespace empty for all namespaces, and for cluster-scoped resources
 * @param name empty for the collection
 * @param subresource empty for the object itself
 */
record ResourcePath(ResourceType type, String namespace, String name, String subresource) {

    /** @throws ApiFailure 404 when nothing is served there */
    static ResourcePath parse(Catalog catalog, List<String> segments) {
        boolean core = segments.get(0).equals("api");
        int start = core ? 2 : 3;
        if (segments.size() <= start) {
            throw ApiFailure.noSuchPath();
        }
        String group = core ? "" : segments.get(1);
        String version = segments.get(start - 1);
        List<String> rest = segments.subList(start, segments.size());
        String namespace = "";
        if (rest.get(0).equals("namespaces") && rest.size() > 2 && !isNamespaceSubresource(rest.get(2))) {
            namespace = rest.get(1);
            rest = rest.subList(2, rest.size());
        }
        ResourceType type = catalog.find(group, version, rest.get(0)).orElseThrow(ApiFailure::noSuchPath);
        if (rest.size() > 3 || (type.namespaced() ? namespace.isEmpty() && rest.size() > 1 : !namespace.isEmpty())) {
            throw ApiFailure.noSuchPath();
        }
        return new ResourcePath(
                type, namespace, rest.size() > 1 ? rest.get(1) : "", rest.size() > 2 ? rest.get(2) : "");
    }

    private static boolean isNamespaceSubresource(String segment) {
        return segment.equals("status") || segment.equals("finalize");
    }

    boolean isCollection() {
        return name.isEmpty();
    }
}
