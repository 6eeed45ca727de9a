package io.latencyscheduler.sandbox.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.EventForms;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.Metadata;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.api.ResourceType.Feature;
import io.latencyscheduler.sandbox.api.Strategy;
import io.latencyscheduler.sandbox.store.Store;
import io.latencyscheduler.sandbox.store.Stored;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The verbs of the API on stored objects. Safe for all threads; each call is one atomic step. */
public final class Registry {
    private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";
    private static final int SUFFIX_LENGTH = 5;

    private final Store store;
    private final Catalog catalog;
    private final Clock clock;

    public Registry(Store store, Catalog catalog, Clock clock) {
        this.store = store;
        this.catalog = catalog;
        this.clock = clock;
        for (String name : List.of("default", "kube-system", "kube-public", "kube-node-lease")) {
            ObjectNode namespace = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
            namespace.putObject("metadata").put("name", name);
            create(BuiltinTypes.NAMESPACES, "", namespace, WriteOptions.PLAIN);
        }
    }

    public Store store() {
        return store;
    }

    public Catalog catalog() {
        return catalog;
    }

    public Clock clock() {
        return clock;
    }

    /** @throws ApiFailure 404 */
    public Stored get(ResourceType type, String namespace, String name) {
        Stored stored = store.get(type, type.key(namespace, name));
        if (stored == null) {
            throw ApiFailure.notFound(type, name);
        }
        return stored;
    }

    /**
     * @param sent changed by this call
     * @throws ApiFailure 400, 403, 404, 409 or 422 as kube-apiserver
     */
    public Stored create(ResourceType type, String namespace, ObjectNode sent, WriteOptions options) {
        ObjectNode object = intoStoredForm(type, sent);
        checkIdentity(type, namespace, "", object);
        ObjectNode metadata = Json.metadata(object);
        if (!metadata.path("resourceVersion").asText("").isEmpty()) {
            throw ApiFailure.badRequest("resourceVersion should not be set on objects to be created");
        }
        if (metadata.path("name").asText("").isEmpty()
                && !metadata.path("generateName").asText("").isEmpty()) {
            metadata.put("name", metadata.path("generateName").asText() + randomSuffix());
        }
        Metadata.stampNew(type, object, namespace, UUID.randomUUID().toString(), clock.instant());
        String name = metadata.path("name").asText("");
        return store.atomically(() -> {
            requireLiveNamespace(type, namespace, name);
            Strategy.beforeCreate(type, object, this::priorityClass);
            if (isDefinition(type)) {
                Definitions.accept(type, object, clock.instant());
            }
            String key = type.key(namespace, name);
            if (store.get(type, key) != null) {
                throw ApiFailure.alreadyExists(type, name);
            }
            return commit(type, key, object, options);
        });
    }

    private @Nullable JsonNode priorityClass(String name) {
        Stored found = store.get(BuiltinTypes.PRIORITY_CLASSES, name);
        return found == null ? null : found.tree();
    }

    private void requireLiveNamespace(ResourceType type, String namespace, String name) {
        if (!type.namespaced()) {
            return;
        }
        Stored found = store.get(BuiltinTypes.NAMESPACES, namespace);
        if (found == null) {
            throw ApiFailure.notFound(BuiltinTypes.NAMESPACES, namespace);
        }
        if (Metadata.isTerminating(found.tree())) {
            throw ApiFailure.forbidden(
                    type,
                    name,
                    "unable to create new content in namespace " + namespace + " because it is being terminated");
        }
    }

