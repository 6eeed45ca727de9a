package io.latencyscheduler.discovery.host;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;

/** A netlink socket. Receives wait at most a second. For one thread, but for {@link #close}. */
final class NetlinkSocket implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 02000000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;

    static final int EINTR = 4;
    static final int EAGAIN = 11;
    static final int ENOBUFS = 105;

    private final int socket;

    /**
     * Opens and binds.
     *
     * @param groups bit mask of the multicast groups to hear
     * @throws LastErrorException when the kernel refuses
     * @throws LinkageError where native code cannot be loaded
     */
    NetlinkSocket(int protocol, int groups) {
        socket = LibC.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol);
        try {
            Address address = new Address();
            address.groups = groups;
            LibC.bind(socket, address, address.size());
            TimeValue timeout = new TimeValue();
            LibC.setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, timeout, timeout.size());
        } catch (RuntimeException e) {
            LibC.close(socket);
            throw e;
        }
    }

    void send(byte[] message) {
        LibC.send(socket, message, message.length, 0);
    }

    /**
     * Receives one datagram.
     *
     * @return its length
     * @throws LastErrorException {@link #EAGAIN} when none came within a second
     */
    int receive(byte[] buffer) {
        return (int) LibC.recv(socket, buffer, buffer.length, 0);
    }

    @Override
    public void close() {
        LibC.close(socket);
    }

    /** {@code struct sockaddr_nl}. */
    @FieldOrder({"family", "padding", "portId", "groups"})
    public static final class Address extends Structure {
        public short family = AF_NETLINK;
        public short padding;
        public int portId;
        public int groups;
    }

    /** {@code struct timeval}: one second. */
    @FieldOrder({"seconds", "microseconds"})
    public static final class TimeValue extends Structure {
        public long seconds = 1;
        public long microseconds;
    }

    /** The C library. */
    private static final class LibC {
        static {
            Native.register(LibC.class, "c");
        }

        static native int socket(int domain, int type, int protocol) throws LastErrorException;

        static native int bind(int socket, Address address, int length) throws LastErrorException;

        static native long send(int socket, byte[] buffer, long length, int flags) throws LastErrorException;

        static native long recv(int socket, byte[] buffer, long length, int flags) throws LastErrorException;

        static native int setsockopt(int socket, int level, int name, TimeValue value, int length)
                throws LastErrorException;

        static native int close(int socket) throws LastErrorException;
    }
}
