package io.latencyscheduler.dataplane.paths;

import java.io.IOException;

/** Runs probes. */
public interface ProbeRunner {
    /** What becomes of a probe, on a thread of the runner's. */
    interface Listener {
        /** One interval was measured. */
        void reported(ProbeReport report);

        /** It ended without having been stopped; {@code why} is one sentence. */
        void ended(String why);
    }

    /** A probe that runs. */
    interface Running {
        /** Ends it; on return it holds no device. Its listener hears no more of it. */
        void stop();
    }

    /**
     * Starts a probe.
     *
     * @throws IOException when it cannot be started now; the message is one sentence
     */
    Running start(Probe probe, Listener listener) throws IOException;
}
