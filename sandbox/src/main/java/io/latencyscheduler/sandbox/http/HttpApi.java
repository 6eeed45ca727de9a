package io.latencyscheduler.sandbox.http;

import io.latencyscheduler.sandbox.registry.Registry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Listens on the loopback address and serves a registry. Safe for all threads. */
public final class HttpApi implements AutoCloseable {
    // etcd's limit of a request plus room for JSON: kube-apiserver refuses bodies above 3 MiB.
    private static final int BODY_LIMIT_BYTES = 3 << 20;
    private static final int HEADER_LIMIT_BYTES = 64 << 10;
    // A watch that is this far behind its reader waits: memory stays bounded with any number of slow clients.
    private static final io.netty.channel.WriteBufferWaterMark PATIENCE =
            new io.netty.channel.WriteBufferWaterMark(256 << 10, 1 << 20);

    private final EventLoopGroup loops;
    private final ChannelGroup connections;
    private final Channel listener;

    private HttpApi(EventLoopGroup loops, ChannelGroup connections, Channel listener) {
        this.loops = loops;
        this.connections = connections;
        this.listener = listener;
    }

    /**
     * @param port 0 for any free one
     * @param kubernetesVersion what {@code /version} says, such as {@code v1.36.0}
     * @param tokens who is known by which bearer token
     * @throws IllegalStateException when the port is taken
     */
    public static HttpApi listen(
            Registry registry,
            int port,
            String kubernetesVersion,
            Duration bookmarkPeriod,
            Map<String, User> tokens,
            Clock clock) {
        Tokens known = new Tokens(tokens, clock);
        Endpoints endpoints = new Endpoints(registry, new Discovery(registry.catalog(), kubernetesVersion), known);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                Math.max(2, Runtime.getRuntime().availableProcessors()), NioIoHandler.newFactory());
        ChannelGroup accepted = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, PATIENCE)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        accepted.add(channel);
                        channel.pipeline()
                                .addLast(new HttpServerCodec(HEADER_LIMIT_BYTES, HEADER_LIMIT_BYTES, 64 << 10))
                                .addLast(new HttpObjectAggregator(BODY_LIMIT_BYTES))
                                .addLast(new RequestHandler(registry, endpoints, known, bookmarkPeriod));
                    }
                });
        ChannelFuture bound = bootstrap
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw new IllegalStateException(
                    "cannot listen on port " + port + ": " + bound.cause().getMessage());
        }
        accepted.add(bound.channel());
        return new HttpApi(loops, accepted, bound.channel());
    }

    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /** Cuts every open connection, as a crash of the server would; new ones are accepted. */
    public void cutConnections() {
        connections.close(channel -> channel != listener).awaitUninterruptibly();
    }

    /** Cuts every connection and stops listening. */
    @Override
    public void close() {
        connections.close().awaitUninterruptibly();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
