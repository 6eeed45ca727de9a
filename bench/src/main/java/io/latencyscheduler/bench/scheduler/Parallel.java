package io.latencyscheduler.bench.scheduler;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** The same step many times, on several threads. */
final class Parallel {
    /** One step. */
    interface Step {
        void run(int number) throws IOException, InterruptedException;
    }

    private Parallel() {}

    /**
     * Runs steps 0 to below {@code count}, begun in this order.
     *
     * @throws IOException of the first step that failed; no further ones are begun then
     */
    static void run(int threads, int count, Step step) throws IOException, InterruptedException {
        AtomicInteger next = new AtomicInteger();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(pool.submit(() -> {
                    for (int number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                        try {
                            step.run(number);
                        } catch (IOException | RuntimeException failure) {
                            next.set(count);
                            throw failure;
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> worker : workers) {
                worker.get();
            }
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof IOException broken ? broken : new IOException(failed.getCause());
        } finally {
            pool.shutdownNow();
        }
    }
}
