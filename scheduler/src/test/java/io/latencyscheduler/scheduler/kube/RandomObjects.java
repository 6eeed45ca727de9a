package io.latencyscheduler.scheduler.kube;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;

/** Nodes and pods that ask for everything Kubernetes 1.20 lets them ask, in all combinations. */
final class RandomObjects {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<String> ZONES = List.of("a", "b", "c");
    private static final List<String> APPS = List.of("web", "db", "plc");
    private static final List<String> TOPOLOGIES =
            List.of("topology.kubernetes.io/zone", "kubernetes.io/hostname", "rack");

    private final Random random;

    RandomObjects(Random random) {
        this.random = random;
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private static ObjectNode object(String kind, String name) {
        ObjectNode object = JSON.objectNode().put("apiVersion", "v1").put("kind", kind);
        object.putObject("metadata").put("name", name);
        return object;
    }

    ObjectNode node(String name) {
        ObjectNode node = object("Node", name);
        ObjectNode labels = ((ObjectNode) node.get("metadata")).putObject("labels");
        labels.put("kubernetes.io/hostname", name);
        labels.put("nics", Integer.toString(random.nextInt(4)));
        if (!oneIn(6)) {
            labels.put("topology.kubernetes.io/zone", any(ZONES));
        }
        if (oneIn(2)) {
            labels.put("disk", any(List.of("ssd", "hdd")));
        }
        ObjectNode spec = node.putObject("spec");
        if (oneIn(8)) {
            spec.put("unschedulable", true);
        }
        ArrayNode taints = spec.putArray("taints");
        if (oneIn(4)) {
            taints.addObject()
                    .put("key", any(List.of("line", "gpu")))
                    .put("value", any(List.of("1", "2")))
                    .put("effect", any(List.of("NoSchedule", "NoExecute", "PreferNoSchedule")));
        }
        return node;
    }

    ObjectNode nodeStatus() {
        ObjectNode status = JSON.objectNode();
        for (String list : List.of("capacity", "allocatable")) {
            status.putObject(list);
        }
        ObjectNode allocatable = (ObjectNode) status.get("allocatable");
        allocatable.put("cpu", any(List.of("1", "2", "4")));
        allocatable.put("memory", any(List.of("2Gi", "4000Mi", "8589934592")));
        allocatable.put("ephemeral-storage", "10Gi");
        allocatable.put("pods", any(List.of("4", "110", "110")));
        if (oneIn(2)) {
            allocatable.put("example.com/fpga", any(List.of("1", "2")));
        }
        if (oneIn(2)) {
            allocatable.put("hugepages-2Mi", "256Mi");
        }
        status.set("capacity", allocatable.deepCopy());
        status.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
        return status;
    }

    /** A pod of the given scheduler; {@code anyNode} false leaves out spread, which counts the nodes a pod may use. */
    ObjectNode pod(String name, boolean withSpread) {
        ObjectNode pod = object("Pod", name);
        if (!oneIn(5)) {
            ((ObjectNode) pod.get("metadata")).putObject("labels").put("app", any(APPS));
        }
        ObjectNode spec = pod.putObject("spec");
        spec.put("automountServiceAccountToken", false);
        spec.put("terminationGracePeriodSeconds", 0);
        ArrayNode containers = spec.putArray("containers");
        container(containers.addObject().put("name", "c"));
        if (oneIn(4)) {
            container(spec.putArray("initContainers").addObject().put("name", "i"));
        }
        if (oneIn(5)) {
            ((ObjectNode) containers.get(0))
                    .putArray("ports")
                    .addObject()
                    .put("containerPort", 80)
                    .put("hostPort", any(List.of(8080, 8081)))
                    .put("protocol", any(List.of("TCP", "UDP")))
                    .put("hostIP", any(List.of("0.0.0.0", "10.0.0.1", "127.0.0.1")));
        }
        if (oneIn(5)) {
            spec.putObject("nodeSelector").put("disk", any(List.of("ssd", "hdd")));
        }
        tolerations(spec.putArray("tolerations"));
        affinity(spec.putObject("affinity"));
        if (withSpread && oneIn(2)) {
            spread(spec.putArray("topologySpreadConstraints"), choosesNodes(spec));
        }
        return pod;
    }

    private void container(ObjectNode container) {
        container.put("image", "none");
        ObjectNode requests = container.putObject("resources").putObject("requests");
        if (!oneIn(4)) {
            requests.put("cpu", any(List.of("100m", "0.5", "1", "1500m", "3")));
        }
        if (!oneIn(4)) {
            requests.put("memory", any(List.of("64Mi", "1G", "1.5Gi", "3e9")));
        }
        if (oneIn(8)) {
            requests.put("ephemeral-storage", any(List.of("1Gi", "11Gi")));
        }
        ObjectNode limits = ((ObjectNode) container.get("resources")).putObject("limits");
        if (oneIn(8)) {
            requests.put("example.com/fpga", "1");
            limits.put("example.com/fpga", "1");
        }
        if (oneIn(10) && requests.has("cpu")) {
            requests.put("hugepages-2Mi", "128Mi");
            limits.put("hugepages-2Mi", "128Mi");
        }
    }

    private void tolerations(ArrayNode tolerations) {
        if (oneIn(2)) {
            ObjectNode toleration = tolerations.addObject();
            if (oneIn(4)) {
                toleration.put("operator", "Exists");
            } else {
                toleration.put("key", any(List.of("line", "gpu")));
                if (oneIn(2)) {
                    toleration.put("operator", "Exists");
                } else {
                    toleration.put("operator", "Equal").put("value", any(List.of("1", "2")));
                }
            }
            if (oneIn(2)) {
                toleration.put("effect", any(List.of("NoSchedule", "NoExecute")));
            }
        }
    }

    private void affinity(ObjectNode affinity) {
        if (oneIn(4)) {
            ObjectNode node = affinity.putObject("nodeAffinity");
            if (oneIn(2)) {
                ArrayNode terms = node.putObject("requiredDuringSchedulingIgnoredDuringExecution")
                        .putArray("nodeSelectorTerms");
                for (int i = 0; i <= random.nextInt(2); i++) {
                    requirements(terms.addObject().putArray("matchExpressions"));
                }
            } else {
                ObjectNode preferred = node.putArray("preferredDuringSchedulingIgnoredDuringExecution")
                        .addObject()
                        .put("weight", 10);
                requirements(preferred.putObject("preference").putArray("matchExpressions"));
            }
        }
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            if (oneIn(5)) {
                ObjectNode pods = affinity.putObject(kind);
                if (oneIn(2)) {
                    ArrayNode terms = pods.putArray("requiredDuringSchedulingIgnoredDuringExecution");
                    for (int i = 0; i <= random.nextInt(2); i++) {
                        podTerm(terms.addObject());
                    }
                } else {
                    ObjectNode preferred = pods.putArray("preferredDuringSchedulingIgnoredDuringExecution")
                            .addObject()
                            .put("weight", 50);
                    podTerm(preferred.putObject("podAffinityTerm"));
                }
            }
        }
    }

