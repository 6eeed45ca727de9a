package io.latencyscheduler.dataplane.overlay;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Brings connections to an address of this machine to a port of its loopback: nodes in namespaces reach the API server. */
final class Relay implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket();
    private final int target;

    Relay(String address, int target) throws IOException {
        this.target = target;
        listening.bind(new InetSocketAddress(address, 0));
        daemon(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket near = listening.accept();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                daemon(() -> pump(near, far));
                daemon(() -> pump(far, near));
            } catch (IOException closed) {
                // The loop looks whether that was the end.
            }
        }
    }

    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            InputStream input = from.getInputStream();
            OutputStream output = to.getOutputStream();
            byte[] bytes = new byte[16 * 1024];
            for (int got = input.read(bytes); got >= 0; got = input.read(bytes)) {
                output.write(bytes, 0, got);
                output.flush();
            }
        } catch (IOException ended) {
            // Both are closed.
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "relay");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
