package io.latencyscheduler.sandbox.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.latencyscheduler.sandbox.api.ApiFailure;
import io.latencyscheduler.sandbox.registry.Registry;
import io.latencyscheduler.sandbox.store.Store;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One connection: reads requests, answers them one after another, and turns into a watch when asked to. */
final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = Logger.getLogger(RequestHandler.class.getName());
    private static final Duration LONGEST_WATCH = Duration.ofMinutes(45);

    private final Registry registry;
    private final Endpoints endpoints;
    private final Tokens tokens;
    private final Duration bookmarkPeriod;
    private @Nullable WatchStream watch;

    RequestHandler(Registry registry, Endpoints endpoints, Tokens tokens, Duration bookmarkPeriod) {
        this.registry = registry;
        this.endpoints = endpoints;
        this.tokens = tokens;
        this.bookmarkPeriod = bookmarkPeriod;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest message) {
        boolean keepAlive = HttpUtil.isKeepAlive(message);
        try {
            Request request = read(message);
            if (request.method().equals("GET") && request.flag("watch")) {
                startWatch(context, request);
            } else {
                send(context, endpoints.answer(request), keepAlive);
            }
        } catch (ApiFailure failure) {
            send(context, Reply.failure(failure), keepAlive);
        } catch (RuntimeException e) {
            LOG.log(Level.SEVERE, "cannot answer " + message.method() + " " + message.uri(), e);
            send(context, Reply.failure(ApiFailure.internal(String.valueOf(e.getMessage()))), keepAlive);
        }
    }

    private Request read(FullHttpRequest message) {
        QueryStringDecoder uri = new QueryStringDecoder(message.uri(), StandardCharsets.UTF_8);
        List<String> segments = new ArrayList<>();
        for (String segment : uri.rawPath().split("/", -1)) {
            if (!segment.isEmpty()) {
                segments.add(QueryStringDecoder.decodeComponent(segment.replace("+", "%2B")));
            }
        }
        String contentType = header(message, HttpHeaderNames.CONTENT_TYPE);
        int parameters = contentType.indexOf(';');
        return new Request(
                message.method().name(),
                uri.path(),
                segments,
                uri.parameters(),
                header(message, HttpHeaderNames.ACCEPT),
                (parameters < 0 ? contentType : contentType.substring(0, parameters))
                        .strip()
                        .toLowerCase(Locale.ROOT),
                ByteBufUtil.getBytes(message.content()),
                tokens.authenticate(header(message, HttpHeaderNames.AUTHORIZATION)));
    }

    private static String header(FullHttpRequest message, CharSequence name) {
        String value = message.headers().get(name);
        return value == null ? "" : value;
    }

    private static void send(ChannelHandlerContext context, Reply reply, boolean keepAlive) {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.code()), Unpooled.wrappedBuffer(reply.body()));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, reply.contentType());
        HttpUtil.setContentLength(response, reply.body().length);
        HttpUtil.setKeepAlive(response, keepAlive);
        var written = context.writeAndFlush(response);
        if (!keepAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    private void startWatch(ChannelHandlerContext context, Request request) {
        ResourcePath path = ResourcePath.parse(registry.catalog(), request.segments());
        ListQuery query = ListQuery.of(path, request);
        Store store = registry.store();
        WatchStream.Start start = start(store, query, request);
        long seconds = request.number("timeoutSeconds");
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, Reply.JSON);
        head.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        context.writeAndFlush(head);
        WatchStream stream = new WatchStream(
                context,
                store,
                query,
                Renderings.of(registry, path.type(), request),
                request.flag("allowWatchBookmarks"));
        if (watch != null) {
            watch.close();
        }
        watch = stream;
        stream.start(start, seconds == 0 ? LONGEST_WATCH : Duration.ofSeconds(seconds), bookmarkPeriod);
    }

    /** Without a version, or with version 0, a watch begins with what exists. */
    private static WatchStream.Start start(Store store, ListQuery query, Request request) {
        long after = request.number("resourceVersion");
        boolean sendInitial = request.flag("sendInitialEvents");
        if (after > 0 && !sendInitial) {
            return new WatchStream.Start(List.of(), after, false);
        }
        if (request.parameter("sendInitialEvents").equals("false")) {
            return new WatchStream.Start(List.of(), store.revision(), false);
        }
        Store.Page page = store.list(
                query.path().type(),
                query.path().type().namespaced() ? query.path().namespace() : "",
                -1,
                "",
                0,
                query::selects);
        return new WatchStream.Start(page.items(), page.revision(), sendInitial);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (watch != null && context.channel().isWritable()) {
            watch.changed();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (watch != null) {
            watch.close();
        }
        context.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!(cause instanceof java.io.IOException) || cause instanceof JsonProcessingException) {
            LOG.log(Level.WARNING, "connection broke", cause);
        }
        context.close();
    }
}
