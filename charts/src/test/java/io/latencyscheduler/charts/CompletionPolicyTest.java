package io.latencyscheduler.charts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.StructProto;
import com.google.protobuf.Value;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The MutatingAdmissionPolicy, run as the API server runs it: each mutation on the result of the one before. */
class CompletionPolicyTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final String VALUES = """
            webhook: {policy: {enabled: true}, network: tsn/overlay}
            agent: {devicePlugin: {enabled: true}}
            """;

    private final Cel cel = cel();
    private final JsonNode policy = policy();

    private static JsonNode policy() {
        return Chart.objects(Chart.render("1.36.0", VALUES)).stream()
                .filter(object -> Chart.kind(object).equals("MutatingAdmissionPolicy"))
                .findFirst()
                .orElseThrow()
                .path("spec");
    }

    private static Cel cel() {
        try {
            FileDescriptor file = FileDescriptor.buildFrom(
                    FileDescriptorProto.newBuilder()
                            .setName("jsonpatch.proto")
                            .setSyntax("proto3")
                            .addDependency("google/protobuf/struct.proto")
                            .addMessageType(DescriptorProto.newBuilder()
                                    .setName("JSONPatch")
                                    .addField(field("op", 1).setType(Type.TYPE_STRING))
                                    .addField(field("path", 2).setType(Type.TYPE_STRING))
                                    .addField(field("value", 3)
                                            .setType(Type.TYPE_MESSAGE)
                                            .setTypeName(".google.protobuf.Value")))
                            .build(),
                    new FileDescriptor[] {StructProto.getDescriptor()});
            return CelFactory.standardCelBuilder()
                    .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                    .addFileTypes(file)
                    .addVar("object", SimpleType.DYN)
                    .addVar("variables", MapType.create(SimpleType.STRING, SimpleType.DYN))
                    .build();
        } catch (com.google.protobuf.Descriptors.DescriptorValidationException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    private static FieldDescriptorProto.Builder field(String name, int number) {
        return FieldDescriptorProto.newBuilder().setName(name).setNumber(number);
    }

    private Object evaluate(String expression, JsonNode object, Map<String, Object> variables) throws Exception {
        return cel.createProgram(cel.compile(expression).getAst())
                .eval(Map.of("object", JSON.convertValue(object, Map.class), "variables", variables));
    }

    /** The pod as it is stored. */
    private ObjectNode admitted(ObjectNode pod) throws Exception {
        ObjectNode object = pod.deepCopy();
        for (JsonNode condition : policy.path("matchConditions")) {
            if (!Boolean.TRUE.equals(evaluate(condition.path("expression").asText(), object, Map.of()))) {
                return object;
            }
        }
        Map<String, Object> variables = new HashMap<>();
        for (JsonNode variable : policy.path("variables")) {
            variables.put(
                    variable.path("name").asText(),
                    evaluate(variable.path("expression").asText(), object, Map.copyOf(variables)));
        }
        for (JsonNode mutation : policy.path("mutations")) {
            String expression = mutation.at("/jsonPatch/expression").asText();
            for (Object operation : (List<?>) evaluate(expression, object, variables)) {
                apply(object, (Message) operation);
            }
        }
        return object;
    }

    private static Object field(Message message, String name) {
        return message.getField(message.getDescriptorForType().findFieldByName(name));
    }

    private static JsonNode json(Value value) {
        return switch (value.getKindCase()) {
            case STRING_VALUE -> JSON.getNodeFactory().textNode(value.getStringValue());
            case BOOL_VALUE -> JSON.getNodeFactory().booleanNode(value.getBoolValue());
            case LIST_VALUE -> {
                ArrayNode list = JSON.createArrayNode();
                value.getListValue().getValuesList().forEach(element -> list.add(json(element)));
                yield list;
            }
            case STRUCT_VALUE -> {
                ObjectNode object = JSON.createObjectNode();
                value.getStructValue().getFieldsMap().forEach((name, member) -> object.set(name, json(member)));
                yield object;
            }
            default -> throw new AssertionError("unexpected value " + value);
        };
    }

    private static void apply(ObjectNode object, Message operation) throws Exception {
        assertThat(field(operation, "op")).isEqualTo("add");
        String path = (String) field(operation, "path");
        JsonNode value = json(Value.parseFrom(((Message) field(operation, "value")).toByteString()));
        JsonNode parent = object.at(path.substring(0, path.lastIndexOf('/')));
        String last =
                path.substring(path.lastIndexOf('/') + 1).replace("~1", "/").replace("~0", "~");
        if (parent instanceof ArrayNode list) {
            assertThat(last).isEqualTo("-");
            list.add(value);
        } else {
            assertThat(parent.isObject()).as(path).isTrue();
            ((ObjectNode) parent).set(last, value);
        }
    }

    private static ObjectNode pod(String annotations) throws Exception {
        return (ObjectNode) YAML.readTree("""
                metadata: {name: app, annotations: {%s}}
                spec:
                  schedulerName: default-scheduler
                  containers: [{name: app, image: app:1, resources: {}}, {name: log, image: log:1, resources: {}}]
                """.formatted(annotations));
    }

    @Test
    void shouldCompleteAPodThatOnlyStatesItsLatency() throws Exception {
        ObjectNode pod = admitted(pod("latency-scheduler.io/latency: 1ms"));

        JsonNode app = pod.at("/spec/containers/0");
        assertThat(pod.at("/spec/schedulerName").asText()).isEqualTo("latency-scheduler");
        assertThat(app.at("/resources/limits")).isEqualTo(app.at("/resources/requests"));
        assertThat(app.at("/resources/limits"))
                .isEqualTo(JSON.readTree("{\"hugepages-2Mi\":\"256Mi\",\"cpu\":\"2\",\"memory\":\"512Mi\","
                        + "\"latency-scheduler.io/dpdk\":\"1\"}"));
        assertThat(app.at("/securityContext/capabilities/add").toString()).isEqualTo("[\"IPC_LOCK\"]");
        assertThat(app.path("volumeMounts").findValuesAsText("mountPath"))
                .containsExactly("/run/latency-scheduler", "/dev/hugepages");
        assertThat(pod.at("/spec/volumes").findValuesAsText("name"))
                .containsExactly("latency-scheduler", "latency-scheduler-hugepages");
        assertThat(pod.at("/spec/containers/1/resources")).isEmpty();
        assertThat(pod.at("/metadata/annotations")
                        .path("k8s.v1.cni.cncf.io/networks")
                        .asText())
                .isEqualTo("tsn/overlay");
    }

    @Test
    void shouldPreloadTheLibraryIntoEveryContainerOfAPodWithAStream() throws Exception {
        ObjectNode pod = admitted(pod("latency-scheduler.io/period: 1ms"));

        for (JsonNode container : pod.at("/spec/containers")) {
            assertThat(container.path("env").findValuesAsText("name"))
                    .containsExactly("LATENCY_SCHEDULER_POD_UID", "LD_PRELOAD");
            assertThat(container.path("resources")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "latency-scheduler.io/latency: 1ms",
                "latency: '900'",
                "latency-scheduler.io/latency: 20ms",
                "deadline: 2ms",
                "latency-scheduler.io/period: 1ms",
                "latency-scheduler.io/interfaces: '3', latency-scheduler.io/period: 1ms"
            })
    void shouldLeaveACompletePodAsItIs(String annotations) throws Exception {
        ObjectNode once = admitted(pod(annotations));

        assertThat(once.at("/spec/schedulerName").asText()).isEqualTo("latency-scheduler");
        assertThat(admitted(once)).isEqualTo(once);
    }

    @Test
    void shouldAskForPortsAsTheAnnotationsDo() throws Exception {
        for (Map.Entry<String, String> wanted : Map.of(
                        "latency: '900'", "1",
                        "deadline: 2ms", "1",
                        "latency-scheduler.io/interfaces: '3'", "3",
                        "latency-scheduler.io/latency: 5ms", "")
                .entrySet()) {
            assertThat(admitted(pod(wanted.getKey()))
                            .at("/spec/containers/0/resources/limits")
                            .path("latency-scheduler.io/dpdk")
                            .asText())
                    .as(wanted.getKey())
                    .isEqualTo(wanted.getValue());
        }
    }

    @Test
    void shouldLeaveOtherPodsAlone() throws Exception {
        ObjectNode ordinary = pod("app: x");
        assertThat(admitted(ordinary)).isEqualTo(ordinary);
        ObjectNode other = pod("latency-scheduler.io/latency: 1ms");
        ((ObjectNode) other.path("spec")).put("schedulerName", "volcano");
        assertThat(admitted(other)).isEqualTo(other);
    }

    @Test
    void shouldBeRefusedWhereTheClusterHasNoneOrTheWebhookDoesTheSame() {
        assertThatThrownBy(() -> Chart.render("1.33.0", VALUES)).hasMessageContaining("1.34 and newer have");
        assertThatThrownBy(() -> Chart.render("1.36.0", "webhook: {enabled: true, policy: {enabled: true}}"))
                .hasMessageContaining("one of them completes pods");
    }
}
