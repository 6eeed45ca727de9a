package io.latencyscheduler.sandbox.table;

import static io.latencyscheduler.sandbox.table.Column.AGE;
import static io.latencyscheduler.sandbox.table.Column.NAME;
import static io.latencyscheduler.sandbox.table.Column.age;
import static io.latencyscheduler.sandbox.table.Column.computed;
import static io.latencyscheduler.sandbox.table.Column.number;
import static io.latencyscheduler.sandbox.table.Column.orNone;
import static io.latencyscheduler.sandbox.table.Column.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.latencyscheduler.sandbox.api.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The columns of each resource: those of kube-apiserver where it has its own, else the name and the age. */
public final class Columns {
    private static final Map<String, List<Column>> BUILTIN = Map.ofEntries(
            Map.entry(
                    "pods",
                    List.of(
                            NAME,
                            computed("Ready", PodCells::ready),
                            computed("Status", PodCells::status),
                            computed("Restarts", PodCells::restarts),
                            AGE,
                            orNone("IP", "/status/podIP").wide(),
                            orNone("Node", "/spec/nodeName").wide(),
                            orNone("Nominated Node", "/status/nominatedNodeName")
                                    .wide(),
                            computed("Readiness Gates", PodCells::readinessGates)
                                    .wide())),
            Map.entry(
                    "nodes",
                    List.of(
                            NAME,
                            computed("Status", NodeCells::status),
                            computed("Roles", NodeCells::roles),
                            AGE,
                            text("Version", "/status/nodeInfo/kubeletVersion"),
                            computed("Internal-IP", node -> NodeCells.address(node, "InternalIP"))
                                    .wide(),
                            computed("External-IP", node -> NodeCells.address(node, "ExternalIP"))
                                    .wide(),
                            orUnknown("OS-Image", "/status/nodeInfo/osImage"),
                            orUnknown("Kernel-Version", "/status/nodeInfo/kernelVersion"),
                            orUnknown("Container-Runtime", "/status/nodeInfo/containerRuntimeVersion"))),
            Map.entry("namespaces", List.of(NAME, text("Status", "/status/phase"), AGE)),
            Map.entry(
                    "events",
                    List.of(
                            computedAge(),
                            text("Type", "/type"),
                            text("Reason", "/reason"),
                            computed("Object", Columns::involved),
                            text("Subobject", "/involvedObject/fieldPath").wide(),
                            computed("Source", Columns::source).wide(),
                            text("Message", "/message"),
                            age("First Seen", "/firstTimestamp").wide(),
                            number("Count", "/count").wide(),
                            NAME.wide())),
            Map.entry("leases.coordination.k8s.io", List.of(NAME, text("Holder", "/spec/holderIdentity"), AGE)),
            Map.entry(
                    "poddisruptionbudgets.policy",
                    List.of(
                            NAME,
                            orNotApplicable("Min Available", "/spec/minAvailable"),
                            orNotApplicable("Max Unavailable", "/spec/maxUnavailable"),
                            number("Allowed Disruptions", "/status/disruptionsAllowed"),
                            AGE)),
            Map.entry(
                    "priorityclasses.scheduling.k8s.io",
                    List.of(
                            NAME,
                            number("Value", "/value"),
                            computed(
                                    "Global-Default",
                                    object -> Boolean.toString(
                                            object.path("globalDefault").asBoolean())),
                            AGE)),
            Map.entry(
                    "deployments.apps",
                    List.of(
                            NAME,
                            computed(
                                    "Ready",
                                    object -> object.at("/status/readyReplicas").asInt() + "/"
                                            + object.at("/spec/replicas").asInt()),
                            number("Up-to-date", "/status/updatedReplicas"),
                            number("Available", "/status/availableReplicas"),
                            AGE)),
            Map.entry(
                    "replicasets.apps",
                    List.of(
                            NAME,
                            number("Desired", "/spec/replicas"),
                            number("Current", "/status/replicas"),
                            number("Ready", "/status/readyReplicas"),
                            AGE)),
            Map.entry(
                    "daemonsets.apps",
                    List.of(
                            NAME,
                            number("Desired", "/status/desiredNumberScheduled"),
                            number("Current", "/status/currentNumberScheduled"),
                            number("Ready", "/status/numberReady"),
                            number("Up-to-date", "/status/updatedNumberScheduled"),
                            number("Available", "/status/numberAvailable"),
                            AGE)),
            Map.entry(
                    "services",
                    List.of(NAME, text("Type", "/spec/type"), orNone("Cluster-IP", "/spec/clusterIP"), AGE)),
            Map.entry("configmaps", List.of(NAME, size("Data", "/data"), AGE)),
            Map.entry("secrets", List.of(NAME, text("Type", "/type"), size("Data", "/data"), AGE)),
            Map.entry("serviceaccounts", List.of(NAME, size("Secrets", "/secrets"), AGE)),
            Map.entry(
                    "persistentvolumeclaims",
                    List.of(
                            NAME,
                            text("Status", "/status/phase"),
                            text("Volume", "/spec/volumeName"),
                            text("Capacity", "/status/capacity/storage"),
                            text("StorageClass", "/spec/storageClassName"),
                            AGE)),
            Map.entry(
                    "persistentvolumes",
                    List.of(
                            NAME,
                            text("Capacity", "/spec/capacity/storage"),
                            text("Reclaim Policy", "/spec/persistentVolumeReclaimPolicy"),
                            text("Status", "/status/phase"),
                            text("Claim", "/spec/claimRef/name"),
                            text("StorageClass", "/spec/storageClassName"),
                            AGE)),
            Map.entry(
                    "storageclasses.storage.k8s.io",
                    List.of(
                            NAME,
                            text("Provisioner", "/provisioner"),
                            text("ReclaimPolicy", "/reclaimPolicy"),
                            text("VolumeBindingMode", "/volumeBindingMode"),
                            AGE)),
            Map.entry(
                    "customresourcedefinitions.apiextensions.k8s.io",
                    List.of(NAME, text("Created At", "/metadata/creationTimestamp"))));

