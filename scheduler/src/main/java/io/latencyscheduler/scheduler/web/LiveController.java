package io.latencyscheduler.scheduler.web;

import io.latencyscheduler.kube.Json;
import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.kube.SchedulerRuntime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** The cluster as it changes, for the page: server-sent events, see {@link LiveFeed}. */
@RestController
class LiveController implements DisposableBean {
    /** Each viewer costs a thread and, twice a second, a look at what changed. */
    static final int MAX_VIEWERS = 32;

    private static final Logger LOG = LoggerFactory.getLogger(LiveController.class);
    private static final Duration PACE = Duration.ofMillis(500);

    private final SchedulerRuntime scheduler;
    private final SchedulerConfig config;
    private final ExecutorService viewers;

    LiveController(SchedulerRuntime scheduler, SchedulerConfig config) {
        this.scheduler = scheduler;
        this.config = config;
        this.viewers = new ThreadPoolExecutor(0, MAX_VIEWERS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "viewer");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Streams until the viewer leaves. 503 when {@value #MAX_VIEWERS} are looking already. */
    @GetMapping("/api/v1/live")
    SseEmitter live() {
        SseEmitter emitter = new SseEmitter(0L);
        try {
            viewers.execute(() -> stream(emitter));
        } catch (RejectedExecutionException full) {
            throw new ResponseStatusException(
                    HttpStatus.SERVICE_UNAVAILABLE, MAX_VIEWERS + " viewers are looking already");
        }
        return emitter;
    }

    private void stream(SseEmitter emitter) {
        LiveFeed feed = new LiveFeed(scheduler, config);
        try {
            while (true) {
                feed.next((event, message) ->
                        emitter.send(SseEmitter.event().name(event).data(Json.text(message))));
                Thread.sleep(PACE.toMillis());
            }
        } catch (IOException | IllegalStateException gone) {
            end(() -> emitter.completeWithError(gone));
        } catch (InterruptedException stopping) {
            end(emitter::complete);
        }
    }

    private static void end(Runnable end) {
        try {
            end.run();
        } catch (IllegalStateException endedBefore) {
            LOG.debug("the viewer or the server had ended it before", endedBefore);
        }
    }

    @Override
    public void destroy() {
        viewers.shutdownNow();
    }
}
