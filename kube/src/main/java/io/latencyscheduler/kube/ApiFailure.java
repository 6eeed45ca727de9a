package io.latencyscheduler.kube;

import java.io.IOException;

/** The API server answered, and refused. That no answer came is a plain {@link IOException}: its outcome is unknown. */
public final class ApiFailure extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String reason;

    public ApiFailure(String doing, int status, String reason, String message) {
        super(doing + ": " + status + (reason.isEmpty() ? "" : " " + reason) + ": " + message);
        this.status = status;
        this.reason = reason;
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** Machine-readable reason of the Status; empty when the server gave none. */
    public String reason() {
        return reason;
    }
}
