package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.contract.DemandReader;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.PodKey;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.contract.StreamDemand;
import io.latencyscheduler.kube.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Any values of our annotations, a line {@code key=value} each, {@code ;} for a new line: a demand in bounds, or faults. */
public final class AnnotationsFuzz {
    private AnnotationsFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Map<String, String> annotations = new HashMap<>();
        for (String line : new String(input, StandardCharsets.UTF_8).split("\n")) {
            int equals = line.indexOf('=');
            for (PodKey key : PodKey.values()) {
                if (equals > 0 && line.substring(0, equals).equals(key.wireName())) {
                    annotations.put(key.annotation(), line.substring(equals + 1).replace(';', '\n'));
                }
            }
        }
        Reading<PodDemand> reading = DemandReader.read(annotations, Yaml::read);
        reading.faults().forEach(fault -> Sentences.require(fault.sentence()));
        if (reading.ok()) {
            for (StreamDemand stream : reading.value().streams()) {
                if (stream.periodNs() <= 0
                        || stream.deadlineNs() <= 0
                        || stream.deadlineNs() > stream.periodNs()
                        || stream.frameBytes() < StreamDemand.MIN_FRAME_BYTES
                        || stream.frameBytes() > StreamDemand.MAX_FRAME_BYTES
                        || stream.trafficClass() < 0
                        || stream.trafficClass() > 7) {
                    throw new IllegalStateException("out of bounds: " + stream);
                }
            }
        }
    }
}
