package io.latencyscheduler.sandbox.http;

import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.registry.Registry;
import java.util.HashMap;
import java.util.Map;

/** Chooses the form of the answer from the {@code Accept} header: the first one there that is known. */
final class Renderings {
    private Renderings() {}

    /** @throws ApiFailure 406 when none of the forms is known */
    static Rendering of(Registry registry, ResourceType type, Request request) {
        if (request.accept().isBlank()) {
            return Rendering.plain(registry, type);
        }
        for (String range : request.accept().split(",", -1)) {
            String[] parts = range.strip().split("\\s*;\\s*", -1);
            Map<String, String> parameters = new HashMap<>();
            for (int i = 1; i < parts.length; i++) {
                int equals = parts[i].indexOf('=');
                if (equals > 0) {
                    parameters.put(parts[i].substring(0, equals), parts[i].substring(equals + 1));
                }
            }
            boolean json =
                    parts[0].equals("application/json") || parts[0].equals("*/*") || parts[0].equals("application/*");
            if (json) {
                switch (parameters.getOrDefault("as", "")) {
                    case "" -> {
                        return Rendering.plain(registry, type);
                    }
                    case "Table" -> {
                        if (parameters.getOrDefault("v", "v1").equals("v1")) {
                            return new TableRendering(type, request.parameter("includeObject"), registry.clock());
                        }
                    }
                    case "PartialObjectMetadata", "PartialObjectMetadataList" -> {
                        return new MetadataRendering();
                    }
                    default -> {}
                }
            }
        }
        throw ApiFailure.notAcceptable("application/json");
    }
}
