package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.BuiltinTypes;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.registry.Deletion;
import io.latencyscheduler.sandbox.registry.PodBinding;
import io.latencyscheduler.sandbox.registry.PodEviction;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.registry.WriteOptions;
import io.latencyscheduler.sandbox.store.Stored;
import java.util.List;

/** Every request but a watch: what it asks for, and the answer. */
final class Endpoints {
    private final Registry registry;
    private final Discovery discovery;
    private final Tokens tokens;
    private final Lists lists;
    private final Patching patching;

    Endpoints(Registry registry, Discovery discovery, Tokens tokens) {
        this.registry = registry;
        this.discovery = discovery;
        this.tokens = tokens;
        this.lists = new Lists(registry);
        this.patching = new Patching(registry);
    }

    /** @throws ApiFailure what the client gets as a Status */
    Reply answer(Request request) {
        List<String> segments = request.segments();
        if (segments.isEmpty()) {
            return Reply.json(200, discovery.paths());
        }
        String first = segments.get(0);
        return switch (first) {
            case "healthz", "livez", "readyz" -> Reply.text("ok");
            case "version" -> Reply.json(200, discovery.version());
            case "openapi" -> openApi(request);
            case "api" ->
                segments.size() == 1
                        ? Reply.json(200, Discovery.coreVersions())
                        : segments.size() == 2
                                ? Reply.json(200, discovery.resources(segments.get(1)))
                                : resource(request);
            case "apis" ->
                switch (segments.size()) {
                    case 1 -> Reply.json(200, discovery.groups());
                    case 2 -> Reply.json(200, discovery.group(segments.get(1)));
                    case 3 -> Reply.json(200, discovery.resources(segments.get(1) + "/" + segments.get(2)));
                    default -> resource(request);
                };
            default -> throw ApiFailure.noSuchPath();
        };
    }

    private static Reply openApi(Request request) {
        if (!request.path().equals("/openapi/v2")) {
            throw ApiFailure.noSuchPath();
        }
        String protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
        return request.accept().contains(protobuf)
                ? new Reply(200, "application/octet-stream", Discovery.openApiProtobuf())
                : Reply.json(200, Discovery.openApiJson());
    }

    private Reply resource(Request request) {
        List<String> segments = request.segments();
        if (segments.get(1).startsWith("auth") && request.method().equals("POST")) {
            return review(request, segments.get(segments.size() - 1));
        }
        if (segments.size() == 5
                && segments.get(0).equals("api")
                && segments.get(4).equals("bindings")) {
            ObjectNode binding = body(request);
            return bind(request, segments.get(3), Json.text(binding, "/metadata/name"), binding);
        }
        ResourcePath path = ResourcePath.parse(registry.catalog(), segments);
        if (path.isCollection()) {
            return collection(request, path);
        }
        return switch (path.subresource()) {
            case "" -> object(request, path);
            case "status" -> {
                if (!path.type().has(ResourceType.Feature.STATUS)) {
                    throw ApiFailure.noSuchPath();
                }
                yield object(request, path);
            }
            case "binding", "eviction", "token", "finalize" -> action(request, path);
            default -> throw ApiFailure.noSuchPath();
        };
    }

    private Reply collection(Request request, ResourcePath path) {
        Rendering rendering = Renderings.of(registry, path.type(), request);
        return switch (request.method()) {
            case "GET" -> {
                ListQuery query = ListQuery.of(path, request);
                yield rendering.list(query, lists.page(query, request));
            }
            case "POST" -> {
                Stored created = registry.create(path.type(), path.namespace(), body(request), options(request));
                yield Reply.json(201, rendering.object(created));
            }
            case "DELETE" -> deleteCollection(request, path, rendering);
            default -> throw ApiFailure.methodNotAllowed();
        };
    }

    private Reply deleteCollection(Request request, ResourcePath path, Rendering rendering) {
        ListQuery query = ListQuery.of(path, request);
        Deletion deletion = deletion(request);
        var page = lists.page(query, request);
        for (Stored stored : page.items()) {
            try {
                registry.delete(path.type(), stored.namespace(), stored.name(), deletion);
            } catch (ApiFailure failure) {
                if (failure.code() != 404) {
                    throw failure;
                }
            }
        }
        return rendering.list(query, page);
    }

