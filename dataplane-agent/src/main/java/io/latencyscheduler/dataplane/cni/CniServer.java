package io.latencyscheduler.dataplane.cni;

import io.latencyscheduler.dataplane.log.PodLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The unix socket where {@code tsn-cni} asks: one request and one answer, a line each, per connection. Only root can connect.
 */
public final class CniServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CniServer.class);
    private static final int THREADS = 8;
    private static final int REQUEST_BYTES = 2 << 20;
    private static final int PATIENCE_SECONDS = 10;

    private final Path socket;
    private final CniService service;
    private final ServerSocketChannel listening;
    private final ExecutorService workers = Executors.newFixedThreadPool(THREADS, task -> daemon(task, "cni"));
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "cni-timer"));
    private final Thread acceptor;

    private CniServer(Path socket, CniService service, ServerSocketChannel listening) {
        this.socket = socket;
        this.service = service;
        this.listening = listening;
        this.acceptor = daemon(this::accept, "cni-accept");
    }

    /** Listens; a socket file that a killed agent left is replaced. */
    public static CniServer start(Path socket, CniService service) throws IOException {
        Path folder = socket.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.deleteIfExists(socket);
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listening.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException refused) {
            listening.close();
            throw refused;
        }
        CniServer server = new CniServer(socket, service, listening);
        server.acceptor.start();
        return server;
    }

    private void accept() {
        while (true) {
            try {
                SocketChannel connection = listening.accept();
                workers.execute(() -> serve(connection));
            } catch (ClosedChannelException closed) {
                return;
            } catch (IOException failed) {
                LOG.warn("cni: a connection could not be accepted: {}", failed.getMessage());
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            byte[] line = line(connection);
            if (line.length == 0) {
                return; // the plugin gave up before it asked
            }
            CniRequest request = CniRequest.read(line);
            CniAnswer answer = service.serve(request);
            if (answer instanceof CniAnswer.Refused refused) {
                about(LOG.atWarn(), request)
                        .log(
                                "cni {} {} {}: {} ({}): {}",
                                request.command(),
                                request.containerId(),
                                request.ifName(),
                                refused.message(),
                                refused.code(),
                                refused.details());
            } else {
                about(LOG.atInfo(), request)
                        .log("cni {} {} {}: done", request.command(), request.containerId(), request.ifName());
            }
            ByteBuffer bytes = ByteBuffer.wrap(answer.line());
            while (bytes.hasRemaining()) {
                connection.write(bytes);
            }
        } catch (IOException | RuntimeException failed) {
            LOG.warn("cni: a request could not be served: {}", failed.toString());
        }
    }

    private static LoggingEventBuilder about(LoggingEventBuilder line, CniRequest request) {
        String name = request.arg("K8S_POD_NAME");
        return name.isEmpty() // no Kubernetes
                ? line
                : PodLog.about(line, request.arg("K8S_POD_NAMESPACE") + "/" + name, request.arg("K8S_POD_UID"));
    }

    /** One line without its end; empty when the other side closed first. A silent one is cut off. */
    private byte[] line(SocketChannel connection) throws IOException {
        ScheduledFuture<?> guard = timer.schedule(
                () -> {
                    connection.close();
                    return null;
                },
                PATIENCE_SECONDS,
                TimeUnit.SECONDS);
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
            while (line.size() < REQUEST_BYTES) {
                if (connection.read(buffer.clear()) < 0) {
                    return new byte[0];
                }
                buffer.flip();
                boolean complete = buffer.get(buffer.limit() - 1) == '\n';
                line.write(buffer.array(), 0, buffer.limit() - (complete ? 1 : 0));
                if (complete) {
                    return line.toByteArray();
                }
            }
            throw new IOException("a request of more than " + REQUEST_BYTES + " bytes");
        } finally {
            guard.cancel(false);
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Stops listening, lets the requests being served end, and removes the socket. */
    @Override
    public void close() {
        try {
            listening.close();
            workers.shutdown();
            if (!workers.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("cni: requests are still being served");
            }
            Files.deleteIfExists(socket);
        } catch (IOException failed) {
            LOG.warn("cni: {}", failed.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            timer.shutdownNow();
        }
    }
}
