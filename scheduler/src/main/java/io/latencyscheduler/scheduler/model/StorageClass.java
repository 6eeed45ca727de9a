package io.latencyscheduler.scheduler.model;

import java.util.List;
import java.util.Map;

/** {@code storage.k8s.io/v1 StorageClass}. */
public record StorageClass(
        ObjectMeta metadata, String provisioner, String volumeBindingMode, List<TopologyTerm> allowedTopologies) {
    public StorageClass {
        metadata = ObjectMeta.orEmpty(metadata);
        provisioner = Absent.text(provisioner);
        volumeBindingMode = Absent.text(volumeBindingMode);
        allowedTopologies = Absent.list(allowedTopologies);
    }

    /** Expressions of which all must hold. */
    public record TopologyTerm(List<Expression> matchLabelExpressions) {
        public TopologyTerm {
            matchLabelExpressions = Absent.list(matchLabelExpressions);
        }
    }

    public record Expression(String key, List<String> values) {
        public Expression {
            key = Absent.text(key);
            values = Absent.list(values);
        }
    }

    public boolean waitsForFirstConsumer() {
        return volumeBindingMode.equals("WaitForFirstConsumer");
    }

    /** Whether volumes may be made for a node with these labels: one term matches, or there are none. */
    public boolean allows(Map<String, String> nodeLabels) {
        return allowedTopologies.isEmpty()
                || allowedTopologies.stream()
                        .anyMatch(term -> term.matchLabelExpressions().stream().allMatch(expression -> {
                            String value = nodeLabels.get(expression.key());
                            return value != null && expression.values().contains(value);
                        }));
    }
}
