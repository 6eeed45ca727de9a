package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.sandbox.api.Json;
import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.store.Store;
import io.latencyscheduler.sandbox.store.Stored;
import io.latencyscheduler.sandbox.table.Column;
import io.latencyscheduler.sandbox.table.Columns;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

/** {@code as=Table}. One per answer or watch: a watch gets the column definitions once. */
final class TableRendering implements Rendering {
    private final List<Column> columns;
    private final String includeObject;
    private final Clock clock;
    private boolean definitionsSent;

    /** @param includeObject {@code None}, {@code Metadata} (also when empty) or {@code Object} */
    TableRendering(ResourceType type, String includeObject, Clock clock) {
        this.columns = Columns.of(type);
        this.includeObject = includeObject;
        this.clock = clock;
    }

    @Override
    public byte[] object(Stored stored) {
        ObjectNode table = table(Long.toString(stored.revision()));
        addRow(table.withArray("rows"), stored, clock.instant());
        return Json.bytes(table);
    }

    @Override
    public Reply list(ListQuery query, Store.Page page) {
        ObjectNode table = table("");
        table.set("metadata", Lists.metadata(query, page));
        ArrayNode rows = table.withArray("rows");
        Instant now = clock.instant();
        page.items().forEach(stored -> addRow(rows, stored, now));
        return Reply.json(200, table);
    }

    @Override
    public byte[] bookmark(ObjectNode bookmark) {
        return Json.bytes(table(Json.text(bookmark, "/metadata/resourceVersion")));
    }

    private ObjectNode table(String resourceVersion) {
        ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
        table.putObject("metadata").put("resourceVersion", resourceVersion);
        ArrayNode definitions = table.putArray("columnDefinitions");
        if (!definitionsSent) {
            for (Column column : columns) {
                definitions
                        .addObject()
                        .put("name", column.name())
                        .put("type", column.type())
                        .put("format", column.name().equals("Name") ? "name" : "")
                        .put("description", "")
                        .put("priority", column.priority());
            }
            definitionsSent = true;
        }
        table.putArray("rows");
        return table;
    }

    private void addRow(ArrayNode rows, Stored stored, Instant now) {
        ObjectNode object = stored.tree();
        ObjectNode row = rows.addObject();
        ArrayNode cells = row.putArray("cells");
        for (Column column : columns) {
            cells.add(column.cell().apply(object, now));
        }
        JsonNode shown = switch (includeObject) {
            case "None" -> null;
            case "Object" -> object;
            default -> MetadataRendering.partial(object);
        };
        if (shown != null) {
            row.set("object", shown);
        }
    }
}
