package io.latencyscheduler.dataplane.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Fault;
import io.latencyscheduler.contract.Reading;
import io.latencyscheduler.dataplane.cni.CniAnswer.Done;
import io.latencyscheduler.dataplane.cni.CniAnswer.Refused;
import io.latencyscheduler.dataplane.cni.PodDirectory.Standing;
import io.latencyscheduler.dataplane.overlay.Attachment;
import io.latencyscheduler.dataplane.overlay.Attachment.Key;
import io.latencyscheduler.dataplane.overlay.NetworkException;
import io.latencyscheduler.dataplane.overlay.NodeNetwork;
import io.latencyscheduler.kube.Json;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Serves the CNI verbs. Thread-safe; every verb may be repeated.
 *
 * <p>ADD makes the interface of a pod whose allocation the node honours, and tells its socket; behind another plugin it
 * tells the socket alone. DEL removes what is there. CHECK names what is missing. GC removes all that is not listed.
 */
public final class CniService {
    private final @Nullable NodeNetwork network;
    private final PodDirectory pods;
    private final Supplier<String> problem;
    private final int mtu;
    private final int maxAttachments;
    private final PodAddresses addresses;

    /**
     * A service.
     *
     * @param network null where no overlay is configured
     * @param pods the node's pods
     * @param problem what keeps new pods off the network, in a sentence; empty when nothing does
     * @param mtu largest MTU of a pod's interface
     * @param maxAttachments most interfaces on this node
     * @param addresses is told of interfaces that come and go
     */
    public CniService(
            @Nullable NodeNetwork network,
            PodDirectory pods,
            Supplier<String> problem,
            int mtu,
            int maxAttachments,
            PodAddresses addresses) {
        this.network = network;
        this.pods = pods;
        this.problem = problem;
        this.mtu = mtu;
        this.maxAttachments = maxAttachments;
        this.addresses = addresses;
    }

    /** Serves one request. */
    public CniAnswer serve(CniRequest request) {
        if (request.version() != CniRequest.PROTOCOL) {
            return new Refused(
                    CniAnswer.NETWORK_FAILED,
                    "tsn-cni and agent are of different releases",
                    "protocol '" + request.version() + "' must be " + CniRequest.PROTOCOL
                            + ": install tsn-cni of the agent's release");
        }
        try {
            return switch (request.command()) {
                case "ADD" -> request.shapeOnly() ? shape(request) : add(request);
                case "DEL" -> delete(request);
                case "CHECK" -> check(request);
                case "STATUS" -> status();
                case "GC" -> collect(request);
                default ->
                    new Refused(
                            CniAnswer.INVALID_ENVIRONMENT,
                            "unknown command",
                            "command '" + request.command() + "' must be ADD, DEL, CHECK, STATUS or GC");
            };
        } catch (NetworkException failed) {
            return new Refused(
                    CniAnswer.NETWORK_FAILED,
                    "the interface could not be handled",
                    String.valueOf(failed.getMessage()));
        } catch (UncheckedIOException failed) {
            return new Refused(
                    CniAnswer.NETWORK_FAILED,
                    "the interface's address could not be noted",
                    String.valueOf(failed.getMessage()));
        }
    }

    private CniAnswer add(CniRequest request) {
        if (network == null) {
            return new Refused(
                    CniAnswer.INVALID_CONFIG,
                    "this node has no overlay",
                    "set dataplane.overlay.mode of the agent to auto, ovs or kernel, or list tsn-cni behind the plugin"
                            + " that makes the interface");
        }
        String hindrance = problem.get();
        if (!hindrance.isEmpty()) {
            return new Refused(CniAnswer.TRY_AGAIN_LATER, "the overlay is not ready", hindrance);
        }
        Reading<Attachment> asked = Attachments.read(request, mtu);
        if (!asked.ok()) {
            return new Refused(
                    CniAnswer.INVALID_CONFIG,
                    "invalid request",
                    asked.faults().stream().map(Fault::sentence).collect(Collectors.joining("; ")));
        }
        Attachment attachment = asked.value();
        Set<Key> present = network.attachments();
        if (!present.contains(attachment.key()) && present.size() >= maxAttachments) {
            return new Refused(
                    CniAnswer.NODE_FULL,
                    "no room for another interface",
                    maxAttachments + " interfaces are attached, as many as dataplane.overlay.max-attachments allows");
        }
        Standing standing = standing(request);
        Refused refusal = refusal(standing);
        if (refusal != null) {
            return refusal;
        }
        note(request, standing, List.of(attachment.mac()));
        network.attach(attachment);
        ObjectNode result = Json.object();
        var interfaces = result.putArray("interfaces");
        interfaces.addObject().put("name", attachment.key().hostLink()).put("mtu", attachment.mtu());
        ObjectNode inside = interfaces
                .addObject()
                .put("name", attachment.ifName())
                .put("mac", attachment.mac())
                .put("mtu", attachment.mtu())
                .put("sandbox", attachment.netns());
        putSocket(inside, standing);
        return new Done(result);
    }

    /** The interface is there; what is asked for is that its pod's streams are. */
    private CniAnswer shape(CniRequest request) {
        Standing standing = standing(request);
        Refused refusal = refusal(standing);
        if (refusal != null) {
            return refusal;
        }
        note(request, standing, Attachments.previous(request));
        ObjectNode result = Json.object();
        putSocket(result.putArray("interfaces").addObject().put("name", request.ifName()), standing);
        return new Done(result);
    }

