package io.latencyscheduler.ovsdb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** One question to an Open vSwitch database over its unix socket (RFC 7047): JSON-RPC without framing. Thread-safe. */
public final class OvsdbClient {
    /** Larger than the database of a host with thousands of ports; what is longer is refused. */
    private static final int MAX_REPLY_BYTES = 64 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path socket;
    private final Duration timeout;

    public OvsdbClient(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    /**
     * The {@code result} of a transaction.
     *
     * @param params the database's name and the operations: a JSON array
     * @throws java.net.ConnectException when nobody listens
     * @throws InterruptedIOException when the answer takes longer than the timeout
     * @throws IOException when the connection breaks or the database refuses
     */
    public JsonNode transact(String params) throws IOException {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Selector selector = Selector.open()) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            ByteBuffer request = StandardCharsets.UTF_8.encode(
                    "{\"method\":\"transact\",\"id\":\"latency-scheduler\",\"params\":" + params + "}");
            SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
            while (request.hasRemaining()) {
                await(selector, deadlineNs);
                channel.write(request);
            }
            key.interestOps(SelectionKey.OP_READ);
            JsonMessages messages = new JsonMessages(MAX_REPLY_BYTES);
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            while (true) {
                await(selector, deadlineNs);
                if (channel.read(buffer.clear()) < 0) {
                    throw new IOException("the Open vSwitch database closed the connection");
                }
                for (String message : messages.add(buffer.flip())) {
                    JsonNode reply = JSON.readTree(message);
                    // The server may ask for an echo in between; a single question is over before it expects one.
                    if (reply.path("id").asText().equals("latency-scheduler")) {
                        return resultOf(reply);
                    }
                }
            }
        }
    }

    private static JsonNode resultOf(JsonNode reply) throws IOException {
        JsonNode error = reply.path("error");
        if (!error.isNull() && !error.isMissingNode()) {
            throw new IOException("the Open vSwitch database refused: " + error);
        }
        return reply.path("result");
    }

    private void await(Selector selector, long deadlineNs) throws IOException {
        long leftMs = (deadlineNs - System.nanoTime()) / 1_000_000;
        if (leftMs <= 0) {
            throw new InterruptedIOException(
                    "the Open vSwitch database did not answer within " + timeout.toSeconds() + " s");
        }
        selector.select(leftMs);
        selector.selectedKeys().clear();
    }
}
