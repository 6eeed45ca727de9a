package io.latencyscheduler.bench.scheduler;

import io.latencyscheduler.sandbox.envtest.ControlPlane;
import io.latencyscheduler.sandbox.envtest.GuardedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A scheduler as a process of its own. */
interface Contender {
    String name();

    /** {@code spec.schedulerName} of its pods. */
    String schedulerName();

    Running start() throws IOException;

    /** While it runs; {@link #close} kills it at once. */
    interface Running extends AutoCloseable {
        long pid();

        @Override
        void close();
    }

    /** As it comes with Kubernetes, without leader election. */
    record KubeScheduler(ControlPlane control) implements Contender {
        @Override
        public String name() {
            return "kube-scheduler";
        }

        @Override
        public String schedulerName() {
            return "default-scheduler";
        }

        @Override
        public Running start() {
            control.start(ControlPlane.Part.SCHEDULER);
            return new Running() {
                @Override
                public long pid() {
                    return control.pid(ControlPlane.Part.SCHEDULER);
                }

                @Override
                public void close() {
                    control.kill(ControlPlane.Part.SCHEDULER);
                }
            };
        }
    }

    /** As its image and the manifests run it, without leader election. */
    record LatencyScheduler(ControlPlane control, InstalledScheduler installed, int qps) implements Contender {
        @Override
        public String name() {
            return "latency-scheduler";
        }

        @Override
        public String schedulerName() {
            return "latency-scheduler";
        }

        @Override
        public Running start() throws IOException {
            Path log = Files.createTempFile("latency-scheduler-", ".log");
            GuardedProcess process = installed.start(
                    control,
                    log,
                    List.of("--latency-scheduler.client.qps=" + qps, "--latency-scheduler.client.burst=" + 2 * qps));
            return new Running() {
                @Override
                public long pid() {
                    return process.pid();
                }

                @Override
                public void close() {
                    process.close();
                    try {
                        Files.deleteIfExists(log);
                    } catch (IOException left) {
                        System.err.println("could not remove " + log);
                    }
                }
            };
        }
    }
}