    /** PUT. Creates where the resource allows it. */
    public Stored replace(
            ResourceType type,
            String namespace,
            String name,
            ObjectNode sent,
            boolean statusOnly,
            WriteOptions options) {
        ObjectNode object = intoStoredForm(type, sent);
        checkIdentity(type, namespace, name, object);
        return store.atomically(() -> {
            if (type.has(Feature.CREATE_ON_UPDATE)
                    && Json.text(object, "/metadata/resourceVersion").isEmpty()
                    && store.get(type, type.key(namespace, name)) == null) {
                return create(type, namespace, object, options);
            }
            if (type.has(Feature.CUSTOM)
                    && Json.text(object, "/metadata/resourceVersion").isEmpty()) {
                throw ApiFailure.invalid(
                        type,
                        name,
                        List.of(ApiFailure.Cause.invalid(
                                "metadata.resourceVersion", "0x0", "must be specified for an update")));
            }
            return modify(type, namespace, name, statusOnly, options, old -> object);
        });
    }

    /**
     * Reads, changes and writes in one step.
     *
     * @param change gets a tree of its own and returns the object as the client wants it; a resourceVersion or uid in
     *     it is a precondition
     */
    public Stored modify(
            ResourceType type,
            String namespace,
            String name,
            boolean statusOnly,
            WriteOptions options,
            UnaryOperator<ObjectNode> change) {
        return store.atomically(() -> {
            Stored stored = get(type, namespace, name);
            ObjectNode old = stored.tree();
            ObjectNode updated = change.apply(old.deepCopy());
            Json.stripNulls(updated);
            checkPreconditions(type, stored, updated);
            checkIdentity(type, namespace, name, updated);
            updated.put("apiVersion", old.path("apiVersion").asText());
            updated.put("kind", old.path("kind").asText());
            Strategy.beforeUpdate(type, old, updated, statusOnly);
            if (isDefinition(type)) {
                Definitions.accept(type, updated, clock.instant());
            }
            return store(type, stored, old, updated, options);
        });
    }

    /** Writes what the server itself changed: no endpoint rules, but the end of a deletion is noticed. */
    Stored store(ResourceType type, Stored stored, ObjectNode old, ObjectNode updated, WriteOptions options) {
        String key = type.key(stored.namespace(), stored.name());
        if (isDeletable(updated)) {
            if (options.dryRun()) {
                return stored;
            }
            if (type.equals(BuiltinTypes.PODS) && !updated.equals(old)) {
                // Watchers of pods see the mark before the end, also when there is no grace.
                commit(type, key, updated, options);
            }
            return remove(type, key, updated);
        }
        return updated.equals(old) ? stored : commit(type, key, updated, options);
    }

    private static boolean isDeletable(ObjectNode object) {
        return Metadata.isTerminating(object)
                && !Metadata.hasFinalizers(object)
                && object.at("/metadata/deletionGracePeriodSeconds").asLong(0) == 0
                && object.at("/spec/finalizers").isEmpty();
    }

    private static void checkPreconditions(ResourceType type, Stored stored, ObjectNode updated) {
        String resourceVersion = Json.text(updated, "/metadata/resourceVersion");
        if (!resourceVersion.isEmpty() && !resourceVersion.equals(Long.toString(stored.revision()))) {
            throw ApiFailure.modified(type, stored.name());
        }
        String uid = Json.text(updated, "/metadata/uid");
        if (!uid.isEmpty() && !uid.equals(stored.uid())) {
            throw ApiFailure.conflict(
                    type,
                    stored.name(),
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + stored.uid());
        }
    }

    /** @return the object as it is now, or its last state when it is gone */
    public Stored delete(ResourceType type, String namespace, String name, Deletion deletion) {
        return store.atomically(() -> {
            Stored stored = get(type, namespace, name);
            deletion.check(type, stored);
            if (deletion.dryRun()) {
                return stored;
            }
            ObjectNode old = stored.tree();
            ObjectNode updated = old.deepCopy();
            long graceSeconds = Grace.seconds(type, old, deletion.gracePeriodSeconds());
            if (Grace.begin(type, updated, graceSeconds, deletion.propagation(), clock.instant())) {
                if (type.equals(BuiltinTypes.NAMESPACES)) {
                    emptyNamespace(name, updated);
                }
                return store(type, stored, old, updated, WriteOptions.PLAIN);
            }
            return stored;
        });
    }

