package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.store.Store;
import io.latencyscheduler.sandbox.store.Stored;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** GET of a collection, in parts when asked for. */
final class Lists {
    private final Registry registry;

    Lists(Registry registry) {
        this.registry = registry;
    }

    Store.Page page(ListQuery query, Request request) {
        int limit = (int) Math.min(Integer.MAX_VALUE, request.number("limit"));
        String token = request.parameter("continue");
        String version = request.parameter("resourceVersion");
        String match = request.parameter("resourceVersionMatch");
        ListQuery.Continue from = new ListQuery.Continue(-1, "");
        if (!token.isEmpty()) {
            if (!version.isEmpty() && !version.equals("0")) {
                throw ApiFailure.badRequest("specifying resource version is not allowed when using continue");
            }
            from = ListQuery.Continue.decode(token);
        } else if (match.equals("Exact")) {
            from = new ListQuery.Continue(request.number("resourceVersion"), "");
        } else if (request.number("resourceVersion") > registry.store().revision()) {
            throw ApiFailure.resourceVersionTooLarge(
                    request.number("resourceVersion"), registry.store().revision());
        }
        try {
            return list(query, from, limit);
        } catch (ApiFailure expired) {
            if (expired.code() != 410 || token.isEmpty()) {
                throw expired;
            }
            throw ApiFailure.expiredContinue(
                    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.",
                    new ListQuery.Continue(-1, from.startKey()).encode());
        }
    }

    private Store.Page list(ListQuery query, ListQuery.Continue from, int limit) {
        return registry.store()
                .list(
                        query.path().type(),
                        query.path().type().namespaced() ? query.path().namespace() : "",
                        from.revision(),
                        from.startKey(),
                        limit,
                        query::selects);
    }

    /** {@code metadata} of the list. */
    static ObjectNode metadata(ListQuery query, Store.Page page) {
        ObjectNode metadata = Json.object().put("resourceVersion", Long.toString(page.revision()));
        if (!page.nextKey().isEmpty()) {
            metadata.put("continue", new ListQuery.Continue(page.revision(), page.nextKey()).encode());
            if (query.selectsAll()) {
                metadata.put("remainingItemCount", page.remaining());
            }
        }
        return metadata;
    }

    Reply reply(ListQuery query, Store.Page page) {
        ResourceType type = query.path().type();
        byte[] head = ("{\"kind\":\"" + type.listKind() + "\",\"apiVersion\":\"" + type.apiVersion()
                        + "\",\"metadata\":" + metadata(query, page) + ",\"items\":[")
                .getBytes(StandardCharsets.UTF_8);
        List<byte[]> items = new ArrayList<>(page.items().size());
        long length = head.length + 2L;
        for (Stored stored : page.items()) {
            byte[] item = registry.render(type, stored);
            items.add(item);
            length += item.length + 1;
        }
        if (length > Integer.MAX_VALUE - 16) {
            throw ApiFailure.internal("the list is longer than 2 GB; use limit");
        }
        byte[] body = new byte[(int) length - (items.isEmpty() ? 0 : 1)];
        System.arraycopy(head, 0, body, 0, head.length);
        int at = head.length;
        for (int i = 0; i < items.size(); i++) {
            if (i > 0) {
                body[at++] = ',';
            }
            byte[] item = items.get(i);
            System.arraycopy(item, 0, body, at, item.length);
            at += item.length;
        }
        body[at++] = ']';
        body[at] = '}';
        return Reply.json(200, body);
    }
}
