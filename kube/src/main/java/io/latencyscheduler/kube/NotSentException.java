package io.latencyscheduler.kube;

import java.io.IOException;

/** The request's permit was gone when its turn came: it surely had no effect. */
public final class NotSentException extends IOException {
    private static final long serialVersionUID = 1L;

    public NotSentException(ApiRequest request) {
        super("not sent, no longer permitted: " + request.method() + " " + request.path());
    }
}
