package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import io.latencyscheduler.scheduler.cycle.Inbox;
import io.latencyscheduler.scheduler.model.PersistentVolume;
import io.latencyscheduler.scheduler.model.PersistentVolumeClaim;
import io.latencyscheduler.scheduler.model.StorageClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Claims of every kind on a real API server: bound to volumes of some zone or node, unbound of either binding mode, and
 * absent. Does what the volume controller does where it is waited for: binds a claim to the volume that a scheduler chose.
 */
final class RandomVolumes {
    private static final String IMMEDIATE = "immediate";
    private static final String LATE = "late";
    private static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
    private static final int CLAIMS_PER_NAMESPACE = 14;

    private final Random random;
    private final ObjectClient objects;
    private final List<String> namespaces;
    private final Map<String, List<String>> claims = new LinkedHashMap<>();
    private final List<String> volumes = new ArrayList<>();

    RandomVolumes(Random random, ObjectClient objects, List<String> namespaces) throws IOException {
        this.random = random;
        this.objects = objects;
        this.namespaces = namespaces;
        for (String name : List.of(IMMEDIATE, LATE)) {
            ObjectNode storageClass = object("storage.k8s.io/v1", "StorageClass", name)
                    .put("provisioner", "kubernetes.io/no-provisioner")
                    .put("volumeBindingMode", name.equals(LATE) ? "WaitForFirstConsumer" : "Immediate");
            objects.create(Resource.STORAGE_CLASSES, "", storageClass);
        }
    }

    private static ObjectNode object(String apiVersion, String kind, String name) {
        ObjectNode object = JsonNodeFactory.instance
                .objectNode()
                .put("apiVersion", apiVersion)
                .put("kind", kind);
        object.putObject("metadata").put("name", name);
        return object;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** New claims and volumes, for a cluster of these nodes. */
    void renew(int round, List<String> nodes) throws IOException {
        for (String namespace : namespaces) {
            for (String name : claims.getOrDefault(namespace, List.of())) {
                objects.get(Resource.PERSISTENT_VOLUME_CLAIMS, namespace, name).ifPresent(this::remove);
            }
        }
        for (String name : volumes) {
            objects.get(Resource.PERSISTENT_VOLUMES, "", name).ifPresent(this::remove);
        }
        claims.clear();
        volumes.clear();
        for (String namespace : namespaces) {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < CLAIMS_PER_NAMESPACE; i++) {
                String name = "c" + round + "-" + i;
                names.add(name);
                switch (random.nextInt(8)) {
                    case 0 -> {} // absent
                    case 1 -> claim(namespace, name, IMMEDIATE, "");
                    case 2, 3, 4 -> claim(namespace, name, LATE, "");
                    default -> boundClaim(namespace, name, nodes);
                }
            }
            claims.put(namespace, names);
        }
        for (int i = 0; i < CLAIMS_PER_NAMESPACE; i++) {
            volume("free" + round + "-" + i, LATE, nodes, null);
        }
    }

    /** Without the controllers nobody takes off what protects it. */
    private void remove(ObjectNode object) {
        boolean ofNamespace = object.path("metadata").has("namespace");
        Resource resource = ofNamespace ? Resource.PERSISTENT_VOLUME_CLAIMS : Resource.PERSISTENT_VOLUMES;
        String namespace = object.path("metadata").path("namespace").asText("");
        String name = object.path("metadata").path("name").asText();
        ((ObjectNode) object.get("metadata")).remove("finalizers");
        try {
            objects.replace(resource, namespace, name, object);
            objects.delete(resource, namespace, name, "");
        } catch (IOException refused) {
            throw new java.io.UncheckedIOException(refused);
        }
    }

    private ObjectNode claim(String namespace, String name, String storageClass, String volume) throws IOException {
        ObjectNode claim = object("v1", "PersistentVolumeClaim", name);
        ObjectNode spec = claim.putObject("spec").put("storageClassName", storageClass);
        spec.putArray("accessModes").add("ReadWriteOnce");
        spec.putObject("resources").putObject("requests").put("storage", any(List.of("1Gi", "5Gi", "20Gi")));
        if (!volume.isEmpty()) {
            spec.put("volumeName", volume);
            ((ObjectNode) claim.get("metadata")).putObject("annotations").put(BIND_COMPLETED, "yes");
        }
        return objects.create(Resource.PERSISTENT_VOLUME_CLAIMS, namespace, claim);
    }

    private void boundClaim(String namespace, String name, List<String> nodes) throws IOException {
        String volume = "pv-" + namespace + "-" + name;
        ObjectNode claim = claim(namespace, name, any(List.of(IMMEDIATE, LATE)), volume);
        claim.putObject("status").put("phase", "Bound");
        objects.replaceStatus(Resource.PERSISTENT_VOLUME_CLAIMS, namespace, name, claim);
        volume(volume, claim.path("spec").path("storageClassName").asText(), nodes, claim);
    }

