package io.latencyscheduler.dataplane.kubelet;

import java.nio.file.Path;

/**
 * How the agent meets its node's kubelet.
 *
 * @param devicePlugin whether owned ports are offered to it
 * @param directory the kubelet's own, with {@code device-plugins/} and {@code pod-resources/}
 * @param cdiDirectory where the container runtime looks for devices
 */
public record KubeletSettings(boolean devicePlugin, Path directory, Path cdiDirectory) {
    /** Nothing is offered. */
    public static final KubeletSettings OFF =
            new KubeletSettings(false, Path.of("/var/lib/kubelet"), Path.of("/var/run/cdi"));
}
