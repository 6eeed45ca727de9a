package io.latencyscheduler.dataplane.cni;

import io.latencyscheduler.dataplane.overlay.Attachment;
import io.latencyscheduler.dataplane.overlay.Attachment.Key;
import io.latencyscheduler.dataplane.overlay.NetworkException;
import io.latencyscheduler.dataplane.overlay.NodeNetwork;
import io.latencyscheduler.dataplane.overlay.Peer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** A switch in memory. */
final class FakeNetwork implements NodeNetwork {
    final Map<Key, Attachment> attached = new ConcurrentHashMap<>();
    volatile String failure = "";

    @Override
    public Kind kind() {
        return Kind.KERNEL;
    }

    @Override
    public void reconcile(Collection<Peer> peers) {}

    @Override
    public void attach(Attachment attachment) {
        failWhenAsked();
        attached.put(attachment.key(), attachment);
    }

    @Override
    public void detach(Key key) {
        failWhenAsked();
        attached.remove(key);
    }

    @Override
    public List<String> check(Attachment attachment) {
        return attached.containsKey(attachment.key()) ? List.of() : List.of("the interface is gone");
    }

    @Override
    public Set<Key> attachments() {
        return Set.copyOf(attached.keySet());
    }

    @Override
    public Set<Key> attachments(String network) {
        return attached.values().stream()
                .filter(one -> one.network().equals(network))
                .map(Attachment::key)
                .collect(Collectors.toSet());
    }

    @Override
    public void close() {}

    private void failWhenAsked() {
        if (!failure.isEmpty()) {
            throw new NetworkException(failure);
        }
    }
}