    private void volume(String name, String storageClass, List<String> nodes, JsonNode claim) throws IOException {
        ObjectNode volume = object("v1", "PersistentVolume", name);
        ObjectNode spec = volume.putObject("spec").put("storageClassName", storageClass);
        spec.putObject("capacity").put("storage", any(List.of("1Gi", "10Gi", "50Gi")));
        spec.putArray("accessModes").add("ReadWriteOnce");
        spec.putObject("csi").put("driver", "none.example.com").put("volumeHandle", name);
        if (claim != null) {
            ref(spec, claim);
        }
        switch (random.nextInt(3)) {
            case 0 -> requirement(spec, "topology.kubernetes.io/zone", any(List.of("a", "b", "c")));
            case 1 -> requirement(spec, "kubernetes.io/hostname", any(nodes));
            default ->
                ((ObjectNode) volume.get("metadata"))
                        .putObject("labels")
                        .put("topology.kubernetes.io/zone", any(List.of("a", "b", "a__c")));
        }
        ObjectNode created = objects.create(Resource.PERSISTENT_VOLUMES, "", volume);
        created.putObject("status").put("phase", claim == null ? "Available" : "Bound");
        objects.replaceStatus(Resource.PERSISTENT_VOLUMES, "", name, created);
        volumes.add(name);
    }

    private static void ref(ObjectNode spec, JsonNode claim) {
        spec.putObject("claimRef")
                .put("apiVersion", "v1")
                .put("kind", "PersistentVolumeClaim")
                .put("namespace", claim.path("metadata").path("namespace").asText())
                .put("name", claim.path("metadata").path("name").asText())
                .put("uid", claim.path("metadata").path("uid").asText());
    }

    private static void requirement(ObjectNode spec, String key, String value) {
        spec.putObject("nodeAffinity")
                .putObject("required")
                .putArray("nodeSelectorTerms")
                .addObject()
                .putArray("matchExpressions")
                .addObject()
                .put("key", key)
                .put("operator", "In")
                .putArray("values")
                .add(value);
    }

    /** Some pods get a claim of their namespace, or a disk that only one pod may write. */
    void mount(ObjectNode pod, String namespace) {
        ArrayNode mounted = ((ObjectNode) pod.get("spec")).putArray("volumes");
        if (random.nextInt(3) == 0) {
            mounted.addObject()
                    .put("name", "claimed")
                    .putObject("persistentVolumeClaim")
                    .put("claimName", any(claims.get(namespace)));
        }
        if (random.nextInt(12) == 0) {
            mounted.addObject()
                    .put("name", "disk")
                    .putObject("gcePersistentDisk")
                    .put("pdName", any(List.of("one", "two")))
                    .put("readOnly", random.nextBoolean());
        }
    }

    /** Binds the claims to which a scheduler has promised a volume, as the volume controller does. */
    void bindPromised() throws IOException {
        for (JsonNode volume : objects.list(Resource.PERSISTENT_VOLUMES, "", Map.of())) {
            JsonNode ref = volume.path("spec").path("claimRef");
            if (ref.isMissingNode()) {
                continue;
            }
            String namespace = ref.path("namespace").asText();
            String name = ref.path("name").asText();
            ObjectNode claim = objects.get(Resource.PERSISTENT_VOLUME_CLAIMS, namespace, name)
                    .orElse(null);
            if (claim == null || claim.path("spec").has("volumeName")) {
                continue;
            }
            String volumeName = volume.path("metadata").path("name").asText();
            ((ObjectNode) claim.get("spec")).put("volumeName", volumeName);
            claim.withObject("/metadata/annotations").put(BIND_COMPLETED, "yes");
            ObjectNode bound = objects.replace(Resource.PERSISTENT_VOLUME_CLAIMS, namespace, name, claim);
            bound.putObject("status").put("phase", "Bound");
            objects.replaceStatus(Resource.PERSISTENT_VOLUME_CLAIMS, namespace, name, bound);
            ObjectNode given =
                    objects.get(Resource.PERSISTENT_VOLUMES, "", volumeName).orElseThrow();
            given.putObject("status").put("phase", "Bound");
            objects.replaceStatus(Resource.PERSISTENT_VOLUMES, "", volumeName, given);
        }
    }

    /** Tells a scheduler all there is. */
    void tell(Inbox inbox) throws IOException {
        for (JsonNode object : objects.list(Resource.STORAGE_CLASSES, "", Map.of())) {
            inbox.storageClass(Json.read(object, StorageClass.class));
        }
        for (JsonNode object : objects.list(Resource.PERSISTENT_VOLUMES, "", Map.of())) {
            inbox.volume(Json.read(object, PersistentVolume.class));
        }
        for (String namespace : namespaces) {
            for (JsonNode object : objects.list(Resource.PERSISTENT_VOLUME_CLAIMS, namespace, Map.of())) {
                inbox.claim(Json.read(object, PersistentVolumeClaim.class));
            }
        }
    }
}
