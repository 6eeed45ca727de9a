package io.latencyscheduler.dataplane.kube;

import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.contract.PodKey;
import io.latencyscheduler.dataplane.plan.LatePolicy;
import io.latencyscheduler.kube.Meta;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the agent reads of a Pod, under Kubernetes' own names. */
record PodObject(
        Metadata metadata, @Nullable Spec spec, @Nullable Status status) {
    private static final String HUGEPAGES = "hugepages-";

    record Metadata(
            String name,
            String namespace,
            String uid,
            String resourceVersion,
            @Nullable Map<String, String> annotations) {}

    record Spec(@Nullable List<Container> containers) {}

    record Container(@Nullable Resources resources) {}

    record Resources(@Nullable Map<String, String> limits) {}

    record Status(@Nullable String phase) {}

    Meta meta() {
        return new Meta(metadata.namespace() + "/" + metadata.name(), metadata.uid(), metadata.resourceVersion());
    }

    @Nullable
    String allocation() {
        Map<String, String> annotations = metadata.annotations();
        return annotations == null ? null : annotations.get(Keys.ALLOCATION);
    }

    /** What its annotation asks; null when it asks nothing, or what the scheduler would have refused. */
    @Nullable
    LatePolicy latePolicy() {
        Map<String, String> annotations = metadata.annotations();
        String text = annotations == null ? null : annotations.get(PodKey.LATE_POLICY.annotation());
        return text == null ? null : LatePolicy.of(text.strip()).orElse(null);
    }

    /** Limits of hugepages by resource name; of several containers' the first. */
    Map<String, String> hugepages() {
        Map<String, String> limits = new TreeMap<>();
        List<Container> containers = spec == null ? null : spec.containers();
        for (Container container : containers == null ? List.<Container>of() : containers) {
            Resources resources = container.resources();
            Map<String, String> stated = resources == null ? null : resources.limits();
            if (stated != null) {
                stated.forEach((name, quantity) -> {
                    if (name.startsWith(HUGEPAGES)) {
                        limits.putIfAbsent(name, quantity);
                    }
                });
            }
        }
        return limits;
    }

    boolean terminated() {
        String phase = status == null ? null : status.phase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }
}
