package io.latencyscheduler.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;
import java.util.Set;

/**
 * One resource in one served version, as discovery lists it.
 *
 * @param group empty for the core group
 * @param storage where its objects are kept: the same for all versions and groups that serve the same objects
 * @param features what sets it apart from a plain resource
 * @param schema {@code openAPIV3Schema} of a custom resource; missing when there is none
 * @param columns {@code additionalPrinterColumns} of a custom resource
 */
public record ResourceType(
        String group,
        String version,
        String plural,
        String singular,
        String kind,
        boolean namespaced,
        List<String> shortNames,
        List<String> categories,
        String storage,
        Set<Feature> features,
        JsonNode schema,
        JsonNode columns) {

    /** What sets a resource apart. */
    public enum Feature {
        /** {@code status} is written through its own subresource and ignored elsewhere. */
        STATUS,
        /** {@code metadata.generation} counts changes of what the user asks for. */
        GENERATION,
        /** PUT creates what does not exist. */
        CREATE_ON_UPDATE,
        /** Comes from a CustomResourceDefinition: no strategic merge patch, PUT needs a resourceVersion. */
        CUSTOM,
        /** Deleting answers with the deleted object rather than with a Status. */
        RETURNS_DELETED
    }

    public String apiVersion() {
        return group.isEmpty() ? version : group + "/" + version;
    }

    /** The name in sentences: {@code pods}, {@code leases.coordination.k8s.io}. */
    public String qualified() {
        return group.isEmpty() ? plural : plural + "." + group;
    }

    public String listKind() {
        return kind + "List";
    }

    public boolean has(Feature feature) {
        return features.contains(feature);
    }

    /** The key under which an object is stored; sorted as the API server lists. */
    public String key(String namespace, String name) {
        return namespaced ? namespace + "/" + name : name;
    }

    static ResourceType builtin(
            String apiVersion,
            String plural,
            String kind,
            boolean namespaced,
            List<String> shortNames,
            Set<Feature> features) {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "" : apiVersion.substring(0, slash);
        String version = apiVersion.substring(slash + 1);
        String storage = plural.equals("events") ? "events" : (group.isEmpty() ? plural : plural + "." + group);
        return new ResourceType(
                group,
                version,
                plural,
                kind.toLowerCase(java.util.Locale.ROOT),
                kind,
                namespaced,
                shortNames,
                kind.equals("Pod") || kind.equals("Service") || group.equals("apps") ? List.of("all") : List.of(),
                storage,
                features,
                MissingNode.getInstance(),
                MissingNode.getInstance());
    }
}
