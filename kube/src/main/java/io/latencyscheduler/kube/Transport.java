package io.latencyscheduler.kube;

import java.io.IOException;

/** Carries requests to an API server; {@link Api} is the real one. Thread-safe. */
public interface Transport {
    /**
     * Sends a request and waits for the whole answer, whatever its status.
     *
     * @throws NotSentException when the request's permit was gone: it surely had no effect
     * @throws IOException when there was no answer: the outcome is unknown
     */
    ApiResponse send(ApiRequest request) throws IOException;

    /** Sends a request and returns the answer when it is a success. */
    default ApiResponse demand(ApiRequest request) throws IOException {
        return send(request).orThrow(request.method() + " " + request.path());
    }
}
