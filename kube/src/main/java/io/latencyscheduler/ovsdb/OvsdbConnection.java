package io.latencyscheduler.ovsdb;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One JSON-RPC 1.0 connection to an OVSDB server (RFC 7047, section 4). Calls come from any thread; answers and
 * notifications are read by one thread of its own, which ends with the connection.
 */
public final class OvsdbConnection implements AutoCloseable {
    private static final int READ_BYTES = 64 * 1024;

    private final SocketChannel channel;
    private final Duration patience;
    private final Consumer<JsonNode> onUpdate;
    private final Runnable onEnd;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();

    private OvsdbConnection(SocketChannel channel, Duration patience, Consumer<JsonNode> onUpdate, Runnable onEnd) {
        this.channel = channel;
        this.patience = patience;
        this.onUpdate = onUpdate;
        this.onEnd = onEnd;
    }

    /**
     * Connects.
     *
     * @param socket the server's unix socket
     * @param patience how long a call may take
     * @param onUpdate gets the table updates of monitors, on the reading thread
     * @param onEnd told once, on the reading thread, when the connection is gone
     * @throws java.net.ConnectException when nobody listens
     */
    public static OvsdbConnection open(Path socket, Duration patience, Consumer<JsonNode> onUpdate, Runnable onEnd)
            throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (ConnectException nobody) {
            channel.close();
            throw (ConnectException) new ConnectException(
                            "the Open vSwitch database does not listen at " + socket + ": " + nobody.getMessage())
                    .initCause(nobody);
        } catch (IOException refused) {
            channel.close();
            throw new IOException("the Open vSwitch database at " + socket + ": " + refused.getMessage(), refused);
        }
        OvsdbConnection connection = new OvsdbConnection(channel, patience, onUpdate, onEnd);
        Thread reader = new Thread(connection::read, "ovsdb");
        reader.setDaemon(true);
        reader.start();
        return connection;
    }

    /**
     * Calls a method and waits for its result.
     *
     * @throws InterruptedIOException when the answer takes longer than the patience
     * @throws IOException when the connection breaks or the database refuses
     */
    public JsonNode call(String method, ArrayNode parameters) throws IOException {
        long id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        waiting.put(id, answer);
        if (!channel.isOpen()) {
            answer.completeExceptionally(new IOException("connection closed"));
        }
        ObjectNode request = Json.object().put("id", id).put("method", method);
        request.set("params", parameters);
        try {
            send(request);
            JsonNode reply = answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            JsonNode error = reply.path("error");
            if (!error.isNull() && !error.isMissingNode()) {
                throw new IOException("the Open vSwitch database refused: " + error);
            }
            return reply.path("result");
        } catch (ExecutionException ended) {
            throw new IOException("the Open vSwitch database closed the connection", ended.getCause());
        } catch (TimeoutException silent) {
            throw new InterruptedIOException(
                    "the Open vSwitch database did not answer within " + patience.toSeconds() + " s");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted during " + method, interrupted);
        } finally {
            waiting.remove(id);
        }
    }

    private synchronized void send(JsonNode message) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Json.bytes(message));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private void read() {
        try (JsonParser parser = JsonMapper.builder().build().createParser(new ChannelInput(channel))) {
            while (parser.nextToken() != null) {
                take(parser.readValueAsTree());
            }
        } catch (IOException ended) {
            // Told below: a connection that ended and one that broke are the same.
        } finally {
            IOException gone = new IOException("connection closed");
            close();
            waiting.values().forEach(answer -> answer.completeExceptionally(gone));
            onEnd.run();
        }
    }

    private void take(JsonNode message) {
        switch (message.path("method").asText("")) {
            case "" -> {
                CompletableFuture<JsonNode> answer =
                        waiting.get(message.path("id").asLong());
                if (answer != null) {
                    answer.complete(message);
                }
            }
            case "echo" -> {
                ObjectNode reply = Json.object();
                reply.set("id", message.path("id"));
                reply.set("result", message.path("params"));
                reply.putNull("error");
                try {
                    send(reply);
                } catch (IOException gone) {
                    // What the server sent before it went away is still read.
                }
            }
            case "update" -> onUpdate.accept(message.path("params").path(1));
            default -> {
                // Notifications of other kinds were not asked for.
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException already) {
            // Closed is closed.
        }
    }

    /** Not {@code Channels.newInputStream}: its reads hold a lock that writes wait for. */
    private static final class ChannelInput extends InputStream {
        private final SocketChannel channel;
        private final ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES).limit(0);

        ChannelInput(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int got = channel.read(buffer);
                buffer.flip();
                if (got < 0) {
                    return -1;
                }
            }
            int taken = Math.min(length, buffer.remaining());
            buffer.get(into, offset, taken);
            return taken;
        }
    }
}
