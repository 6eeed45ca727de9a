package io.latencyscheduler.dataplane.ovs;

import com.fasterxml.jackson.databind.JsonNode;
import io.latencyscheduler.kube.Json;
import io.latencyscheduler.ovsdb.OvsdbConnection;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Any bytes as what an OVSDB server sends before it hangs up, in pieces of any size: the updates in them are told, the same
 * however the stream was cut, the end is told once, and a call that waits for its answer ends with the connection.
 */
public final class OvsdbStreamFuzz {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int LARGEST_PIECE = 64;

    private OvsdbStreamFuzz() {}

    /** The first byte is the size of the pieces. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        int piece = 1 + Math.floorMod(input[0], LARGEST_PIECE);
        byte[] stream = java.util.Arrays.copyOfRange(input, 1, input.length);
        List<JsonNode> whole = told(stream, Math.max(1, stream.length));
        List<JsonNode> inPieces = told(stream, piece);
        if (!whole.equals(inPieces)) {
            throw new IllegalStateException("in pieces of " + piece + ": " + inPieces + ", at once: " + whole);
        }
    }

    private static List<JsonNode> told(byte[] stream, int piece) throws IOException {
        Path folder = Files.createTempDirectory("ovsdb");
        Path socket = folder.resolve("db.sock");
        List<JsonNode> updates = new CopyOnWriteArrayList<>();
        AtomicInteger ends = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(1);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (OvsdbConnection connection = OvsdbConnection.open(socket, PATIENCE, updates::add, () -> {
                        ends.incrementAndGet();
                        ended.countDown();
                    });
                    SocketChannel client = server.accept()) {
                Thread sender = new Thread(() -> send(client, stream, piece), "server");
                sender.start();
                call(connection);
                if (!ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IllegalStateException("the end was not told");
                }
                sender.join();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } finally {
            Files.deleteIfExists(socket);
            Files.delete(folder);
        }
        if (ends.get() != 1) {
            throw new IllegalStateException("the end was told " + ends + " times");
        }
        return List.copyOf(updates);
    }

    private static void call(OvsdbConnection connection) {
        try {
            connection.call("list_dbs", Json.array());
        } catch (InterruptedIOException forgotten) {
            throw new IllegalStateException("a call waits for a connection that is gone", forgotten);
        } catch (IOException refusedOrGone) {
            // As it should be, unless the stream answers it.
        }
    }

    private static void send(SocketChannel client, byte[] stream, int piece) {
        try (client) {
            for (int from = 0; from < stream.length; from += piece) {
                client.write(ByteBuffer.wrap(stream, from, Math.min(piece, stream.length - from)));
            }
        } catch (IOException clientHungUp) {
            // It read something that is not JSON.
        }
    }
}
