package io.latencyscheduler.sandbox;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.http.HttpApi;
import io.latencyscheduler.sandbox.http.User;
import io.latencyscheduler.sandbox.registry.Catalog;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.registry.WriteOptions;
import io.latencyscheduler.sandbox.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A Kubernetes API in this process: plain HTTP on the loopback address, gone with {@link #close}. Safe for all threads;
 * many can run side by side.
 */
public final class Sandbox implements AutoCloseable {
    /** The administrator's token in the kubeconfig. Requests without a token are the administrator's too. */
    public static final String ADMIN_TOKEN = "sandbox-admin";

    private static final YAMLMapper YAML = new YAMLMapper();

    private final Registry registry;
    private final HttpApi api;

    private Sandbox(Registry registry, HttpApi api) {
        this.registry = registry;
        this.api = api;
    }

    /** @throws IllegalStateException when it cannot listen on the port */
    public static Sandbox start(SandboxOptions options) {
        Registry registry = new Registry(new Store(options.history()), new Catalog(), options.clock());
        Map<String, User> users = new HashMap<>(options.users());
        users.put(ADMIN_TOKEN, User.ANONYMOUS);
        HttpApi api = HttpApi.listen(
                registry,
                options.port(),
                options.kubernetesVersion(),
                options.bookmarkPeriod(),
                users,
                options.clock());
        return new Sandbox(registry, api);
    }

    /** With the defaults, on any free port. */
    public static Sandbox start() {
        return start(SandboxOptions.defaults());
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + api.port());
    }

    /** Writes the administrator's kubeconfig. */
    public void writeKubeconfig(Path file) {
        try {
            Kubeconfig.write(file, url(), ADMIN_TOKEN, null);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** The objects, without the way over HTTP. */
    public Registry registry() {
        return registry;
    }

    /**
     * Creates every object of a YAML or JSON text, for set-ups: namespaced ones without a namespace go to
     * {@code default}; their {@code status} is kept.
     *
     * @throws ApiFailure as the API would answer, 400 for a kind that is not served
     */
    public void create(String documents) {
        try (JsonParser parser = YAML.getFactory().createParser(documents);
                MappingIterator<JsonNode> all = YAML.readerFor(JsonNode.class).readValues(parser)) {
            while (all.hasNext()) {
                JsonNode document = all.next();
                if (document.isObject()) {
                    create(Json.asObject(document));
                }
            }
        } catch (IOException e) {
            throw ApiFailure.badRequest("not YAML: " + e.getMessage());
        }
    }

    private void create(ObjectNode object) {
        String apiVersion = object.path("apiVersion").asText();
        String kind = object.path("kind").asText();
        ResourceType type = registry.catalog()
                .findKind(apiVersion, kind)
                .orElseThrow(() -> ApiFailure.badRequest("no kind '" + kind + "' in '" + apiVersion + "' is served"));
        String namespace = object.at("/metadata/namespace").asText("default");
        JsonNode status = object.path("status").deepCopy();
        registry.create(type, namespace, object, WriteOptions.PLAIN);
        if (status.isObject() && type.has(ResourceType.Feature.STATUS)) {
            registry.modify(
                    type, namespace, object.at("/metadata/name").asText(), true, WriteOptions.PLAIN, current -> {
                        Json.child(current, "status").setAll((ObjectNode) status);
                        return current;
                    });
        }
    }

    /** The object as it is now. */
    public JsonNode get(String apiVersion, String kind, String namespace, String name) {
        ResourceType type = registry.catalog().findKind(apiVersion, kind).orElseThrow();
        return registry.get(type, namespace, name).tree();
    }

    /** Names of all objects of a kind. */
    public List<String> names(String apiVersion, String kind) {
        ResourceType type = registry.catalog().findKind(apiVersion, kind).orElseThrow();
        return registry.store().list(type, "", -1, "", 0, all -> true).items().stream()
                .map(stored -> stored.name())
                .toList();
    }

    /** Cuts every open connection, as a crash of the server would; new ones are accepted. */
    public void cutConnections() {
        api.cutConnections();
    }

    /** Forgets history, as etcd's compaction does: watches and continued lists from before get 410. */
    public void compact() {
        registry.store().compact();
    }

    @Override
    public void close() {
        api.close();
    }
}
