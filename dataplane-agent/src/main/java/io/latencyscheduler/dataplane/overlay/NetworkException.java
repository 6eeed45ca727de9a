package io.latencyscheduler.dataplane.overlay;

/** The node's network could not be brought to what was asked; the message is one sentence for the operator. */
public final class NetworkException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public NetworkException(String message) {
        super(message);
    }
}
