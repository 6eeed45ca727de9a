package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.store.Store;
import io.latencyscheduler.sandbox.store.Stored;

/** The form in which a client wants objects, from its {@code Accept} header. */
interface Rendering {
    /** One object, also inside a watch event. */
    byte[] object(Stored stored);

    Reply list(ListQuery query, Store.Page page);

    /** The object of a BOOKMARK event. */
    default byte[] bookmark(ObjectNode bookmark) {
        return Json.bytes(bookmark);
    }

    /** The objects themselves. */
    static Rendering plain(Registry registry, ResourceType type) {
        return new Rendering() {
            @Override
            public byte[] object(Stored stored) {
                return registry.render(type, stored);
            }

            @Override
            public Reply list(ListQuery query, Store.Page page) {
                return new Lists(registry).reply(query, page);
            }
        };
    }
}
