package io.latencyscheduler.charts;

import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What Helm does with the chart in one cluster. */
final class Release {
    /** Helm waits for hooks, one after the other. */
    private static final int TIMEOUT_SECONDS = Math.toIntExact(2 * Await.limit().toSeconds());

    private final Path kubeconfig;
    private final Path values;

    /** @param values file with the settings that every installation has */
    Release(Path kubeconfig, Path values) {
        this.kubeconfig = kubeconfig;
        this.values = values;
    }

    /**
     * The file with what the chart needs to know of the two nodes; short times, so that nothing is waited for.
     *
     * @param gated interface of the gated port
     * @param plugged another that may be plugged in
     */
    static Path values(Path folder, String gated, String plugged) throws IOException {
        return Files.writeString(folder.resolve("values.yaml"), """
                scheduler:
                  config: {audit: {interval: 1s}}
                discovery:
                  config:
                    ports:
                      - {match: {netdev: %s}, role: gated, name: uplink0, link-rate: 1Gbps}
                      - {match: {netdev: %s}, role: gated, name: plugged, link-rate: 1Gbps}
                agent:
                  affinity:
                    nodeAffinity:
                      requiredDuringSchedulingIgnoredDuringExecution:
                        nodeSelectorTerms:
                          - matchExpressions: [{key: latency-scheduler.io/gated-ports, operator: Gt, values: ["0"]}]
                  config: {backend: af-packet, paths: {rate: 0}}
                """.formatted(gated, plugged));
    }

    void install(Path chart) {
        new Helm(chart)
                .install()
                .withName(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .createNamespace()
                .withKubeConfig(kubeconfig)
                .withValuesFile(values)
                .call();
    }

    /** Installs where there is none; does not wait for the programs. */
    void upgrade(Path chart, Map<String, Object> settings) {
        var upgrade = new Helm(chart)
                .upgrade()
                .install()
                .withName(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfig(kubeconfig)
                .withValuesFile(values)
                .withTimeout(TIMEOUT_SECONDS);
        settings.forEach(upgrade::set);
        upgrade.call();
    }

    /** Runs {@code helm test}. */
    void test() {
        Helm.test(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfig(kubeconfig)
                .withTimeout(TIMEOUT_SECONDS)
                .call();
    }

    void uninstall() {
        Helm.uninstall(Chart.RELEASE)
                .withNamespace(Chart.NAMESPACE)
                .withKubeConfig(kubeconfig)
                .call();
    }
}
