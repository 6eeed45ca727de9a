package io.latencyscheduler.dataplane;

import io.latencyscheduler.dataplane.control.Desired;
import io.latencyscheduler.dataplane.devices.SysfsFiles;
import io.latencyscheduler.dataplane.kube.NodeWatch;
import io.latencyscheduler.dataplane.kubelet.KubeletLink;
import io.latencyscheduler.dataplane.kubelet.KubeletSettings;
import io.latencyscheduler.dataplane.plan.BoundPod;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The link to the node's kubelet, where there is one. */
final class Kubelet implements AutoCloseable {
    /** Of an agent that offers the kubelet nothing. */
    static final Kubelet NONE = new Kubelet(null);

    private final @Nullable KubeletLink link;

    private Kubelet(@Nullable KubeletLink link) {
        this.link = link;
    }

    Kubelet(KubeletSettings settings, NodeWatch watch) {
        this(new KubeletLink(settings, SysfsFiles.at(Path.of("/sys")), watch::inventory, () -> {
                    Desired desired = watch.desired();
                    return desired == null ? List.of() : desired.pods();
                })
                .start());
    }

    void assign(BoundPod pod) throws IOException {
        if (link != null) {
            link.assign(pod);
        }
    }

    Map<String, String> cpus(BoundPod pod) {
        return link == null ? Map.of() : link.cpus(pod);
    }

    @Override
    public void close() {
        if (link != null) {
            link.close();
        }
    }
}
