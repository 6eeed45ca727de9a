package io.latencyscheduler.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import okhttp3.Call;
import okhttp3.Response;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lists in pages and watches line by line; each object's JSON is read once. */
final class ListWatch<T> {
    private static final Logger LOG = LoggerFactory.getLogger(ListWatch.class);
    private static final int PAGE = 1000;
    private static final int SHORTEST_WATCH_SECONDS = 300;

    /** The server no longer has the version to continue from. */
    static final class Gone extends IOException {
        private static final long serialVersionUID = 1L;

        Gone(String message) {
            super(message);
        }
    }

    /** All objects at one version; {@code undecodable}: keys of those that are there and could not be read. */
    record Listing<T>(String resourceVersion, List<T> objects, Set<String> undecodable) {}

    /** One change; {@code object} is null for a bookmark, and for an object that could not be read. */
    record Event<T>(
            String type,
            String key,
            String resourceVersion,
            @Nullable T object) {}

    private final Clients clients;
    private final Resource resource;
    private final Map<String, String> query;
    private final Reflector.Decoder<T> decoder;
    private final Function<T, Meta> meta;
    private final ReflectorMetrics metrics;

    ListWatch(
            Clients clients,
            Resource resource,
            Map<String, String> query,
            Reflector.Decoder<T> decoder,
            Function<T, Meta> meta,
            ReflectorMetrics metrics) {
        this.clients = clients;
        this.resource = resource;
        this.query = query;
        this.decoder = decoder;
        this.meta = meta;
        this.metrics = metrics;
    }

    /** Lists all; at least as new as {@code atLeast}, or the newest when that is empty. */
    Listing<T> list(String atLeast) throws IOException {
        List<T> objects = new ArrayList<>();
        Set<String> undecodable = new HashSet<>();
        String next = "";
        String version;
        do {
            ApiRequest request = selecting(ApiRequest.get(resource.path())).with("limit", Integer.toString(PAGE));
            if (!next.isEmpty()) {
                request = request.with("continue", next);
            } else if (!atLeast.isEmpty()) {
                request = request.with("resourceVersion", atLeast);
            }
            ApiResponse response = clients.commands().send(request);
            if (response.status() == 410) {
                throw new Gone(response.message());
            }
            response.orThrow("list " + resource.plural());
            JsonNode metadata = page(response.body(), objects, undecodable);
            version = metadata.path("resourceVersion").asText("");
            next = metadata.path("continue").asText("");
        } while (!next.isEmpty());
        return new Listing<>(version, objects, undecodable);
    }

    private JsonNode page(byte[] body, List<T> objects, Set<String> undecodable) throws IOException {
        int before = objects.size();
        try {
            return streamedPage(body, objects);
        } catch (IOException | RuntimeException bad) {
            objects.subList(before, objects.size()).clear();
            return pageItemByItem(body, objects, undecodable);
        }
    }

