package io.latencyscheduler.discovery.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.discovery.fact.Fact;
import io.latencyscheduler.discovery.fact.OpenVSwitch;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenVSwitchReaderTest {
    @TempDir
    Path root;

    /** Answers one connection with these bytes, in pieces, as soon as it has heard something. */
    private Thread answering(String... pieces) throws IOException {
        Path socket = Files.createDirectories(root.resolve("run/openvswitch")).resolve("db.sock");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread thread = new Thread(() -> {
            try (server;
                    SocketChannel client = server.accept()) {
                client.read(ByteBuffer.allocate(4096));
                for (String piece : pieces) {
                    client.write(StandardCharsets.UTF_8.encode(piece));
                }
            } catch (IOException e) {
                // The reader has gone: what it made of the bytes is asserted below.
            }
        });
        thread.start();
        return thread;
    }

    private Fact<OpenVSwitch> read() {
        return new OpenVSwitchReader(new HostFiles(root)).read();
    }

    @Test
    void shouldKnowThatNoneRunsWithoutASocket() {
        assertThat(read()).isEqualTo(Fact.known(OpenVSwitch.NONE));
    }

    @Test
    void shouldKnowThatItIsStoppedWhenNobodyListens() throws Exception {
        Path stale = Files.createDirectories(root.resolve("run/openvswitch")).resolve("db.sock");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(stale));
        }
        assertThat(stale).exists();
        assertThat(read()).isEqualTo(Fact.known(OpenVSwitch.NONE));
    }

    @Test
    void shouldReadAnAnswerThatComesInPiecesBehindAnEchoRequest() throws Exception {
        Thread server = answering(
                "{\"method\":\"echo\",\"params\":[],\"id\":\"echo\"}{\"id\":1,\"err",
                "or\":null,\"result\":[{\"rows\":[{\"ovs_version\":\"3.1.0\",\"dpdk_initialized\":true}]},",
                "{\"rows\":[]},{\"rows\":[]},{\"rows\":[{\"_uuid\":[\"uuid\",\"u\"],\"name\":\"a}\\\"{\",\"type\":\"\"}]}]}");
        OpenVSwitch found = read().orElse(OpenVSwitch.NONE);
        server.join();
        assertThat(found.version()).isEqualTo("3.1.0");
        assertThat(found.dpdkInitialized()).isTrue();
    }

    @Test
    void shouldSayWhyWhenTheDatabaseHangsUp() throws Exception {
        Thread server = answering("{\"id\":");
        Fact<OpenVSwitch> fact = read();
        server.join();
        assertThat(fact.isKnown()).isFalse();
        assertThat(fact.unreadBecause()).isEqualTo("the Open vSwitch database closed the connection");
    }

    @Test
    void shouldSayWhatTheDatabaseRefused() throws Exception {
        Thread server = answering("{\"id\":1,\"error\":\"not allowed\",\"result\":null}");
        Fact<OpenVSwitch> fact = read();
        server.join();
        assertThat(fact.unreadBecause()).isEqualTo("the Open vSwitch database refused: \"not allowed\"");
    }
}
