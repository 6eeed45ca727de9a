package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.io.IOException;
import java.util.Map;

/** Reads a pod that a person wrote. */
public final class PodReader {
    private PodReader() {}

    /**
     * Reads a pod's manifest.
     *
     * @param manifest JSON or YAML of one object of kind Pod
     * @throws IllegalArgumentException with one sentence when it is none
     */
    public static PodInfo manifest(String manifest) {
        Object value = Yaml.read(manifest);
        if (!(value instanceof Map<?, ?> object) || !"Pod".equals(object.get("kind"))) {
            throw new IllegalArgumentException("the body must be one object of kind Pod, in JSON or YAML");
        }
        try {
            return Decoders.pod(Json.bytes(object));
        } catch (IOException malformed) {
            String message = String.valueOf(malformed.getMessage());
            throw new IllegalArgumentException(
                    "not a Pod: " + message.lines().findFirst().orElse(""), malformed);
        }
    }
}
