package io.latencyscheduler.dataplane.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.dataplane.paths.ProbePlanner.Peer;
import io.latencyscheduler.kube.ApiResponse;
import io.latencyscheduler.kube.ObjectClient;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerDirectoryTest {
    private static final Map<String, String> NODES = Map.of("a", "10.0.0.1", "b", "", "c", "10.0.0.3", "d", "10.0.0.4");

    @Test
    void shouldMeasureToTheNextTwoRoundTheRingPastThoseWithoutAddress() {
        assertThat(PeerDirectory.next(NODES, "a")).extracting(Peer::node).containsExactly("c", "d");
        assertThat(PeerDirectory.next(NODES, "c")).extracting(Peer::node).containsExactly("d", "a");
        assertThat(PeerDirectory.next(NODES, "d"))
                .containsExactly(new Peer("a", "10.0.0.1"), new Peer("c", "10.0.0.3"));
    }

    @Test
    void shouldMeasureToNobodyWhereItIsAlone() {
        assertThat(PeerDirectory.next(Map.of("a", "10.0.0.1"), "a")).isEmpty();
    }

    @Test
    void shouldTakeTheInternalAddressesAndAskTheServerOnceInAWhile() {
        int[] asked = {0};
        PeerDirectory directory = new PeerDirectory(
                new ObjectClient(request -> {
                    asked[0]++;
                    return new ApiResponse(200, """
                            {"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"},"status":{"addresses":[
                             {"type":"Hostname","address":"b"},{"type":"InternalIP","address":"10.0.0.2"}]}}]}""".getBytes(StandardCharsets.UTF_8));
                }),
                "a");

        assertThat(directory.current()).containsExactly(new Peer("b", "10.0.0.2"));
        assertThat(directory.current()).containsExactly(new Peer("b", "10.0.0.2"));
        assertThat(asked[0]).isEqualTo(1);
    }
}
