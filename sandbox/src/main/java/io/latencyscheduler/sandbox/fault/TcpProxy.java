package io.latencyscheduler.sandbox.fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Passes bytes between loopback connections and one loopback port, until told otherwise. It knows nothing of what it
 * passes, so TLS and HTTP/2 stay those of the two ends. Safe for all threads.
 */
public final class TcpProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 << 10;

    /** What happens to bytes that arrive. */
    private enum Mode {
        PASS,
        HOLD,
        LOSE
    }

    private final ServerSocket listener;
    private final int targetPort;
    /** Guarded by this. */
    private final Set<Link> links = new HashSet<>();
    /** Guarded by this. */
    private Mode mode = Mode.PASS;
    /** Guarded by this. */
    private boolean closed;

    private TcpProxy(ServerSocket listener, int targetPort) {
        this.listener = listener;
        this.targetPort = targetPort;
    }

    /** Listens on a free port of the loopback address. */
    public static TcpProxy to(int targetPort) {
        try {
            TcpProxy proxy = new TcpProxy(new ServerSocket(0, 128, InetAddress.getLoopbackAddress()), targetPort);
            proxy.start("accept", proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException("no free port", e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Connections look alive and nothing passes: a network that is slow. {@link #restore} delivers what was sent meanwhile. */
    public synchronized void hold() {
        mode = Mode.HOLD;
    }

    /**
     * Connections look alive and nothing passes any more: a network that lost the other end. {@link #restore} resets the
     * connections that were touched by it; what was sent on them never arrives.
     */
    public synchronized void cut() {
        mode = Mode.LOSE;
        links.forEach(link -> link.lost = true);
        notifyAll();
    }

    /** Resets every connection, whatever is on its way; new ones pass as before. */
    public void reset() {
        List<Link> open;
        synchronized (this) {
            open = List.copyOf(links);
        }
        open.forEach(Link::reset);
    }

    /** Passes bytes again. */
    public void restore() {
        List<Link> lost;
        synchronized (this) {
            mode = Mode.PASS;
            lost = links.stream().filter(link -> link.lost).toList();
            notifyAll();
        }
        lost.forEach(Link::reset);
    }

    private void accept() {
        while (true) {
            try {
                Socket near = listener.accept();
                near.setTcpNoDelay(true);
                start("connect", () -> connect(near));
            } catch (IOException ended) {
                return;
            }
        }
    }

    private void connect(Socket near) {
        Link link = new Link(near);
        synchronized (this) {
            if (closed) {
                link.reset();
                return;
            }
            link.lost = mode == Mode.LOSE;
            links.add(link);
        }
        if (!mayPass(link)) {
            link.reset();
            return;
        }
        try {
            Socket far = new Socket(InetAddress.getLoopbackAddress(), targetPort);
            far.setTcpNoDelay(true);
            link.far = far;
            start("from-server", () -> pump(link, far, near));
            pump(link, near, far);
        } catch (IOException refused) {
            link.reset();
        }
    }

    private void pump(Link link, Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0 && mayPass(link); read = in.read(buffer)) {
                out.write(buffer, 0, read);
            }
            if (mayPass(link)) {
                to.shutdownOutput();
                link.halfEnded();
                return;
            }
        } catch (IOException ended) {
            // Either end went away: so does the other.
        }
        link.reset();
    }

    /** Waits while bytes are held or lost; whether the link goes on. */
    private synchronized boolean mayPass(Link link) {
        while (!closed && !link.ended && (mode == Mode.HOLD || link.lost)) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return !closed && !link.ended;
    }

    private void start(String name, Runnable task) {
        Thread thread = new Thread(task, "proxy-" + port() + "-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Resets every connection and stops listening. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot stop listening", e);
        }
        reset();
    }

    /** Two sockets that live and die together. */
    private final class Link {
        private final Socket near;
        private volatile java.net.@org.jspecify.annotations.Nullable Socket far;
        /** Guarded by the proxy. */
        private boolean lost;
        /** Guarded by the proxy. */
        private boolean ended;
        /** Guarded by the proxy. */
        private int halvesEnded;

        Link(Socket near) {
            this.near = near;
        }

        void halfEnded() {
            boolean both;
            synchronized (TcpProxy.this) {
                both = ++halvesEnded == 2;
            }
            if (both) {
                reset();
            }
        }

        void reset() {
            synchronized (TcpProxy.this) {
                ended = true;
                links.remove(this);
                TcpProxy.this.notifyAll();
            }
            abort(near);
            Socket other = far;
            if (other != null) {
                abort(other);
            }
        }

        private static void abort(Socket socket) {
            try {
                socket.setSoLinger(true, 0); // RST instead of FIN.
            } catch (IOException alreadyClosed) {
                // Nothing is left to abort.
            }
            try {
                socket.close();
            } catch (IOException alreadyClosed) {
                // Nothing is left to abort.
            }
        }
    }
}
