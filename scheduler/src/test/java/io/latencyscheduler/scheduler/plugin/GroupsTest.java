package io.latencyscheduler.scheduler.plugin;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Pods;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class GroupsTest {
    private final Harness harness = new Harness();

    private static Pods member(String name, String group, int size, String cpu) {
        return pod(name)
                .ask("group", group)
                .ask("group-size", Integer.toString(size))
                .container("cpu", cpu);
    }

    @Test
    void shouldPlaceNobodyBeforeAllExist() {
        harness.node(node("a")).pod(member("x", "line", 2, "1")).run();

        assertThat(harness.bound).isEmpty();
        assertThat(harness.messages.get("x")).contains("group line has 1 of its 2 pods");
    }

    @Test
    void shouldPlaceAllOnceAllExist() {
        harness.node(node("a")).pod(member("x", "line", 2, "1")).run();

        harness.pod(member("y", "line", 2, "1"));
        harness.clock.advance(Duration.ofSeconds(1));
        harness.run();

        assertThat(harness.bound).containsOnlyKeys("x", "y");
    }

    @Test
    void shouldGiveBackEveryPlaceAtOnceWhenOneMemberFindsNone() {
        harness.node(node("a"))
                .pod(member("x", "line", 2, "3"))
                .pod(member("y", "line", 2, "3"))
                .run();

        assertThat(harness.bound).isEmpty();
        assertThat(harness.cluster.node("a").requestedMilliCpu()).isZero();
    }

    @Test
    void shouldNotLetTwoGroupsHoldEachOthersPlaces() {
        harness.node(node("a"));
        harness.pod(member("x1", "x", 2, "2")).pod(member("y1", "y", 2, "2"));
        harness.pod(member("x2", "x", 2, "2")).pod(member("y2", "y", 2, "2"));
        for (int i = 0; i < 60; i++) {
            harness.run();
            harness.clock.advance(Duration.ofSeconds(1));
        }

        assertThat(harness.bound).hasSize(2);
        assertThat(harness.bound.keySet().stream().map(name -> name.charAt(0)).distinct())
                .hasSize(1);
    }

    @Test
    void shouldGiveBackThePlaceWhenTheOthersTakeTooLong() {
        harness.node(node("a"));
        harness.pod(member("x", "line", 2, "1"))
                .pod(member("gated", "line", 2, "1").gate("wait"));
        harness.run();
        assertThat(harness.cluster.node("a").requestedMilliCpu()).isEqualTo(1000);

        harness.clock.advance(Groups.HOLD);
        harness.scheduler.scheduleOne();

        assertThat(harness.bound).isEmpty();
        assertThat(harness.messages.get("x")).isEqualTo("held for too long by Groups");
    }

    @Test
    void shouldKeepGroupsOfTwoNamespacesApart() {
        harness.node(node("a"));
        harness.pod(member("x", "line", 2, "1")).pod(member("y", "line", 2, "1").namespace("other"));
        harness.run();

        assertThat(harness.bound).isEmpty();
    }
}
