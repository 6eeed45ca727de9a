package io.latencyscheduler.sandbox.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.api.ResourceType.Feature;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The resources that are served now: the built-in ones and those of CustomResourceDefinitions. Safe for all threads. */
public final class Catalog {
    private final Map<String, List<ResourceType>> custom = new ConcurrentHashMap<>();

    public Optional<ResourceType> find(String group, String version, String plural) {
        return all().filter(type -> type.plural().equals(plural)
                        && type.group().equals(group)
                        && type.version().equals(version))
                .findFirst();
    }

    public Optional<ResourceType> findKind(String apiVersion, String kind) {
        return all().filter(
                        type -> type.kind().equals(kind) && type.apiVersion().equals(apiVersion))
                .findFirst();
    }

    public Stream<ResourceType> all() {
        return Stream.concat(
                BuiltinTypes.ALL.stream(),
                custom.keySet().stream().sorted().flatMap(name -> custom.getOrDefault(name, List.of()).stream()));
    }

    void define(ObjectNode definition) {
        custom.put(Json.text(definition, "/metadata/name"), typesOf(definition));
    }

    void undefine(String definitionName) {
        custom.remove(definitionName);
    }

    /** One type per served version; all are stored in the form of the storage version. */
    static List<ResourceType> typesOf(JsonNode definition) {
        JsonNode spec = definition.path("spec");
        JsonNode names = spec.path("names");
        String group = spec.path("group").asText();
        String plural = names.path("plural").asText();
        String kind = names.path("kind").asText();
        List<ResourceType> types = new ArrayList<>();
        for (JsonNode version : spec.path("versions")) {
            if (!version.path("served").asBoolean()) {
                continue;
            }
            Set<Feature> features = EnumSet.of(Feature.CUSTOM, Feature.GENERATION);
            if (version.at("/subresources/status").isObject()) {
                features.add(Feature.STATUS);
            }
            types.add(new ResourceType(
                    group,
                    version.path("name").asText(),
                    plural,
                    names.path("singular").asText(kind.toLowerCase(Locale.ROOT)),
                    kind,
                    spec.path("scope").asText().equals("Namespaced"),
                    texts(names.path("shortNames")),
                    texts(names.path("categories")),
                    plural + "." + group,
                    features,
                    version.at("/schema/openAPIV3Schema"),
                    version.path("additionalPrinterColumns")));
        }
        return types;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }
}
