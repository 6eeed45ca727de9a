package io.latencyscheduler.dataplane.kubelet;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;

/**
 * The kubelet's messages by their declarations, so that the tests' kubelet speaks them independently of the agent: names,
 * numbers and types of {@code deviceplugin/v1beta1} and {@code podresources/v1}.
 */
final class KubeletApi {
    private static final FileDescriptor FILE = file();

    private KubeletApi() {}

    private static FileDescriptor file() {
        FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder()
                .setName("kubelet.proto")
                .setSyntax("proto3")
                .setPackage("k");
        declare(file, "Empty");
        declare(file, "Options", "bool pre_start_required", "bool get_preferred_allocation_available");
        declare(
                file,
                "RegisterRequest",
                "string version",
                "string endpoint",
                "string resource_name",
                "Options options");
        declare(file, "Numa", "int64 ID");
        declare(file, "Topology", "Numa* nodes");
        declare(file, "Device", "string ID", "string health", "Topology topology");
        declare(file, "DeviceList", "Device* devices");
        declare(file, "PreferredContainer", "string* available", "string* must_include", "int32 allocation_size");
        declare(file, "PreferredRequest", "PreferredContainer* containers");
        declare(file, "Ids", "string* ids");
        declare(file, "PreferredResponse", "Ids* containers");
        declare(file, "AllocateRequest", "Ids* containers");
        declare(file, "Cdi", "string name");
        declare(file, "Pair", "string key", "string value");
        declare(
                file,
                "AllocateContainer",
                "Pair* envs",
                "Empty* mounts",
                "Empty* devices",
                "Pair* annotations",
                "Cdi* cdi");
        declare(file, "AllocateResponse", "AllocateContainer* containers");
        declare(file, "ContainerDevices", "string resource_name", "string* device_ids", "Topology topology");
        declare(file, "Container", "string name", "ContainerDevices* devices", "int64* cpu_ids");
        declare(file, "Pod", "string name", "string namespace", "Container* containers");
        declare(file, "PodList", "Pod* pods");
        try {
            return FileDescriptor.buildFrom(file.build(), new FileDescriptor[0]);
        } catch (DescriptorValidationException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    /** Fields are numbered from 1 in their order, as they are in both APIs; a star means repeated. */
    private static void declare(FileDescriptorProto.Builder file, String name, String... fields) {
        DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
        for (int i = 0; i < fields.length; i++) {
            String[] words = fields[i].split(" ");
            String type = words[0].replace("*", "");
            FieldDescriptorProto.Builder field = FieldDescriptorProto.newBuilder()
                    .setName(words[1])
                    .setNumber(i + 1)
                    .setLabel(words[0].endsWith("*") ? Label.LABEL_REPEATED : Label.LABEL_OPTIONAL);
            switch (type) {
                case "string" -> field.setType(Type.TYPE_STRING);
                case "bool" -> field.setType(Type.TYPE_BOOL);
                case "int32" -> field.setType(Type.TYPE_INT32);
                case "int64" -> field.setType(Type.TYPE_INT64);
                default -> field.setType(Type.TYPE_MESSAGE).setTypeName(".k." + type);
            }
            message.addField(field);
        }
        file.addMessageType(message);
    }

    static Descriptor type(String name) {
        return FILE.findMessageTypeByName(name);
    }

    static DynamicMessage.Builder of(String name) {
        return DynamicMessage.newBuilder(type(name));
    }

    /** A message with fields by name; lists for repeated ones. */
    static DynamicMessage message(String name, Object... namesAndValues) {
        DynamicMessage.Builder builder = of(name);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            builder.setField(type(name).findFieldByName((String) namesAndValues[i]), namesAndValues[i + 1]);
        }
        return builder.build();
    }

    static Object get(DynamicMessage message, String field) {
        return message.getField(message.getDescriptorForType().findFieldByName(field));
    }

    static MethodDescriptor<DynamicMessage, DynamicMessage> method(
            String fullName, MethodDescriptor.MethodType type, String request, String response) {
        return MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
                .setType(type)
                .setFullMethodName(fullName)
                .setRequestMarshaller(marshaller(request))
                .setResponseMarshaller(marshaller(response))
                .build();
    }

    private static MethodDescriptor.Marshaller<DynamicMessage> marshaller(String name) {
        return new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(DynamicMessage value) {
                return value.toByteString().newInput();
            }

            @Override
            public DynamicMessage parse(InputStream bytes) {
                try {
                    return DynamicMessage.parseFrom(type(name), bytes);
                } catch (IOException malformed) {
                    throw new IllegalStateException(malformed);
                }
            }
        };
    }
}