    private JsonNode streamedPage(byte[] body, List<T> objects) throws IOException {
        JsonNode metadata = Json.object();
        try (JsonParser parser = Json.parser(body, 0, body.length)) {
            expect(parser.nextToken(), JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("metadata")) {
                    metadata = parser.readValueAsTree();
                } else if (field.equals("items") && value == JsonToken.START_ARRAY) {
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        objects.add(decoder.decode(parser));
                    }
                } else {
                    parser.skipChildren();
                }
            }
        }
        return metadata;
    }

    /** One object that cannot be read must not hide the others, nor look deleted. */
    private JsonNode pageItemByItem(byte[] body, List<T> objects, Set<String> undecodable) throws IOException {
        JsonNode page = Json.tree(body);
        for (JsonNode item : page.path("items")) {
            T object = decodeOrNull(Json.bytes(item));
            if (object == null) {
                undecodable.add(key(item));
            } else {
                objects.add(object);
            }
        }
        return page.path("metadata");
    }

    /** A call that watches everything behind {@code from}, with bookmarks. */
    Call openWatch(String from) throws IOException {
        int seconds = SHORTEST_WATCH_SECONDS + ThreadLocalRandom.current().nextInt(SHORTEST_WATCH_SECONDS);
        return clients.watch()
                .call(selecting(ApiRequest.get(resource.path()))
                        .with("watch", "true")
                        .with("allowWatchBookmarks", "true")
                        .with("timeoutSeconds", Integer.toString(seconds))
                        .with("resourceVersion", from));
    }

    /** Sends the call. */
    Events<T> events(Call call) throws IOException {
        Response response = call.execute();
        if (response.isSuccessful()) {
            return new Events<>(this, response);
        }
        try (response) {
            ApiResponse answer =
                    new ApiResponse(response.code(), response.body().bytes());
            if (answer.status() == 410) {
                throw new Gone(answer.message());
            }
            answer.orThrow("watch " + resource.plural());
            throw new IOException("watch " + resource.plural() + ": " + answer.status());
        }
    }

    /** The changes of one watch, in order. */
    static final class Events<T> implements AutoCloseable {
        private final ListWatch<T> owner;
        private final Response response;
        private final BufferedSource source;

        Events(ListWatch<T> owner, Response response) {
            this.owner = owner;
            this.response = response;
            this.source = response.body().source();
        }

        /** The next change; null when the server ended the watch properly. Blocks. */
        @Nullable
        Event<T> next() throws IOException {
            long end = source.indexOf((byte) '\n');
            if (end < 0) {
                if (source.exhausted()) {
                    return null;
                }
                throw new EOFException("the watch was cut within an event");
            }
            byte[] line = source.readByteArray(end);
            source.skip(1);
            return owner.event(line);
        }

        @Override
        public void close() {
            response.close();
        }
    }

    private Event<T> event(byte[] line) throws IOException {
        try (JsonParser parser = Json.parser(line, 0, line.length)) {
            expect(parser.nextToken(), JsonToken.START_OBJECT);
            if ("type".equals(parser.nextFieldName())) {
                String type = parser.nextTextValue();
                if (changes(type) && "object".equals(parser.nextFieldName())) {
                    expect(parser.nextToken(), JsonToken.START_OBJECT);
                    T object = decoder.decode(parser);
                    Meta known = meta.apply(object);
                    return new Event<>(type, known.key(), known.resourceVersion(), object);
                }
            }
        } catch (IOException | RuntimeException bad) {
            LOG.debug("{}: an event needs a closer look", resource.plural(), bad);
        }
        return eventByTree(line);
    }

    private Event<T> eventByTree(byte[] line) throws IOException {
        JsonNode event = Json.tree(line);
        String type = event.path("type").asText("");
        JsonNode object = event.path("object");
        if (type.equals("ERROR")) {
            int code = object.path("code").asInt();
            String message = object.path("message").asText("");
            if (code == 410) {
                throw new Gone(message);
            }
            throw new ApiFailure(
                    "watch " + resource.plural(), code, object.path("reason").asText(""), message);
        }
        String version = object.path("metadata").path("resourceVersion").asText("");
        return new Event<>(type, key(object), version, changes(type) ? decodeOrNull(Json.bytes(object)) : null);
    }

    private @Nullable T decodeOrNull(byte[] json) {
        try (JsonParser parser = Json.parser(json, 0, json.length)) {
            parser.nextToken();
            return decoder.decode(parser);
        } catch (IOException | RuntimeException bad) {
            metrics.undecodable(resource.plural());
            LOG.error(
                    "{}: an object cannot be read and is left as it was: {}: {}",
                    resource.plural(),
                    bad.getMessage(),
                    new String(json, 0, Math.min(json.length, 200), StandardCharsets.UTF_8));
            return null;
        }
    }

    private ApiRequest selecting(ApiRequest request) {
        ApiRequest selected = request;
        for (Map.Entry<String, String> parameter : query.entrySet()) {
            selected = selected.with(parameter.getKey(), parameter.getValue());
        }
        return selected;
    }

    private static boolean changes(@Nullable String type) {
        return "ADDED".equals(type) || "MODIFIED".equals(type) || "DELETED".equals(type);
    }

    private static String key(JsonNode item) {
        String namespace = item.path("metadata").path("namespace").asText("");
        String name = item.path("metadata").path("name").asText("");
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }

    private static void expect(@Nullable JsonToken found, JsonToken wanted) throws IOException {
        if (found != wanted) {
            throw new IOException("expected " + wanted + ", found " + found);
        }
    }
}
