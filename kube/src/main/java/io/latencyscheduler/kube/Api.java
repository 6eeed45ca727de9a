package io.latencyscheduler.kube;

import io.kubernetes.client.openapi.ApiClient;
import io.kubernetes.client.openapi.ApiException;
import io.kubernetes.client.openapi.auth.Authentication;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/**
 * One way to the API server, over the official client's transport, TLS and credentials. Answers are values judged by their
 * status, an {@link IOException} means that none came. Thread-safe.
 */
public final class Api implements Transport {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final RequestBody EMPTY = RequestBody.create(new byte[0], null);

    private final ApiClient client;
    private final HttpUrl address;
    private final OkHttpClient http;
    private final List<RequestLimiter> limiters;
    private final int attempts;

    /**
     * @param client gives the address and the credentials
     * @param http the transport, with its timeouts
     * @param limiters a request passes them in turn; the last one is paused when the server asks for it
     * @param attempts how often a request is sent that the server pushes back with 429, at least 1
     */
    Api(ApiClient client, OkHttpClient http, List<RequestLimiter> limiters, int attempts) {
        this.client = client;
        this.address = HttpUrl.get(client.getBasePath());
        this.http = http;
        this.limiters = List.copyOf(limiters);
        this.attempts = attempts;
    }

    /**
     * {@inheritDoc}
     *
     * <p>A 429 is no answer yet: after the pause the server asks for, during which nobody else sends either, the request is
     * sent again, as it surely had no effect.
     */
    @Override
    public ApiResponse send(ApiRequest request) throws IOException {
        for (int attempt = 1; ; attempt++) {
            int passed = 0;
            try {
                for (RequestLimiter limiter : limiters) {
                    limiter.acquire();
                    passed++;
                }
                if (!request.permit().getAsBoolean()) {
                    throw new NotSentException(request);
                }
                try (Response response = call(request).execute()) {
                    ApiResponse answer =
                            new ApiResponse(response.code(), response.body().bytes());
                    if (answer.status() != 429 || request.pushbackIsFinal() || attempt >= attempts) {
                        return answer;
                    }
                    pause(response);
                }
            } finally {
                limiters.subList(0, passed).forEach(RequestLimiter::release);
            }
        }
    }

    /** A call whose answer the caller reads as a stream, and may cancel. */
    Call call(ApiRequest request) throws IOException {
        HttpUrl.Builder url =
                address.newBuilder().addPathSegments(request.path().substring(1));
        request.query().forEach(url::addQueryParameter);
        Map<String, String> headers = new HashMap<>();
        authenticate(request, url, headers);
        Request.Builder builder = new Request.Builder()
                .url(url.build())
                .method(request.method(), body(request))
                .header("Accept", ApiRequest.JSON)
                // Compressing costs the server more than it saves on a cluster's own network.
                .header("Accept-Encoding", "identity");
        headers.forEach(builder::header);
        Call call = http.newCall(builder.build());
        Duration timeout = request.timeout();
        if (timeout != null) {
            call.timeout().timeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
        }
        return call;
    }

    private void authenticate(ApiRequest request, HttpUrl.Builder url, Map<String, String> headers) throws IOException {
        Authentication bearer = client.getAuthentication("BearerToken");
        if (bearer == null) {
            return;
        }
        try {
            bearer.applyToParams(
                    new ArrayList<>(), headers, new HashMap<>(), "", request.method(), URI.create(url.toString()));
        } catch (ApiException refused) {
            throw new IOException("credentials cannot be used: " + refused.getMessage(), refused);
        }
    }

    private static @Nullable RequestBody body(ApiRequest request) {
        byte[] body = request.body();
        if (body == null) {
            return request.method().equals("GET") || request.method().equals("DELETE") ? null : EMPTY;
        }
        return new SentOnce(request, body);
    }

    private void pause(Response response) {
        long seconds;
        try {
            seconds = Long.parseLong(response.header("Retry-After", "1"));
        } catch (NumberFormatException date) {
            seconds = 1;
        }
        long ns = Math.min(TimeUnit.SECONDS.toNanos(Math.max(0, seconds)), LONGEST_PAUSE.toNanos());
        if (!limiters.isEmpty()) {
            limiters.get(limiters.size() - 1).pause(ns);
        }
    }

    /**
     * A body that the transport never sends a second time by itself: a write may have had its effect. The permit is asked
     * for here once more, behind everything that may take long (a free place, a connection, its handshake), so that a
     * process frozen there sends nothing when it wakes.
     */
    private static final class SentOnce extends RequestBody {
        private final ApiRequest request;
        private final byte[] bytes;

        SentOnce(ApiRequest request, byte[] bytes) {
            this.request = request;
            this.bytes = bytes;
        }

        @Override
        public @Nullable MediaType contentType() {
            String type = request.contentType();
            return type == null ? null : MediaType.get(type);
        }

        @Override
        public long contentLength() {
            return bytes.length;
        }

        @Override
        public boolean isOneShot() {
            return true;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            if (!request.permit().getAsBoolean()) {
                throw new NotSentException(request);
            }
            sink.write(bytes);
        }
    }
}