    private Columns() {}

    public static List<Column> of(ResourceType type) {
        if (type.has(ResourceType.Feature.CUSTOM)) {
            return custom(type.columns());
        }
        return BUILTIN.getOrDefault(type.storage(), List.of(NAME, AGE));
    }

    private static List<Column> custom(JsonNode definitions) {
        List<Column> columns = new ArrayList<>(List.of(NAME));
        for (JsonNode definition : definitions) {
            String type = definition.path("type").asText();
            String path = definition.path("jsonPath").asText();
            columns.add(new Column(
                    definition.path("name").asText(),
                    type,
                    definition.path("priority").asInt(),
                    (object, now) -> {
                        JsonNode value = JsonPath.first(object, path);
                        if (value.isMissingNode()) {
                            return NullNode.getInstance();
                        }
                        return switch (type) {
                            case "date" -> TextNode.valueOf(Column.since(value.asText(), now));
                            case "string" -> TextNode.valueOf(value.isValueNode() ? value.asText() : value.toString());
                            default -> value;
                        };
                    }));
        }
        if (columns.size() == 1) {
            columns.add(AGE);
        }
        return columns;
    }

    private static Column orUnknown(String name, String pointer) {
        return computed(name, object -> object.at(pointer).asText("<unknown>")).wide();
    }

    private static Column orNotApplicable(String name, String pointer) {
        return computed(name, object -> object.at(pointer).asText("N/A"));
    }

    private static Column size(String name, String pointer) {
        return computed(name, object -> Integer.toString(object.at(pointer).size()));
    }

    private static Column computedAge() {
        return new Column("Last Seen", "string", 0, (event, now) -> {
            for (String pointer : List.of(
                    "/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp")) {
                if (!event.at(pointer).asText("").isEmpty()) {
                    return TextNode.valueOf(Column.since(event.at(pointer).asText(), now));
                }
            }
            return TextNode.valueOf("<unknown>");
        });
    }

    private static String involved(JsonNode event) {
        JsonNode object = event.path("involvedObject");
        String kind = object.path("kind").asText("").toLowerCase(Locale.ROOT);
        String name = object.path("name").asText("");
        return kind.isEmpty() ? name : kind + "/" + name;
    }

    private static String source(JsonNode event) {
        String component = event.at("/source/component")
                .asText(event.path("reportingComponent").asText(""));
        String host = event.at("/source/host").asText("");
        return host.isEmpty() ? component : component + ", " + host;
    }
}
