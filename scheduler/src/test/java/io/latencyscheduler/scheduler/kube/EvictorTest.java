package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.kube.ApiVersions;
import io.latencyscheduler.scheduler.fake.FakeClock;
import io.latencyscheduler.scheduler.fake.Pods;
import io.latencyscheduler.scheduler.model.PodInfo;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvictorTest {
    private static final PodInfo VICTIM = Pods.pod("web").uid("uid-1").on("n1").info();

    private final Answers server = new Answers();
    private Evictor evictor = evictor("policy/v1");

    private Evictor evictor(String policy) {
        return new Evictor(server, new ApiVersions("v1", Set.of(policy)), Answers.alone(), new FakeClock());
    }

    @AfterEach
    void close() {
        evictor.close();
    }

    @Test
    void shouldSayWhyBeforeItDeletesAVictimByItsUid() throws InterruptedException {
        evictor.preempt(VICTIM);

        ApiRequest condition = server.next();
        assertThat(condition.method() + " " + condition.path())
                .isEqualTo("PATCH /api/v1/namespaces/default/pods/web/status");
        assertThat(Answers.body(condition)).contains("DisruptionTarget", "PreemptionByScheduler", "\"uid\":\"uid-1\"");
        ApiRequest deletion = server.next();
        assertThat(deletion.method() + " " + deletion.path()).isEqualTo("DELETE /api/v1/namespaces/default/pods/web");
        assertThat(Answers.body(deletion)).contains("\"preconditions\":{\"uid\":\"uid-1\"}");
    }

    @Test
    void shouldLeaveAVictimAloneWhoseNameBelongsToAnotherPodNow() throws InterruptedException {
        server.then(409, "{}");
        evictor.preempt(VICTIM);
        server.next();
        evictor.evict(Pods.pod("other").uid("uid-2").info());

        assertThat(server.next().path()).as("no deletion in between").endsWith("/pods/other/eviction");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"policy/v1", "policy/v1beta1"})
    void shouldEvictInTheVersionTheServerHas(String policy) throws InterruptedException {
        evictor.close();
        evictor = evictor(policy);
        evictor.evict(VICTIM);

        ApiRequest eviction = server.next();
        assertThat(eviction.path()).isEqualTo("/api/v1/namespaces/default/pods/web/eviction");
        assertThat(Answers.body(eviction))
                .contains("\"apiVersion\":\"" + policy + "\"", "\"preconditions\":{\"uid\":\"uid-1\"}");
    }

    @Test
    void shouldAskAgainWhileTheDisruptionBudgetIsSpent() throws InterruptedException {
        server.then(429, "{}").then(429, "{}");
        evictor.evict(VICTIM);

        for (int i = 0; i < 3; i++) {
            assertThat(server.next().path()).endsWith("/pods/web/eviction");
        }
    }
}
