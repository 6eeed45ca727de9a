package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.scheduler.fake.Harness;
import io.latencyscheduler.scheduler.fake.Nodes;
import io.latencyscheduler.scheduler.fake.Pods;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LabelProjectorTest {
    private final Answers server = new Answers();
    private final Harness harness = new Harness();
    private LabelProjector projector = new LabelProjector(server, Answers.alone(), Duration.ZERO);

    @AfterEach
    void close() {
        projector.close();
    }

    private ApiRequest written() throws InterruptedException {
        projector.project(harness.cluster, false);
        return server.next();
    }

    @Test
    void shouldShowTheFreePortsOfANodeThatHasNoLabelYet() throws InterruptedException {
        harness.dpdkNode("n1", "p0", "p1");

        ApiRequest patch = written();

        assertThat(patch.path()).endsWith("/nodes/n1");
        assertThat(Answers.body(patch))
                .contains("{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"uid-n1\"}")
                .contains("{\"op\":\"add\",\"path\":\"/metadata/labels/dpdk\",\"value\":\"2\"}");
    }

    @Test
    void shouldTestTheValueThatItReplaces() throws InterruptedException {
        harness.node(Nodes.node("n1").label("dpdk", "2"));
        harness.inbox().inventory("n1", Nodes.inventory("n1", false, "p0", "p1"));
        harness.pod(Pods.pod("a").ask("interfaces", "1")).run();

        assertThat(Answers.body(written()))
                .contains("{\"op\":\"test\",\"path\":\"/metadata/labels/dpdk\",\"value\":\"2\"}")
                .contains("{\"op\":\"replace\",\"path\":\"/metadata/labels/dpdk\",\"value\":\"1\"}");
    }

    @Test
    void shouldKeepTheAdoptedTotalOfAHandLabelledNode() throws InterruptedException {
        harness.node(Nodes.node("n1").label("dpdk", "3").annotation("any", "thing"));

        assertThat(Answers.body(written()))
                .contains(
                        "{\"op\":\"add\",\"path\":\"/metadata/annotations/latency-scheduler.io~1dpdk-total\",\"value\":\"3\"}")
                .doesNotContain("labels");
    }

    @Test
    void shouldWriteNothingWhereTheLabelIsRightOrTheNodeHasNoPorts() throws InterruptedException {
        harness.node(Nodes.node("right").label("dpdk", "1").annotation("latency-scheduler.io/dpdk-total", "1"));
        harness.node(Nodes.node("plain"));
        projector.project(harness.cluster, false);
        harness.dpdkNode("last", "p0");

        assertThat(written().path()).endsWith("/nodes/last");
        assertThat(server.gotNothingMore()).isTrue();
    }

    @Test
    void shouldGatherANodesChangesForTenTimesAsLongWhileManyPodsWait() {
        Duration debounce = Duration.ofMillis(500);

        assertThat(LabelProjector.delay(debounce, false)).isEqualTo(debounce);
        assertThat(LabelProjector.delay(debounce, true)).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void shouldTryAgainWhatGotNoAnswer() throws InterruptedException {
        server.then(Answers.RESET, "").then(503, "{}");
        harness.dpdkNode("n1", "p0");

        String first = Answers.body(written());

        assertThat(Answers.body(server.next())).as("after the reset").isEqualTo(first);
        assertThat(Answers.body(server.next())).as("after the 503").isEqualTo(first);
        assertThat(projector.dropped()).isZero();
    }

    @Test
    void shouldWriteOnceItLeadsWhatItCouldNotWriteBefore() throws InterruptedException {
        Leadership notYet = new Leadership(null);
        projector = new LabelProjector(server, notYet, Duration.ZERO);
        harness.dpdkNode("n1", "p0");
        projector.project(harness.cluster, false);
        notYet.start(null, () -> java.util.concurrent.CompletableFuture.completedFuture(null), placing -> {});

        // The write that found no leadership comes back with one of the next rounds, whichever thread was faster.
        ApiRequest patch = null;
        while (patch == null) {
            projector.project(harness.cluster, false);
            patch = server.gotNothingMore() ? null : server.next();
        }
        assertThat(patch.path()).endsWith("/nodes/n1");
    }
}