    private Stored commit(ResourceType type, String key, ObjectNode object, WriteOptions options) {
        if (options.dryRun()) {
            return Stored.freeze(type, object, store.revision());
        }
        Stored stored = store.put(type, key, object);
        if (isDefinition(type)) {
            catalog.define(object);
        }
        return stored;
    }

    private Stored remove(ResourceType type, String key, ObjectNode last) {
        if (isDefinition(type)) {
            Catalog.typesOf(last).stream().findFirst().ifPresent(gone -> removeAll(gone, ""));
            catalog.undefine(key);
        }
        return store.remove(type, key, last);
    }

    private static boolean isDefinition(ResourceType type) {
        return type.equals(BuiltinTypes.DEFINITIONS);
    }

    private void removeAll(ResourceType type, String namespace) {
        for (Stored stored : store.list(type, namespace, -1, "", 0, all -> true).items()) {
            store.remove(type, type.key(stored.namespace(), stored.name()), stored.tree());
        }
    }

    /** What kube-controller-manager's namespace controller does in time, done at once. */
    private void emptyNamespace(String namespace, ObjectNode terminating) {
        catalog.all().filter(ResourceType::namespaced).forEach(type -> removeAll(type, namespace));
        Json.child(terminating, "spec").remove("finalizers");
    }

    /** The bytes of an object in the version in which it was asked for. */
    public byte[] render(ResourceType type, Stored stored) {
        if (type.equals(BuiltinTypes.EVENTS_V1)) {
            return Json.bytes(EventForms.toEventsV1(stored.tree()));
        }
        if (type.has(Feature.CUSTOM)) {
            ObjectNode tree = stored.tree();
            return tree.path("apiVersion").asText().equals(type.apiVersion())
                    ? stored.json()
                    : Json.bytes(tree.put("apiVersion", type.apiVersion()));
        }
        return stored.json();
    }

    /** The change that a client wrote in one version, on the stored form. */
    public ObjectNode intoStoredForm(ResourceType type, ObjectNode sent) {
        Json.stripNulls(sent);
        if (sent.path("apiVersion").asText("").isEmpty()) {
            sent.put("apiVersion", type.apiVersion());
        }
        if (sent.path("kind").asText("").isEmpty()) {
            sent.put("kind", type.kind());
        }
        if (!sent.path("apiVersion").asText().equals(type.apiVersion())
                || !sent.path("kind").asText().equals(type.kind())) {
            throw ApiFailure.badRequest("the object provided is unrecognized (must be of type " + type.kind()
                    + "): it is " + sent.path("kind").asText() + " in "
                    + sent.path("apiVersion").asText()
                    + ", not in " + type.apiVersion());
        }
        return type.equals(BuiltinTypes.EVENTS_V1) ? EventForms.toCore(sent) : sent;
    }

    private static void checkIdentity(ResourceType type, String namespace, String name, ObjectNode object) {
        JsonNode metadata = object.path("metadata");
        String givenNamespace = metadata.path("namespace").asText("");
        if (type.namespaced() && !givenNamespace.isEmpty() && !givenNamespace.equals(namespace)) {
            throw ApiFailure.badRequest(
                    "the namespace of the provided object does not match the namespace sent on the request");
        }
        String givenName = metadata.path("name").asText("");
        if (!name.isEmpty() && !givenName.isEmpty() && !givenName.equals(name)) {
            throw ApiFailure.badRequest(
                    "the name of the object (" + givenName + ") does not match the name on the URL (" + name + ")");
        }
    }

    private static String randomSuffix() {
        StringBuilder suffix = new StringBuilder();
        for (int i = 0; i < SUFFIX_LENGTH; i++) {
            suffix.append(SUFFIX_LETTERS.charAt(ThreadLocalRandom.current().nextInt(SUFFIX_LETTERS.length())));
        }
        return suffix.toString();
    }
}
