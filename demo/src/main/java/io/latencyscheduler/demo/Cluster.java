package io.latencyscheduler.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The API server of the story. Every object it creates is removed again, the last first. */
final class Cluster implements AutoCloseable {
    private final Clients clients;
    private final ObjectClient objects;
    private final String namespace;
    private final boolean temporary;
    private final Deque<Created> created = new ArrayDeque<>();

    private record Created(Resource resource, String namespace, String name) {}

    /**
     * Connects.
     *
     * @param kubeconfig the file to use
     * @param namespace where the sample pods go
     * @param temporary whether the server ends with the story, so that nothing needs removing
     */
    Cluster(Path kubeconfig, String namespace, boolean temporary) throws IOException {
        this.clients = Clients.open(ClientSettings.of(kubeconfig, "latency-scheduler-demo"));
        this.objects = new ObjectClient(clients.commands());
        this.namespace = namespace;
        this.temporary = temporary;
    }

    String namespace() {
        return namespace;
    }

    String address() {
        return clients.address();
    }

    /** Creates the object; one that exists already is used and left in place. */
    void create(Resource resource, JsonNode object) throws IOException {
        String in = resource.namespaced() ? namespace : "";
        String name = object.at("/metadata/name").asText();
        try {
            objects.create(resource, in, object);
            created.push(new Created(resource, in, name));
        } catch (ApiFailure refused) {
            if (!refused.reason().equals("AlreadyExists")) {
                throw refused;
            }
        }
    }

    /** Creates a Node with its status: ready, with this capacity. */
    void createNode(Machine machine) throws IOException {
        ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
        node.putObject("metadata")
                .put("name", machine.node())
                .putObject("labels")
                .put("kubernetes.io/hostname", machine.node())
                .put("kubernetes.io/os", "linux");
        create(Resource.NODES, node);
        // Admission taints a new node until the node controller sees it ready; not every test server runs one.
        ObjectNode untainted = Json.object();
        untainted.putObject("spec").putNull("taints");
        objects.patch(Resource.NODES, "", machine.node(), Patch.merge(untainted));
        ObjectNode stored = objects.get(Resource.NODES, "", machine.node()).orElseThrow();
        ObjectNode status = stored.putObject("status");
        ObjectNode capacity = status.putObject("capacity");
        machine.capacity().forEach(capacity::put);
        status.set("allocatable", capacity.deepCopy());
        status.putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", "True")
                .put("reason", "KubeletReady")
                .put("message", "described by the demo");
        objects.replaceStatus(Resource.NODES, "", machine.node(), stored);
    }

    /** The pod as it is now. */
    ObjectNode pod(String name) throws IOException {
        return objects.get(Resource.PODS, namespace, name)
                .orElseThrow(() -> new StoryFailed("pod " + namespace + "/" + name + " is gone"));
    }

    /** The allocation of a pod; empty while it has none. */
    static Optional<Allocation> allocation(JsonNode pod) throws IOException {
        String text =
                pod.path("metadata").path("annotations").path(Keys.ALLOCATION).asText("");
        return text.isEmpty() ? Optional.empty() : Optional.of(Json.read(text, Allocation.class));
    }

    /** The value of a node's label; null when it has none. */
    @Nullable
    String label(String node, String key) throws IOException {
        return objects.get(Resource.NODES, "", node)
                .map(found -> found.path("metadata").path("labels").path(key).asText(null))
                .orElse(null);
    }

    Optional<ObjectNode> find(Resource resource, String name) throws IOException {
        return objects.get(resource, "", name);
    }

    ObjectClient objects() {
        return objects;
    }

    @Override
    public void close() {
        while (!temporary && !created.isEmpty()) {
            Created object = created.pop();
            try {
                objects.delete(object.resource(), object.namespace(), object.name(), "");
            } catch (IOException gone) {
                System.err.println("could not remove " + object.resource().plural() + " " + object.name() + ": "
                        + gone.getMessage());
            }
        }
        clients.close();
    }
}
