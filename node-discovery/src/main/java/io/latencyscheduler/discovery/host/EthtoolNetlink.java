package io.latencyscheduler.discovery.host;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Questions to the kernel's ethtool over generic netlink (Documentation/networking/ethtool-netlink.rst). Numbers are those of
 * linux/netlink.h, linux/genetlink.h and linux/ethtool_netlink.h. For one thread.
 */
final class EthtoolNetlink implements AutoCloseable {
    private static final int NETLINK_GENERIC = 16;
    private static final int NLM_F_REQUEST = 1;
    private static final int NLMSG_ERROR = 2;
    private static final int NLA_F_NESTED = 0x8000;
    private static final int NLA_TYPE_MASK = 0x3fff;

    private static final int GENL_ID_CTRL = 16;
    private static final int CTRL_CMD_GETFAMILY = 3;
    private static final int CTRL_ATTR_FAMILY_ID = 1;
    private static final int CTRL_ATTR_FAMILY_NAME = 2;

    private static final int ETHTOOL_MSG_TSINFO_GET = 25;
    private static final int ETHTOOL_MSG_MM_GET = 42;
    private static final int HEADER = 1;
    private static final int HEADER_DEV_NAME = 2;
    private static final int HEADER_FLAGS = 3;
    private static final int FLAG_COMPACT_BITSETS = 1;
    private static final int TSINFO_TIMESTAMPING = 2;
    private static final int BITSET_VALUE = 4;

    /** TX_HARDWARE, RX_HARDWARE and RAW_HARDWARE of linux/net_tstamp.h. */
    private static final int HARDWARE_STAMPS = 1 | 1 << 2 | 1 << 6;

    private static final int EOPNOTSUPP = 95;

    private final NetlinkSocket socket;
    private final byte[] buffer = new byte[1 << 16];
    private final int family;
    private int sequence;

    private EthtoolNetlink(NetlinkSocket socket) throws IOException {
        this.socket = socket;
        Map<Integer, ByteBuffer> answer = request(
                GENL_ID_CTRL,
                CTRL_CMD_GETFAMILY,
                attribute(CTRL_ATTR_FAMILY_NAME, "ethtool\0".getBytes(StandardCharsets.US_ASCII)));
        ByteBuffer id = answer == null ? null : answer.get(CTRL_ATTR_FAMILY_ID);
        if (id == null) {
            throw new IOException("this kernel has no ethtool netlink");
        }
        family = Short.toUnsignedInt(id.getShort());
    }

    static EthtoolNetlink open() throws IOException {
        NetlinkSocket socket = new NetlinkSocket(NETLINK_GENERIC, 0);
        try {
            return new EthtoolNetlink(socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Whether sent and received frames are stamped in hardware; null when it does not say. */
    @Nullable
    Boolean hardwareTimestamping(String netdev) throws IOException {
        Map<Integer, ByteBuffer> answer = request(family, ETHTOOL_MSG_TSINFO_GET, header(netdev));
        if (answer == null) {
            return null;
        }
        ByteBuffer bitset = answer.get(TSINFO_TIMESTAMPING);
        ByteBuffer value = bitset == null ? null : attributes(bitset).get(BITSET_VALUE);
        return value != null && value.remaining() >= 4 && (value.getInt() & HARDWARE_STAMPS) == HARDWARE_STAMPS;
    }

    /** True when it has a MAC merge layer; null when it has none, or the kernel is older than 6.3 and cannot say. */
    @Nullable
    Boolean framePreemption(String netdev) throws IOException {
        return request(family, ETHTOOL_MSG_MM_GET, header(netdev)) == null ? null : Boolean.TRUE;
    }

    private static byte[] header(String netdev) {
        byte[] name = attribute(HEADER_DEV_NAME, (netdev + "\0").getBytes(StandardCharsets.UTF_8));
        byte[] flags = attribute(
                HEADER_FLAGS,
                ByteBuffer.allocate(4)
                        .order(ByteOrder.nativeOrder())
                        .putInt(FLAG_COMPACT_BITSETS)
                        .array());
        ByteBuffer both =
                ByteBuffer.allocate(name.length + flags.length).put(name).put(flags);
        return attribute(HEADER | NLA_F_NESTED, both.array());
    }

    /** The attributes of the answer; null when the driver does not support it, or the kernel does not know the question. */
    private @Nullable Map<Integer, ByteBuffer> request(int type, int command, byte[] attributes) throws IOException {
        int number = ++sequence;
        ByteBuffer message = ByteBuffer.allocate(20 + attributes.length).order(ByteOrder.nativeOrder());
        message.putInt(20 + attributes.length).putShort((short) type).putShort((short) NLM_F_REQUEST);
        message.putInt(number).putInt(0);
        message.put((byte) command).put((byte) 1).putShort((short) 0);
        message.put(attributes);
        socket.send(message.array());
        while (true) {
            ByteBuffer answer =
                    ByteBuffer.wrap(buffer, 0, socket.receive(buffer)).order(ByteOrder.nativeOrder());
            int length = answer.getInt();
            int answerType = Short.toUnsignedInt(answer.getShort());
            answer.getShort();
            if (answer.getInt() != number) {
                continue;
            }
            answer.getInt();
            if (answerType == NLMSG_ERROR) {
                int error = -answer.getInt();
                if (error == EOPNOTSUPP) {
                    return null;
                }
                throw new IOException("ethtool: error " + error);
            }
            answer.getInt();
            answer.limit(Math.min(length, answer.limit()));
            return attributes(answer);
        }
    }

    private static byte[] attribute(int type, byte[] value) {
        int padded = (4 + value.length + 3) & ~3;
        ByteBuffer attribute = ByteBuffer.allocate(padded).order(ByteOrder.nativeOrder());
        attribute.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        return attribute.array();
    }

    static Map<Integer, ByteBuffer> attributes(ByteBuffer bytes) throws IOException {
        Map<Integer, ByteBuffer> attributes = new HashMap<>();
        try {
            while (bytes.remaining() >= 4) {
                int start = bytes.position();
                int length = Short.toUnsignedInt(bytes.getShort());
                int type = Short.toUnsignedInt(bytes.getShort()) & NLA_TYPE_MASK;
                if (length < 4 || start + length > bytes.limit()) {
                    throw new IOException("ethtool: malformed answer");
                }
                attributes.put(type, bytes.slice(start + 4, length - 4).order(ByteOrder.nativeOrder()));
                bytes.position(Math.min(bytes.limit(), start + ((length + 3) & ~3)));
            }
        } catch (BufferUnderflowException e) {
            throw new IOException("ethtool: malformed answer", e);
        }
        return attributes;
    }

    @Override
    public void close() {
        socket.close();
    }
}
