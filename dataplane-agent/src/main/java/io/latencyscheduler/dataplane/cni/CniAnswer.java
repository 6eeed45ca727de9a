package io.latencyscheduler.dataplane.cni;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;

/** What the agent answers. */
public sealed interface CniAnswer {
    /** Code of the CNI specification: nothing is wrong with the request, the same one may succeed later. */
    int TRY_AGAIN_LATER = 11;
    /** Code of the CNI specification: the network configuration cannot be used. */
    int INVALID_CONFIG = 7;
    /** Code of the CNI specification: the environment cannot be used. */
    int INVALID_ENVIRONMENT = 4;
    /** Code of the CNI specification: no ADD can be served now. */
    int NOT_AVAILABLE = 50;
    /** Ours: the node has no room for another interface. */
    int NODE_FULL = 100;
    /** Ours: the node cannot honour the pod's allocation. */
    int ALLOCATION_REFUSED = 101;
    /** Ours: an interface is not as it was made, or could not be made. */
    int NETWORK_FAILED = 102;

    /** Done; {@code result} holds the {@code interfaces} of a CNI 1.1.0 result, or nothing. */
    record Done(ObjectNode result) implements CniAnswer {}

    /** Not done, and nothing is left of it. */
    record Refused(int code, String message, String details) implements CniAnswer {}

    /** The line that goes back. */
    default byte[] line() {
        ObjectNode answer = Json.object();
        if (this instanceof Done done) {
            answer.set("result", done.result());
        } else if (this instanceof Refused refused) {
            answer.putObject("error")
                    .put("code", refused.code())
                    .put("msg", refused.message())
                    .put("details", refused.details());
        }
        return (Json.text(answer) + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
