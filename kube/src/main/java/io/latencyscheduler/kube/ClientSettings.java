package io.latencyscheduler.kube;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a program reaches the API server.
 *
 * @param kubeconfig file to use; null: {@code KUBECONFIG}, else the pod's service account, else {@code ~/.kube/config}
 * @param userAgent what the server's logs and metrics call us, such as {@code latency-scheduler/0.1}
 * @param qps requests per second on average, above 0; watches and leases are not counted
 * @param burst requests at once after a pause, at least 1
 * @param maxInFlight requests waiting for their answer, at least 1
 * @param requestTimeout from sending a request to its whole answer
 */
public record ClientSettings(
        @Nullable Path kubeconfig, String userAgent, double qps, int burst, int maxInFlight, Duration requestTimeout) {

    /** Settings of a program that writes little: kube-scheduler's default rate. */
    public static ClientSettings of(@Nullable Path kubeconfig, String userAgent) {
        return new ClientSettings(kubeconfig, userAgent, 50, 100, 64, Duration.ofSeconds(15));
    }
}
