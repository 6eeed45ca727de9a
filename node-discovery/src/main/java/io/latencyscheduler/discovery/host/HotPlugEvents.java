package io.latencyscheduler.discovery.host;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
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
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 02000000;
    private static final int NETLINK_KOBJECT_UEVENT = 15;
    private static final int KERNEL_GROUP = 1;
    private static final int EINTR = 4;
    private static final int EAGAIN = 11;
    private static final int ENOBUFS = 105;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;

    /** Larger than any event, UEVENT_BUFFER_SIZE. */
    private static final int MAX_EVENT_BYTES = 8192;

    /** The C library. */
    private static final class LibC {
        static {
            Native.register(LibC.class, "c");
        }

        static native int socket(int domain, int type, int protocol) throws LastErrorException;

        static native int bind(int socket, NetlinkAddress address, int length) throws LastErrorException;

        static native long recv(int socket, byte[] buffer, long length, int flags) throws LastErrorException;

        static native int setsockopt(int socket, int level, int name, TimeValue value, int length)
                throws LastErrorException;

        static native int close(int socket) throws LastErrorException;
    }

    /** {@code struct sockaddr_nl}. */
    @FieldOrder({"family", "padding", "portId", "groups"})
    public static final class NetlinkAddress extends Structure {
        public short family = AF_NETLINK;
        public short padding;
        public int portId;
        public int groups = KERNEL_GROUP;
    }

    /** {@code struct timeval}. */
    @FieldOrder({"seconds", "microseconds"})
    public static final class TimeValue extends Structure {
        public long seconds = 1;
        public long microseconds;
    }

    private final @Nullable Thread thread;
    private volatile boolean closed;

    private HotPlugEvents(int socket, Runnable onEvent) {
        thread = socket < 0 ? null : new Thread(() -> receive(socket, onEvent), "hot-plug-events");
        if (thread != null) {
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
            return new HotPlugEvents(-1, onEvent);
        }
        try {
            return new HotPlugEvents(open(), onEvent);
        } catch (LinkageError | RuntimeException e) {
            LOG.warn("no hot-plug events ({}): new devices are found by the periodic scan", e.toString());
            return new HotPlugEvents(-1, onEvent);
        }
    }

    private static int open() {
        int socket = LibC.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_KOBJECT_UEVENT);
        try {
            NetlinkAddress address = new NetlinkAddress();
            LibC.bind(socket, address, address.size());
            // Wakes the reader every second, so that close() is heard.
            TimeValue timeout = new TimeValue();
            LibC.setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.size());
            return socket;
        } catch (RuntimeException e) {
            LibC.close(socket);
            throw e;
        }
    }

    private void receive(int socket, Runnable onEvent) {
        byte[] buffer = new byte[MAX_EVENT_BYTES];
        try {
            while (!closed) {
                try {
                    int length = (int) LibC.recv(socket, buffer, buffer.length, 0);
                    if (concernsUs(new String(buffer, 0, length, StandardCharsets.UTF_8))) {
                        onEvent.run();
                    }
                } catch (LastErrorException e) {
                    if (e.getErrorCode() == ENOBUFS) {
                        // Events were lost: whatever they said, a scan will see it.
                        onEvent.run();
                    } else if (e.getErrorCode() != EAGAIN && e.getErrorCode() != EINTR) {
                        LOG.warn(
                                "hot-plug events ended ({}): new devices are found by the periodic scan", e.toString());
                        return;
                    }
                }
            }
        } finally {
            LibC.close(socket);
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
