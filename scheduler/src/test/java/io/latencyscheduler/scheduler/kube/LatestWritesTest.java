package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LatestWritesTest {
    private final LatestWrites writes = new LatestWrites("test", 2, LatestWrites.UNTIL_DONE);
    private final List<String> written = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() {
        writes.close();
    }

    @Test
    void shouldWriteOnlyTheNewestOfThoseThatWait() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        writes.put("a", Duration.ZERO, () -> {
            running.countDown();
            await(release);
            written.add("first");
        });
        await(running);
        writes.put("a", Duration.ZERO, () -> written.add("never"));
        writes.put("a", Duration.ZERO, () -> {
            written.add("last");
            done.countDown();
        });

        release.countDown();
        await(done);

        assertThat(written).containsExactly("first", "last");
    }

    @Test
    void shouldTryAgainWhatFailed() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(2);
        writes.put("a", Duration.ZERO, () -> {
            done.countDown();
            if (done.getCount() > 0) {
                throw new IOException("once");
            }
        });

        await(done);

        assertThat(writes.dropped()).isZero();
    }

    @Test
    void shouldNotWriteWhatWasDiscarded() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch other = new CountDownLatch(1);
        writes.put("a", Duration.ZERO, () -> {
            running.countDown();
            await(release);
        });
        await(running);
        writes.put("a", Duration.ZERO, () -> written.add("never"));
        writes.discard("a");
        release.countDown();
        writes.put("b", Duration.ofMillis(50), other::countDown);

        await(other);

        assertThat(written).isEmpty();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
