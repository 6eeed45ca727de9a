package io.latencyscheduler.scheduler.kube;

import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.NotSentException;
import io.latencyscheduler.kube.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An API server that answers as it was told to, then with 200 and an empty object. */
final class Answers implements Transport {
    /** Given instead of an answer. */
    static final int RESET = 0;

    private final Queue<ApiResponse> script = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<ApiRequest> sent = new LinkedBlockingQueue<>();

    Answers then(int status, String body) {
        script.add(new ApiResponse(status, body.getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    @Override
    public ApiResponse send(ApiRequest request) throws IOException {
        if (!request.permit().getAsBoolean()) {
            throw new NotSentException(request);
        }
        ApiResponse next = script.poll();
        ApiResponse answer = next == null ? new ApiResponse(200, "{}".getBytes(StandardCharsets.UTF_8)) : next;
        sent.add(request);
        if (answer.status() == RESET) {
            throw new IOException("connection reset");
        }
        return answer;
    }

    /** The next request that came or comes. */
    ApiRequest next() throws InterruptedException {
        ApiRequest request = sent.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came");
        }
        return request;
    }

    boolean gotNothingMore() {
        return sent.isEmpty();
    }

    static String body(ApiRequest request) {
        byte[] body = request.body();
        return body == null ? "" : new String(body, StandardCharsets.UTF_8);
    }

    /** The right to write, as the only instance. */
    static Leadership alone() {
        Leadership leadership = new Leadership(null);
        leadership.start(null, () -> CompletableFuture.completedFuture(null), placing -> {});
        return leadership;
    }
}
