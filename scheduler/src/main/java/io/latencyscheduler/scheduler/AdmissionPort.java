package io.latencyscheduler.scheduler;

import io.latencyscheduler.kube.Clients;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.scheduler.admission.Webhook;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The webhook with a client of its own: placing pods and admitting them do not wait for each other. */
final class AdmissionPort implements AutoCloseable {
    /** Of a process that serves none. */
    static final AdmissionPort CLOSED = new AdmissionPort(null, null);

    private final @Nullable Clients clients;
    private final @Nullable Webhook webhook;

    private AdmissionPort(@Nullable Clients clients, @Nullable Webhook webhook) {
        this.clients = clients;
        this.webhook = webhook;
    }

    static AdmissionPort open(SchedulerConfig config, String version) throws IOException {
        Clients clients = Clients.open(SchedulerRuntime.clientSettings(config, version));
        String namespace = config.leaderElection().namespace();
        return new AdmissionPort(
                clients,
                Webhook.start(
                        config,
                        namespace.isEmpty() ? Clients.ownNamespace("default") : namespace,
                        new ObjectClient(clients.commands())));
    }

    @Override
    public void close() {
        if (webhook != null) {
            webhook.close();
        }
        if (clients != null) {
            clients.close();
        }
    }
}
