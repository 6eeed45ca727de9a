package io.latencyscheduler.scheduler.queue;

import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.FakeClock;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.framework.ClusterEvent;
import io.latencyscheduler.scheduler.framework.Plugin;
import io.latencyscheduler.scheduler.framework.QueuedPod;
import io.latencyscheduler.scheduler.model.PodInfo;
import io.latencyscheduler.scheduler.plugin.PrioritySort;
import io.latencyscheduler.scheduler.plugin.SchedulingGates;
import io.latencyscheduler.scheduler.queue.SchedulingQueue.Place;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulingQueueTest {
    private final FakeClock clock = new FakeClock();
    private final SchedulingQueue queue =
            new SchedulingQueue(new PrioritySort(), List.of(new SchedulingGates()), Backoff.DEFAULT);
    private final Set<Plugin> anyEventHelps = Set.of(new Hinting(true));
    private final Set<Plugin> noEventHelps = Set.of(new Hinting(false));

    private record Hinting(boolean helps) implements Plugin {
        @Override
        public boolean mayHelp(PodInfo refused, ClusterEvent event) {
            return helps;
        }
    }

    private void put(Pods pod) {
        queue.put(pod.info(), clock.instant());
    }

    private String popName() {
        return queue.pop(clock.instant())
                .map(popped -> popped.pod().pod().metadata().name())
                .orElse("");
    }

    private QueuedPod pop() {
        return queue.pop(clock.instant()).orElseThrow();
    }

    @Test
    void shouldPopByPriorityThenEarliestStartThenAge() {
        put(pod("old"));
        clock.advance(Duration.ofSeconds(1));
        put(pod("young"));
        put(pod("late").ask("start-by", "60s"));
        put(pod("soon").ask("start-by", "10s"));
        put(pod("important").priority(1000));

        assertThat(List.of(popName(), popName(), popName(), popName(), popName(), popName()))
                .containsExactly("important", "soon", "late", "old", "young", "");
    }

    @ParameterizedTest(name = "after {0} attempts a pod rests {1} s")
    @CsvSource({"1, 1", "2, 2", "3, 4", "4, 8", "5, 10", "60, 10"})
    void shouldDoubleTheRestUpToTheLimit(int attempts, long seconds) {
        assertThat(Backoff.DEFAULT.after(attempts)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @Test
    void shouldLetAPodRestToTheEndAfterAFailure() {
        put(pod("p"));
        queue.putAfterFailure(pop(), clock.instant());

        clock.advance(Duration.ofMillis(999));
        assertThat(popName()).isEmpty();
        assertThat(queue.nextDue()).isEqualTo(FakeClock.START.plusSeconds(1));
        clock.advance(Duration.ofMillis(1));
        assertThat(popName()).isEqualTo("p");
    }

    @Test
    void shouldCutTheRestShortWhenNothingElseIsToBeDoneAndNothingBroke() {
        put(pod("p"));
        queue.putUnschedulable(pop(), anyEventHelps, clock.instant());
        queue.onEvent(new ClusterEvent.Flush(), clock.instant());
        assertThat(queue.place("uid-p")).contains(Place.BACKOFF);

        assertThat(popName()).isEqualTo("p");
    }

    @Test
    void shouldTryAgainOnlyForAnEventThatAPluginThinksMayHelp() {
        put(pod("helped"));
        queue.putUnschedulable(pop(), anyEventHelps, clock.instant());
        put(pod("not-helped"));
        queue.putUnschedulable(pop(), noEventHelps, clock.instant());
        clock.advance(Duration.ofSeconds(10));

        assertThat(queue.onEvent(new ClusterEvent.CapacityChanged("n"), clock.instant()))
                .isEqualTo(1);

        assertThat(queue.place("uid-helped")).contains(Place.ACTIVE);
        assertThat(queue.place("uid-not-helped")).contains(Place.UNSCHEDULABLE);
    }

    @Test
    void shouldReachEveryPodWithTheFlushWhateverThePluginsThink() {
        put(pod("p"));
        queue.putUnschedulable(pop(), noEventHelps, clock.instant());
        clock.advance(SchedulingQueue.FLUSH_AFTER.minusMillis(1));
        assertThat(queue.flush(clock.instant())).isZero();

        clock.advance(Duration.ofMillis(1));

        assertThat(queue.flush(clock.instant())).isEqualTo(1);
        assertThat(popName()).isEqualTo("p");
    }

    @Test
    void shouldHoldBackAGatedPodUntilItsGateIsGone() {
        put(pod("p").gate("example.com/quota"));
        assertThat(queue.place("uid-p")).contains(Place.GATED);
        assertThat(popName()).isEmpty();

        put(pod("p"));

        assertThat(popName()).isEqualTo("p");
    }

    @Test
    void shouldKeepAGatedPodGatedThroughTheFlush() {
        put(pod("p").gate("example.com/quota"));
        clock.advance(SchedulingQueue.FLUSH_AFTER);

        queue.flush(clock.instant());

        assertThat(queue.place("uid-p")).contains(Place.GATED);
    }

    @Test
    void shouldForgetAPodThatNeedNotBePlacedAnyMore() {
        put(pod("p"));
        queue.remove("uid-p");

        assertThat(popName()).isEmpty();
        assertThat(queue.contains("uid-p")).isFalse();
    }

    @Test
    void shouldTryAgainWhenThePodItselfChanges() {
        put(pod("p"));
        queue.putUnschedulable(pop(), anyEventHelps, clock.instant());
        clock.advance(Duration.ofSeconds(1));

        put(pod("p").label("x", "y"));

        QueuedPod again = pop();
        assertThat(again.pod().pod().metadata().labels()).containsEntry("x", "y");
        assertThat(again.attempts()).isEqualTo(2);
    }

    @Test
    void shouldNotTryAgainForANewStatusAlone() {
        put(pod("p"));
        queue.putUnschedulable(pop(), anyEventHelps, clock.instant());
        clock.advance(Duration.ofSeconds(1));

        put(pod("p").phase("Pending").started(FakeClock.START));

        assertThat(queue.place("uid-p")).contains(Place.UNSCHEDULABLE);
    }

    @Test
    void shouldNeverLoseAPodWhateverHappensToIt() {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Map<String, QueuedPod> outside = new HashMap<>();
        Set<String> known = new HashSet<>();
        for (int step = 0; step < 5_000; step++) {
            String name = "p" + random.nextInt(20);
            switch (random.nextInt(8)) {
                case 0 -> {
                    if (!outside.containsKey(name)) {
                        put(random.nextBoolean() ? pod(name) : pod(name).gate("g"));
                        known.add(name);
                    }
                }
                case 1 -> {
                    queue.remove("uid-" + name);
                    known.remove(name);
                    outside.remove(name);
                }
                case 2, 3 ->
                    queue.pop(clock.instant())
                            .ifPresent(popped ->
                                    outside.put(popped.pod().pod().metadata().name(), popped));
                case 4 -> giveBack(outside, name, false, random.nextBoolean());
                case 5 -> giveBack(outside, name, true, false);
                case 6 -> queue.onEvent(new ClusterEvent.Flush(), clock.instant());
                default -> {
                    clock.advance(Duration.ofMillis(random.nextInt(400_000)));
                    queue.flush(clock.instant());
                }
            }
            for (String pod : known) {
                assertThat(queue.contains("uid-" + pod) ^ outside.containsKey(pod))
                        .as("seed %d, step %d: %s waits in exactly one place", seed, step, pod)
                        .isTrue();
            }
        }
        clock.advance(SchedulingQueue.FLUSH_AFTER);
        Set<String> reached = new HashSet<>(outside.keySet());
        for (String pod : known) {
            if (!outside.containsKey(pod)) {
                put(pod(pod)); // Without its gate.
            }
        }
        queue.flush(clock.instant());
        for (String next = popName(); !next.isEmpty(); next = popName()) {
            reached.add(next);
        }
        assertThat(reached).as("seed %d", seed).containsAll(known);
    }

    private void giveBack(Map<String, QueuedPod> outside, String name, boolean failed, boolean hinting) {
        QueuedPod popped = outside.remove(name);
        if (popped == null) {
            return;
        }
        if (failed) {
            queue.putAfterFailure(popped, clock.instant());
        } else {
            queue.putUnschedulable(popped, hinting ? anyEventHelps : noEventHelps, clock.instant());
        }
    }
}
