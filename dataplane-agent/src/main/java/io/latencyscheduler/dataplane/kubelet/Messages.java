package io.latencyscheduler.dataplane.kubelet;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The few messages of the kubelet's device plugin API {@code v1beta1} and pod resources API {@code v1}, by their field
 * numbers: as protobuf's own general form of a message, so no code is generated.
 */
final class Messages {
    static final UnknownFieldSet EMPTY = UnknownFieldSet.getDefaultInstance();

    private static final MethodDescriptor.Marshaller<UnknownFieldSet> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(UnknownFieldSet message) {
            return message.toByteString().newInput();
        }

        @Override
        public UnknownFieldSet parse(InputStream bytes) {
            try {
                return UnknownFieldSet.parseFrom(bytes);
            } catch (IOException malformed) {
                throw Status.INVALID_ARGUMENT.withCause(malformed).asRuntimeException();
            }
        }
    };

    private Messages() {}

    /** A method by its full name, such as {@code v1beta1.Registration/Register}. */
    static MethodDescriptor<UnknownFieldSet, UnknownFieldSet> method(
            String fullName, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<UnknownFieldSet, UnknownFieldSet>newBuilder()
                .setType(type)
                .setFullMethodName(fullName)
                .setRequestMarshaller(MARSHALLER)
                .setResponseMarshaller(MARSHALLER)
                .build();
    }

    /** Puts a message together. */
    static final class Builder {
        private final UnknownFieldSet.Builder fields = UnknownFieldSet.newBuilder();

        Builder text(int field, String value) {
            fields.mergeField(
                    field,
                    Field.newBuilder()
                            .addLengthDelimited(ByteString.copyFromUtf8(value))
                            .build());
            return this;
        }

        Builder texts(int field, List<String> values) {
            values.forEach(value -> text(field, value));
            return this;
        }

        Builder number(int field, long value) {
            fields.mergeField(field, Field.newBuilder().addVarint(value).build());
            return this;
        }

        Builder message(int field, UnknownFieldSet value) {
            fields.mergeField(
                    field,
                    Field.newBuilder().addLengthDelimited(value.toByteString()).build());
            return this;
        }

        UnknownFieldSet build() {
            return fields.build();
        }
    }

    static List<String> texts(UnknownFieldSet message, int field) {
        return message.getField(field).getLengthDelimitedList().stream()
                .map(ByteString::toStringUtf8)
                .toList();
    }

    /** Empty when it is not there, as protobuf has it. */
    static String text(UnknownFieldSet message, int field) {
        List<String> all = texts(message, field);
        return all.isEmpty() ? "" : all.get(all.size() - 1);
    }

    /** Of a repeated field too, packed or not. */
    static List<Long> numbers(UnknownFieldSet message, int field) {
        List<Long> numbers = new ArrayList<>(message.getField(field).getVarintList());
        for (ByteString packed : message.getField(field).getLengthDelimitedList()) {
            CodedInputStream input = packed.newCodedInput();
            try {
                while (!input.isAtEnd()) {
                    numbers.add(input.readInt64());
                }
            } catch (IOException malformed) {
                throw Status.INVALID_ARGUMENT.withCause(malformed).asRuntimeException();
            }
        }
        return numbers;
    }

    static List<UnknownFieldSet> messages(UnknownFieldSet message, int field) {
        List<UnknownFieldSet> messages = new ArrayList<>();
        for (ByteString bytes : message.getField(field).getLengthDelimitedList()) {
            try {
                messages.add(UnknownFieldSet.parseFrom(bytes));
            } catch (IOException malformed) {
                throw Status.INVALID_ARGUMENT.withCause(malformed).asRuntimeException();
            }
        }
        return messages;
    }
}
