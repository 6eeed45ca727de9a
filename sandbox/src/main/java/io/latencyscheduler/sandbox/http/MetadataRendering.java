package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.store.Store;
import io.latencyscheduler.sandbox.store.Stored;

/** {@code as=PartialObjectMetadata}: objects without anything but their metadata. */
final class MetadataRendering implements Rendering {
    static ObjectNode partial(ObjectNode object) {
        ObjectNode partial = Json.object().put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
        partial.set("metadata", object.path("metadata"));
        return partial;
    }

    @Override
    public byte[] object(Stored stored) {
        return Json.bytes(partial(stored.tree()));
    }

    @Override
    public Reply list(ListQuery query, Store.Page page) {
        ObjectNode list = Json.object().put("kind", "PartialObjectMetadataList").put("apiVersion", "meta.k8s.io/v1");
        list.set("metadata", Lists.metadata(query, page));
        ArrayNode items = list.putArray("items");
        page.items().forEach(stored -> items.add(partial(stored.tree())));
        return Reply.json(200, list);
    }
}
