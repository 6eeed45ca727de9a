package io.latencyscheduler.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Notes every role and binding of the release that it sees: those of hooks live only as long as their hook. With the system
 * property {@value #WITHOUT} it takes that right out of its role each time it sees it there. Thread-safe.
 */
final class RoleBook {
    /** A right to be taken away, as {@link Rights} writes it. */
    static final String WITHOUT = "latency-scheduler.test.without";

    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final List<Resource> ROLES =
            List.of(new Resource(GROUP, "v1", "clusterroles", false), new Resource(GROUP, "v1", "roles", true));
    private static final List<Resource> BINDINGS = List.of(
            new Resource(GROUP, "v1", "clusterrolebindings", false), new Resource(GROUP, "v1", "rolebindings", true));

    private final ObjectClient objects;
    private final Set<String> granted = new TreeSet<>();
    private final Map<String, Noted> roles = new TreeMap<>();
    private final Map<String, Noted> bindings = new TreeMap<>();

    /** An object as it was last seen. */
    record Noted(Resource resource, JsonNode object) {
        String namespace() {
            return object.at("/metadata/namespace").asText();
        }

        String name() {
            return Chart.name(object);
        }
    }

    RoleBook(ObjectClient objects) {
        this.objects = objects;
    }

    /** Looks what there is now. */
    synchronized void look() throws IOException {
        note(BINDINGS, bindings);
        note(ROLES, roles);
        for (Noted role : roles.values()) {
            granted.addAll(Rights.granted(role.object()));
        }
        String without = System.getProperty(WITHOUT, "");
        for (Noted role : roles.values()) {
            if (Rights.granted(role.object()).contains(without)) {
                restrict(role, without);
            }
        }
    }

    private void note(List<Resource> kinds, Map<String, Noted> into) throws IOException {
        Map<String, String> ours = Map.of("labelSelector", "app.kubernetes.io/instance=" + Chart.RELEASE);
        for (Resource kind : kinds) {
            for (JsonNode object : objects.list(kind, "", ours)) {
                into.put(kind.plural() + "/" + Chart.name(object), new Noted(kind, object));
            }
        }
    }

    /** Every right that was ever granted. */
    synchronized Set<String> granted() {
        return new TreeSet<>(granted);
    }

    /** The roles as they were last seen. */
    synchronized List<Noted> roles() {
        return new ArrayList<>(roles.values());
    }

    /** Makes all roles and bindings that are not there any more. */
    synchronized void restore() throws IOException {
        List<Noted> all = new ArrayList<>(roles.values());
        all.addAll(bindings.values());
        for (Noted noted : all) {
            if (objects.get(noted.resource(), noted.namespace(), noted.name()).isEmpty()) {
                ObjectNode fresh = noted.object().deepCopy();
                ((ObjectNode) fresh.path("metadata")).remove(List.of("resourceVersion", "uid", "managedFields"));
                objects.create(noted.resource(), noted.namespace(), fresh);
            }
        }
    }

    /** Leaves a role all it was last seen with but one right. */
    void restrict(Noted role, String right) throws IOException {
        ObjectNode patch = Json.object();
        patch.set("rules", Rights.without(role.object(), right));
        objects.patch(role.resource(), role.namespace(), role.name(), Patch.merge(patch));
    }

    /** Whether the API server would allow a request that its audit log tells of. */
    boolean allowed(JsonNode request) throws IOException {
        ObjectNode review =
                Json.object().put("apiVersion", "authorization.k8s.io/v1").put("kind", "SubjectAccessReview");
        ObjectNode spec = review.putObject("spec");
        spec.set("user", request.at("/user/username"));
        spec.set("groups", request.at("/user/groups"));
        ObjectNode attributes = spec.putObject("resourceAttributes");
        attributes.set("verb", request.path("verb"));
        JsonNode object = request.path("objectRef");
        attributes.put("group", object.path("apiGroup").asText());
        for (String key : List.of("resource", "subresource", "namespace", "name")) {
            attributes.put(key, object.path(key).asText());
        }
        return objects.create(new Resource("authorization.k8s.io", "v1", "subjectaccessreviews", false), "", review)
                .at("/status/allowed")
                .asBoolean();
    }
}