    /** From now on the pod's timed frames come from its interfaces' addresses, unless the network leaves that open. */
    private void note(CniRequest request, Standing standing, List<String> macs) {
        boolean checked = request.config().path("checkSource").asBoolean(true);
        if (checked && !macs.isEmpty() && standing instanceof Standing.Served served) {
            addresses.made(
                    request.config().path("name").asText(),
                    new Key(request.containerId(), request.ifName()),
                    request.netns(),
                    served.podUid(),
                    macs);
        }
    }

    private static void putSocket(ObjectNode one, Standing standing) {
        if (standing instanceof Standing.Served served) {
            one.put("socketPath", served.socketPath());
        }
    }

    private Standing standing(CniRequest request) {
        String uid = request.arg("K8S_POD_UID");
        String name = request.arg("K8S_POD_NAME");
        return uid.isEmpty() && name.isEmpty()
                ? new Standing.Ordinary() // no Kubernetes
                : pods.find(uid, request.arg("K8S_POD_NAMESPACE"), name);
    }

    private static @Nullable Refused refusal(Standing standing) {
        if (standing instanceof Standing.Refused refused) {
            return new Refused(
                    CniAnswer.ALLOCATION_REFUSED, "the node cannot honour the pod's allocation", refused.sentence());
        }
        if (standing instanceof Standing.NotYet notYet) {
            return new Refused(CniAnswer.TRY_AGAIN_LATER, "the pod is not ready for its network", notYet.sentence());
        }
        return null;
    }

    private CniAnswer delete(CniRequest request) {
        Key key = new Key(request.containerId(), request.ifName());
        if (network != null) {
            network.detach(key);
        }
        addresses.gone(key);
        return new Done(Json.object());
    }

    private CniAnswer check(CniRequest request) {
        List<String> faults = new ArrayList<>();
        Refused refusal = refusal(standing(request));
        if (refusal != null) {
            faults.add(refusal.details());
        }
        JsonNode previous = request.config().path("prevResult");
        boolean made = false;
        for (JsonNode one : previous.path("interfaces")) {
            made |= one.path("name").asText().equals(new Key(request.containerId(), request.ifName()).hostLink());
        }
        if (made && network != null) {
            String problemNow = problem.get();
            if (!problemNow.isEmpty()) {
                faults.add(problemNow);
            }
            faults.addAll(network.check(asMade(request, previous)));
        } else if (previous.isMissingNode()) {
            return new Refused(CniAnswer.INVALID_CONFIG, "nothing to check", "CHECK needs prevResult");
        }
        return faults.isEmpty()
                ? new Done(Json.object())
                : new Refused(
                        CniAnswer.NETWORK_FAILED, "the interface is not as it was made", String.join("; ", faults));
    }

    private static Attachment asMade(CniRequest request, JsonNode previous) {
        String mac = "";
        for (JsonNode one : previous.path("interfaces")) {
            if (!one.path("sandbox").asText("").isEmpty()
                    && one.path("name").asText().equals(request.ifName())) {
                mac = one.path("mac").asText();
            }
        }
        List<String> addresses = new ArrayList<>();
        previous.path("ips").forEach(ip -> addresses.add(ip.path("address").asText()));
        return new Attachment(
                request.config().path("name").asText(),
                request.containerId(),
                request.ifName(),
                request.netns(),
                mac,
                addresses,
                List.of(),
                0);
    }

    private CniAnswer status() {
        String hindrance = problem.get();
        if (!hindrance.isEmpty()) {
            return new Refused(CniAnswer.NOT_AVAILABLE, "the network is not ready", hindrance);
        }
        if (network != null && network.attachments().size() >= maxAttachments) {
            return new Refused(
                    CniAnswer.NOT_AVAILABLE,
                    "no room for another interface",
                    maxAttachments + " interfaces are attached, as many as dataplane.overlay.max-attachments allows");
        }
        return new Done(Json.object());
    }

    private CniAnswer collect(CniRequest request) {
        JsonNode listed = request.config().path("cni.dev/valid-attachments");
        if (!listed.isArray()) {
            return network == null
                    ? new Done(Json.object())
                    : new Refused(
                            CniAnswer.INVALID_CONFIG,
                            "nothing to compare with",
                            "GC needs the list cni.dev/valid-attachments");
        }
        Set<Key> valid = new HashSet<>();
        listed.forEach(one -> valid.add(
                new Key(one.path("containerID").asText(), one.path("ifname").asText())));
        addresses.keep(request.config().path("name").asText(), valid);
        if (network == null) {
            return new Done(Json.object());
        }
        List<String> failures = new ArrayList<>();
        for (Key key : network.attachments(request.config().path("name").asText())) {
            if (!valid.contains(key)) {
                try {
                    network.detach(key);
                } catch (NetworkException failed) {
                    failures.add(String.valueOf(failed.getMessage())); // GC goes on with the others
                }
            }
        }
        return failures.isEmpty()
                ? new Done(Json.object())
                : new Refused(
                        CniAnswer.NETWORK_FAILED, "some interfaces could not be removed", String.join("; ", failures));
    }
}