    private void requirements(ArrayNode expressions) {
        ObjectNode expression = expressions.addObject();
        switch (random.nextInt(4)) {
            case 0 ->
                expression
                        .put("key", "nics")
                        .put("operator", any(List.of("Gt", "Lt")))
                        .putArray("values")
                        .add(Integer.toString(random.nextInt(4)));
            case 1 -> expression.put("key", "disk").put("operator", any(List.of("Exists", "DoesNotExist")));
            default ->
                expression
                        .put("key", "topology.kubernetes.io/zone")
                        .put("operator", any(List.of("In", "NotIn")))
                        .putArray("values")
                        .add(any(ZONES))
                        .add(any(ZONES));
        }
    }

    private void podTerm(ObjectNode term) {
        term.put("topologyKey", any(TOPOLOGIES.subList(0, 2)));
        selector(term.putObject("labelSelector"));
        if (oneIn(4)) {
            term.putArray("namespaces").add(any(List.of("one", "two")));
        }
    }

    private void selector(ObjectNode selector) {
        if (oneIn(4)) {
            selector.putArray("matchExpressions")
                    .addObject()
                    .put("key", "app")
                    .put("operator", any(List.of("In", "NotIn")))
                    .putArray("values")
                    .add(any(APPS));
        } else {
            selector.putObject("matchLabels").put("app", any(APPS));
        }
    }

    private static boolean choosesNodes(ObjectNode spec) {
        return spec.has("nodeSelector")
                || !spec.at("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution")
                        .isMissingNode();
    }

    /**
     * Spread among nodes when the pod chooses its nodes: in a domain of several, kube-scheduler 1.20 counts pods on nodes that
     * the pod cannot use as well, later ones do not; of ours {@code PodsTowardsPodsTest} has the table.
     */
    private void spread(ArrayNode constraints, boolean amongNodes) {
        ObjectNode constraint = constraints
                .addObject()
                .put("maxSkew", 1 + random.nextInt(2))
                .put("topologyKey", amongNodes ? TOPOLOGIES.get(1) : any(TOPOLOGIES.subList(0, oneIn(8) ? 3 : 2)))
                .put("whenUnsatisfiable", any(List.of("DoNotSchedule", "DoNotSchedule", "ScheduleAnyway")));
        selector(constraint.putObject("labelSelector"));
    }
}
