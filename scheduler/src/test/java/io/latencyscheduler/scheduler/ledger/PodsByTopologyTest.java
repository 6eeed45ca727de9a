package io.latencyscheduler.scheduler.ledger;

import static io.latencyscheduler.scheduler.fake.Nodes.node;
import static io.latencyscheduler.scheduler.fake.Pods.pod;
import static io.latencyscheduler.scheduler.fake.Terms.HOST;
import static io.latencyscheduler.scheduler.fake.Terms.app;
import static io.latencyscheduler.scheduler.fake.Terms.far;
import static io.latencyscheduler.scheduler.fake.Terms.term;
import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.model.PodTerms;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the counts keep; what they say is compared with a walk by {@code CountsAgainstWalkTest}. */
class PodsByTopologyTest {
    private static final int NODES = 10;

    private final Cluster cluster = new Cluster();

    private static PodCount.Question question(String app) {
        PodTerms.Term term = new PodTerms.Term(app(app), Set.of("default"), null, HOST);
        return new PodCount.Question(List.of(term), true, NodeScope.ALL, HOST, true);
    }

    private void nodes() {
        for (int i = 0; i < NODES; i++) {
            cluster.putNode(node("n" + i).build());
        }
    }

    @Test
    void shouldMakeACountOnceAndKeepItUpToDate() {
        nodes();
        PodCount count = cluster.podsByTopology().count(question("web"));
        cluster.putPod(pod("p").label("app", "web").on("n3").info(), "n3");

        assertThat(cluster.podsByTopology().count(question("web"))).isSameAs(count);
        assertThat(count.pods().get("n3")).isEqualTo(1);
        assertThat(count.domains()).isEqualTo(NODES);
    }

    @Test
    void shouldCountAnAssumedPodUntilItIsForgotten() {
        nodes();
        PodCount count = cluster.podsByTopology().count(question("web"));
        cluster.assume(pod("p").label("app", "web").info(), "n3");
        assertThat(count.pods().get("n3")).isEqualTo(1);

        cluster.forget("uid-p");
        assertThat(count.pods().isEmpty()).isTrue();
    }

    @Test
    void shouldDropTheCountLeastRecentlyAskedForWhenTheyKeepTooMuch() {
        nodes();
        PodsByTopology topology = new PodsByTopology(cluster.nodes(), cluster.objects(), 2 * NODES);
        PodCount web = topology.count(question("web"));
        PodCount db = topology.count(question("db"));
        topology.count(question("web"));
        topology.count(question("cache"));

        assertThat(topology.count(question("web"))).isSameAs(web);
        assertThat(topology.count(question("db"))).isNotSameAs(db);
    }

    @Test
    void shouldKeepNoTermThatNoPodHas() {
        nodes();
        cluster.putPod(pod("p").affinity(far(term("web", HOST))).on("n1").info(), "n1");
        assertThat(cluster.podsByTopology().antiAffinity().isEmpty()).isFalse();

        cluster.removePod("uid-p");
        assertThat(cluster.podsByTopology().antiAffinity().isEmpty()).isTrue();
    }

    @Test
    void shouldCountNothingOnANodeThatIsGone() {
        nodes();
        PodCount count = cluster.podsByTopology().count(question("web"));
        cluster.putPod(
                pod("p").label("app", "web")
                        .affinity(far(term("web", HOST)))
                        .on("n1")
                        .info(),
                "n1");
        cluster.removeNode("n1");

        assertThat(count.pods().isEmpty()).isTrue();
        assertThat(count.domains()).isEqualTo(NODES - 1);
        assertThat(cluster.podsByTopology().antiAffinity().isEmpty()).isTrue();
    }
}
