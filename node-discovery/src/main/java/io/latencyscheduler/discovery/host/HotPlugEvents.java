package io.latencyscheduler.discovery.host;

import com.sun.jna.LastErrorException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's device events (netlink, {@code NETLINK_KOBJECT_UEVENT}; lib/kobject_uevent.c): a device that comes, goes or
 * changes its driver. Without them, as where native code is forbidden, periodic scans find the same later.
 */
public final class HotPlugEvents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HotPlugEvents.class);
    private static final Set<String> SUBSYSTEMS = Set.of("net", "pci", "ptp");
    private static final int NETLINK_KOBJECT_UEVENT = 15;
    private static final int KERNEL_GROUP = 1;

    /** Larger than any event, UEVENT_BUFFER_SIZE. */
    private static final int MAX_EVENT_BYTES = 8192;

    private volatile boolean closed;

    private HotPlugEvents(@Nullable NetlinkSocket socket, Runnable onEvent) {
        if (socket != null) {
            Thread thread = new Thread(() -> receive(socket, onEvent), "hot-plug-events");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /**
     * Begins to listen.
     *
     * @param live whether this machine's events are those of the host looked at; when not, nothing is done
     * @param onEvent called on a thread of its own for each event that may change facts
     */
    public static HotPlugEvents start(boolean live, Runnable onEvent) {
        if (!live) {
            return new HotPlugEvents(null, onEvent);
        }
        try {
            return new HotPlugEvents(new NetlinkSocket(NETLINK_KOBJECT_UEVENT, KERNEL_GROUP), onEvent);
        } catch (LinkageError | RuntimeException e) {
            LOG.warn("no hot-plug events ({}): new devices are found by the periodic scan", e.toString());
            return new HotPlugEvents(null, onEvent);
        }
    }

    private void receive(NetlinkSocket socket, Runnable onEvent) {
        byte[] buffer = new byte[MAX_EVENT_BYTES];
        try (socket) {
            while (!closed) {
                try {
                    int length = socket.receive(buffer);
                    if (concernsUs(new String(buffer, 0, length, StandardCharsets.UTF_8))) {
                        onEvent.run();
                    }
                } catch (LastErrorException e) {
                    if (e.getErrorCode() == NetlinkSocket.ENOBUFS) {
                        // Events were lost: whatever they said, a scan will see it.
                        onEvent.run();
                    } else if (e.getErrorCode() != NetlinkSocket.EAGAIN && e.getErrorCode() != NetlinkSocket.EINTR) {
                        LOG.warn(
                                "hot-plug events ended ({}): new devices are found by the periodic scan", e.toString());
                        return;
                    }
                }
            }
        }
    }

    /** {@code ACTION@path}, then {@code KEY=value} strings, each ended by a zero byte. */
    static boolean concernsUs(String event) {
        for (String line : event.split("\0", -1)) {
            if (line.startsWith("SUBSYSTEM=")) {
                return SUBSYSTEMS.contains(line.substring("SUBSYSTEM=".length()));
            }
        }
        return false;
    }

    @Override
    public void close() {
        closed = true;
    }
}
