package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.DemandReader;
import io.latencyscheduler.contract.PodDemand;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** The API server's question and our answer, of {@code admission.k8s.io/v1}. */
final class AdmissionReview {
    private static final int INVALID = 422;

    private AdmissionReview() {}

    /**
     * Answers a review.
     *
     * @throws IOException with one sentence when the text is no review of a pod
     */
    static byte[] answer(byte[] review, CompletionSettings settings) throws IOException {
        JsonNode asked = Json.tree(review);
        JsonNode request = asked.path("request");
        if (!(request.path("object") instanceof ObjectNode pod)
                || !pod.path("kind").asText().equals("Pod")) {
            throw new IOException("the request must be an AdmissionReview of admission.k8s.io/v1 with a Pod");
        }
        Map<String, String> annotations = new HashMap<>();
        pod.at("/metadata/annotations")
                .properties()
                .forEach(entry ->
                        annotations.put(entry.getKey(), entry.getValue().asText()));
        Completion completion = complete(pod, DemandReader.read(annotations, Yaml::read), settings);
        ObjectNode answer = Json.object();
        answer.set("apiVersion", asked.path("apiVersion"));
        answer.put("kind", "AdmissionReview");
        ObjectNode response = answer.putObject("response");
        response.set("uid", request.path("uid"));
        response.put("allowed", completion instanceof Completion.Admitted);
        if (completion instanceof Completion.Admitted admitted) {
            if (!admitted.patch().isEmpty()) {
                response.put("patchType", "JSONPatch")
                        .put("patch", Base64.getEncoder().encodeToString(Json.bytes(admitted.patch())));
            }
            admitted.warnings().forEach(response.withArrayProperty("warnings")::add);
        } else if (completion instanceof Completion.Refused refused) {
            response.putObject("status")
                    .put("code", INVALID)
                    .put("reason", "Invalid")
                    .put("message", refused.message());
        }
        return Json.text(answer).getBytes(StandardCharsets.UTF_8);
    }

    /** An API server has read the pod before it asks, so its fields are of the types that they should be. */
    private static Completion complete(ObjectNode pod, Reading<PodDemand> demand, CompletionSettings settings)
            throws IOException {
        try {
            return PodCompletion.of(pod, demand, settings);
        } catch (ClassCastException | UnsupportedOperationException shape) {
            throw new IOException("a field of the request's Pod is of another type than in the API", shape);
        }
    }
}
