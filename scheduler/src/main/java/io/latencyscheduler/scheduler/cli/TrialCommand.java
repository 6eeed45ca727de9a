package io.latencyscheduler.scheduler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Durations;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.kube.ClientSettings;
import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.kube.LenientJson;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code latency-scheduler trial}: whether an installation places pods, by having it place one. */
@Command(
        name = "trial",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Creates a pod, waits until a scheduler has bound it, says where, and removes it.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:the pod was bound", "1:it was not, or the API server refused", "2:the options are wrong"})
final class TrialCommand implements Callable<Integer> {
    private static final Duration PAUSE = Duration.ofMillis(250);

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(
            names = "--scheduler-name",
            paramLabel = "NAME",
            description = "The pod's spec.schedulerName. Default: ${DEFAULT-VALUE}")
    private String schedulerName = Keys.SCHEDULER_NAME;

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Where the pod is created. Default: that of the pod this runs in, else default")
    @Nullable
    private String namespace;

    @Option(names = "--image", paramLabel = "IMAGE", description = "What it runs. Default: ${DEFAULT-VALUE}")
    private String image = "registry.k8s.io/pause:3.10";

    @Option(
            names = "--latency",
            paramLabel = "DURATION",
            description = "Latency it tolerates, such as 800us. Default: it says nothing and goes anywhere")
    @Nullable
    private String latency;

    @Option(names = "--timeout", paramLabel = "DURATION", description = "Longest wait. Default: ${DEFAULT-VALUE}")
    private String timeout = "60s";

    @Override
    public Integer call() throws IOException, InterruptedException {
        Duration patience = duration("--timeout", timeout);
        if (latency != null) {
            duration("--latency", latency);
        }
        LenientJson.install();
        String in = namespace == null ? Clients.ownNamespace("default") : namespace;
        try (Clients clients = Clients.open(ClientSettings.of(null, "latency-scheduler-trial"))) {
            ObjectClient objects = new ObjectClient(clients.commands());
            ObjectNode created = objects.create(Resource.PODS, in, pod(in));
            String name = created.at("/metadata/name").asText();
            Thread removal = new Thread(() -> remove(objects, in, name), "removal");
            Runtime.getRuntime().addShutdownHook(removal);
            try {
                return await(objects, in, name, patience);
            } finally {
                Runtime.getRuntime().removeShutdownHook(removal);
                remove(objects, in, name);
            }
        }
    }

    private Duration duration(String option, String text) {
        OptionalLong ns = Durations.parse(text);
        if (ns.isEmpty()) {
            throw new ParameterException(spec.commandLine(), option + ": '" + text + "' must be " + Durations.ACCEPTED);
        }
        return Duration.ofNanos(ns.getAsLong());
    }

    private ObjectNode pod(String in) {
        ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
        ObjectNode metadata =
                pod.putObject("metadata").put("generateName", "trial-").put("namespace", in);
        metadata.putObject("labels").put("app.kubernetes.io/name", "latency-scheduler-trial");
        if (latency != null) {
            metadata.putObject("annotations").put(Keys.PREFIX + "latency", latency);
        }
        ObjectNode podSpec = pod.putObject("spec")
                .put("schedulerName", schedulerName)
                .put("terminationGracePeriodSeconds", 0)
                .put("automountServiceAccountToken", false);
        ObjectNode container =
                podSpec.putArray("containers").addObject().put("name", "trial").put("image", image);
        ObjectNode security = container
                .putObject("securityContext")
                .put("allowPrivilegeEscalation", false)
                .put("runAsNonRoot", true)
                .put("runAsUser", 65535);
        security.putObject("capabilities").putArray("drop").add("ALL");
        security.putObject("seccompProfile").put("type", "RuntimeDefault");
        return pod;
    }

    private int await(ObjectClient objects, String in, String name, Duration patience)
            throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        out.println("created pod " + in + "/" + name + ", schedulerName " + schedulerName);
        long beganNs = System.nanoTime();
        while (true) {
            Optional<ObjectNode> found = objects.get(Resource.PODS, in, name);
            if (found.isEmpty()) {
                out.println("the pod is gone: somebody else removed it");
                return 1;
            }
            String node = found.get().at("/spec/nodeName").asText("");
            Duration waited = Duration.ofNanos(System.nanoTime() - beganNs);
            if (!node.isEmpty()) {
                out.println("bound to node " + node + " after " + waited.toMillis() + " ms");
                return 0;
            }
            if (waited.compareTo(patience) >= 0) {
                out.println("not bound after " + waited.toSeconds() + " s: " + reason(found.get()));
                return 1;
            }
            Thread.sleep(PAUSE.toMillis());
        }
    }

    private String reason(JsonNode pod) {
        for (JsonNode condition : pod.at("/status/conditions")) {
            if (condition.path("type").asText().equals("PodScheduled")) {
                return condition.path("message").asText();
            }
        }
        return "no scheduler has looked at it; does one of the name " + schedulerName + " run?";
    }

    private void remove(ObjectClient objects, String in, String name) {
        try {
            objects.delete(Resource.PODS, in, name, "");
        } catch (IOException failed) {
            spec.commandLine().getErr().println("pod " + in + "/" + name + " is left behind: " + failed.getMessage());
        }
    }
}