    private Reply object(Request request, ResourcePath path) {
        ResourceType type = path.type();
        boolean statusOnly = path.subresource().equals("status");
        Rendering rendering = Renderings.of(registry, type, request);
        return switch (request.method()) {
            case "GET" -> Reply.json(200, rendering.object(registry.get(type, path.namespace(), path.name())));
            case "PUT" -> {
                Stored before = registry.store().get(type, type.key(path.namespace(), path.name()));
                Stored replaced = registry.replace(
                        type, path.namespace(), path.name(), body(request), statusOnly, options(request));
                yield Reply.json(before == null ? 201 : 200, rendering.object(replaced));
            }
            case "PATCH" -> {
                Patching.Result result = patching.patch(path, request, statusOnly, options(request));
                yield Reply.json(result.created() ? 201 : 200, rendering.object(result.stored()));
            }
            case "DELETE" -> {
                if (statusOnly) {
                    throw ApiFailure.methodNotAllowed();
                }
                yield delete(request, path, rendering);
            }
            default -> throw ApiFailure.methodNotAllowed();
        };
    }

    private Reply delete(Request request, ResourcePath path, Rendering rendering) {
        ResourceType type = path.type();
        Stored deleted = registry.delete(type, path.namespace(), path.name(), deletion(request));
        boolean gone = registry.store().get(type, type.key(path.namespace(), path.name())) == null;
        if (!gone || type.has(ResourceType.Feature.RETURNS_DELETED)) {
            return Reply.json(200, rendering.object(deleted));
        }
        ObjectNode status = success(200);
        ObjectNode details = status.putObject("details").put("name", path.name());
        if (!type.group().isEmpty()) {
            details.put("group", type.group());
        }
        details.put("kind", type.plural()).put("uid", deleted.uid());
        return Reply.json(200, status);
    }

    private static ObjectNode success(int code) {
        ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success");
        return code == 200 ? status : status.put("code", code);
    }

    private Reply action(Request request, ResourcePath path) {
        if (path.type().storage().equals("namespaces") && path.subresource().equals("finalize")) {
            return object(request, new ResourcePath(path.type(), "", path.name(), ""));
        }
        String action = path.type().plural() + "/" + path.subresource();
        if (!request.method().equals("POST")) {
            throw ApiFailure.methodNotAllowed();
        }
        return switch (action) {
            case "pods/binding" -> bind(request, path.namespace(), path.name(), body(request));
            case "pods/eviction" -> {
                new PodEviction(registry).evict(path.namespace(), path.name(), body(request));
                yield Reply.json(201, success(201));
            }
            case "serviceaccounts/token" -> {
                Stored account = registry.get(BuiltinTypes.SERVICE_ACCOUNTS, path.namespace(), path.name());
                yield Reply.json(201, tokens.issue(account.namespace(), account.name(), account.uid(), body(request)));
            }
            default -> throw ApiFailure.noSuchPath();
        };
    }

    private Reply bind(Request request, String namespace, String name, JsonNode binding) {
        if (!request.method().equals("POST")) {
            throw ApiFailure.methodNotAllowed();
        }
        new PodBinding(registry).bind(namespace, name, binding, request.dryRun());
        return Reply.json(201, success(201));
    }

    private Reply review(Request request, String resource) {
        ObjectNode review = body(request);
        return switch (resource) {
            case "tokenreviews" -> Reply.json(201, tokens.review(review));
            case "selfsubjectaccessreviews", "subjectaccessreviews" -> {
                review.putObject("status").put("allowed", true).put("reason", "the sandbox refuses nobody a right");
                yield Reply.json(201, review);
            }
            default -> throw ApiFailure.noSuchPath();
        };
    }

    private static ObjectNode body(Request request) {
        return switch (request.contentType()) {
            case "", "application/json", "*/*" -> Json.asObject(Json.parse(request.body()));
            case "application/yaml" -> Json.asObject(Json.parseYaml(request.body()));
            default ->
                throw ApiFailure.unsupportedMediaType(request.contentType(), "application/json, application/yaml");
        };
    }

    private static Deletion deletion(Request request) {
        JsonNode options = request.body().length == 0 ? Json.object() : body(request);
        if (options instanceof ObjectNode object) {
            if (!request.parameter("gracePeriodSeconds").isEmpty()) {
                object.put("gracePeriodSeconds", request.number("gracePeriodSeconds"));
            }
            if (!request.parameter("propagationPolicy").isEmpty()) {
                object.put("propagationPolicy", request.parameter("propagationPolicy"));
            }
            if (request.dryRun()) {
                object.putArray("dryRun").add("All");
            }
        }
        return Deletion.of(options);
    }

    private static WriteOptions options(Request request) {
        return new WriteOptions(request.dryRun(), request.parameter("fieldManager"), request.flag("force"));
    }
}
