package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.NodeDataplane;
import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.kube.AllocationJson;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Meta;
import io.latencyscheduler.kube.Reflector;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.scheduler.model.AnnotationFormat;
import io.latencyscheduler.scheduler.model.ObjectMeta;
import io.latencyscheduler.scheduler.model.Pod;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Reads the JSON of a watch into the core's records, each event once. Thread-safe. */
final class Decoders {
    private static final JsonMapper MAPPER = Json.mapperBuilder().build();
    private static final ObjectReader POD = MAPPER.readerFor(Pod.class);

    /** Annotations are parsed here, once per event. */
    static final AnnotationFormat ANNOTATIONS = new AnnotationFormat() {
        @Override
        public Object yaml(String text) {
            return Yaml.read(text);
        }

        @Override
        public Allocation allocation(String json) {
            try {
                Allocation allocation = AllocationJson.read(json);
                if (allocation.version() > Allocation.VERSION) {
                    throw new IllegalArgumentException("allocation version " + allocation.version());
                }
                return allocation;
            } catch (IOException malformed) {
                throw new UncheckedIOException(malformed);
            }
        }
    };

    /** A NodeInventory object. */
    record InventoryObject(ObjectMeta metadata, @Nullable NodeInventory spec) {}

    /** A NodeDataplane object. */
    record DataplaneObject(ObjectMeta metadata, @Nullable NodeDataplane status) {}

    private Decoders() {}

    static Reflector.Decoder<PodInfo> pod() {
        return parser -> PodInfo.of(POD.readValue(parser), ANNOTATIONS);
    }

    static <T> Reflector.Decoder<T> of(Class<T> type) {
        ObjectReader reader = MAPPER.readerFor(type);
        return reader::readValue;
    }

    /** Reads a pod that a user sent, as YAML trees and JSON arrive there. */
    static PodInfo pod(byte[] json) throws IOException {
        return PodInfo.of(POD.readValue(json), ANNOTATIONS);
    }

    static Meta meta(ObjectMeta metadata) {
        return new Meta(metadata.key(), metadata.uid(), metadata.resourceVersion());
    }
}
