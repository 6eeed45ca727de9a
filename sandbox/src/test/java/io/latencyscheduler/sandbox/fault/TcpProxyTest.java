package io.latencyscheduler.sandbox.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TcpProxyTest {
    private static final int A_MOMENT_MS = 100;

    private ServerSocket server;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        proxy = TcpProxy.to(server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    }

    @Test
    void shouldPassBytesBothWaysAndTheEndOfOneOfThem() throws IOException {
        try (Socket client = connect();
                Socket far = server.accept()) {
            client.getOutputStream().write(1);
            client.shutdownOutput();
            assertThat(far.getInputStream().readAllBytes()).containsExactly(1);
            far.getOutputStream().write(2);
            far.close();
            assertThat(client.getInputStream().readAllBytes()).containsExactly(2);
        }
    }

    @Test
    void shouldDeliverLateWhatWasHeld() throws IOException {
        try (Socket client = connect();
                Socket far = server.accept()) {
            far.setSoTimeout(A_MOMENT_MS);
            proxy.hold();
            client.getOutputStream().write(1);
            assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            proxy.restore();
            far.setSoTimeout(0);
            assertThat(far.getInputStream().read()).isEqualTo(1);
        }
    }

    @Test
    void shouldLoseWhatWasSentWhileCutAndThenResetTheConnection() throws IOException {
        try (Socket client = connect();
                Socket far = server.accept()) {
            client.getOutputStream().write(1);
            assertThat(far.getInputStream().read()).isEqualTo(1);
            proxy.cut();
            client.getOutputStream().write(2);
            far.setSoTimeout(A_MOMENT_MS);
            assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
            proxy.restore();
            far.setSoTimeout(0);
            assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void shouldPassNewConnectionsAfterACut() throws IOException {
        proxy.cut();
        try (Socket whileCut = connect()) {
            whileCut.setSoTimeout(A_MOMENT_MS);
            assertThatThrownBy(() -> whileCut.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        }
        proxy.restore();
        try (Socket client = connect();
                Socket far = server.accept()) {
            client.getOutputStream().write(3);
            assertThat(far.getInputStream().read()).isEqualTo(3);
        }
    }
}
