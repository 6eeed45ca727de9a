package io.latencyscheduler.dataplane.engine;

/** The engine could not do what was asked; the message is one sentence for the operator. */
public final class EngineException extends RuntimeException {
    public EngineException(String message) {
        super(message);
    }
}
