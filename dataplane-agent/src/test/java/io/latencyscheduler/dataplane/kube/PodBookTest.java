package io.latencyscheduler.dataplane.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.contract.Allocation;
import io.latencyscheduler.contract.Keys;
import io.latencyscheduler.dataplane.control.Desired.IgnoredAllocation;
import io.latencyscheduler.dataplane.plan.BoundPod;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PodBookTest {
    private final PodBook book = new PodBook();

    private static String allocation(String... interfaces) {
        return Json.text(new Allocation(Allocation.VERSION, "uid-p", null, List.of(interfaces), List.of()));
    }

    private void see(String allocation, String phase) throws IOException {
        book.put(pod(allocation, phase));
    }

    private static PodObject pod(String allocation, String phase) throws IOException {
        ObjectNode pod = Json.object();
        ObjectNode metadata = pod.putObject("metadata")
                .put("name", "p")
                .put("namespace", "default")
                .put("uid", "uid-p")
                .put("resourceVersion", "7");
        if (allocation != null) {
            metadata.putObject("annotations").put(Keys.ALLOCATION, allocation);
        }
        pod.putObject("status").put("phase", phase);
        return Json.read(pod, PodObject.class);
    }

    @Test
    void shouldKeepWhatAPodWasBoundWithWhenTheAnnotationIsRewritten() throws IOException {
        see(allocation("a"), "Pending");

        see(allocation("a", "b"), "Running");

        assertThat(book.bound())
                .singleElement()
                .satisfies(pod -> assertThat(pod.allocation().interfaces()).containsExactly("a"));
        assertThat(book.ignored())
                .extracting(IgnoredAllocation::sentence)
                .containsExactly("latency-scheduler.io/allocation: the annotation was changed after the pod was bound;"
                        + " what it was bound with still counts");
    }

    @Test
    void shouldGiveNothingToAPodThatWasBoundWithoutAnAllocation() throws IOException {
        see(null, "Running");

        see(allocation("a"), "Running");

        assertThat(book.bound()).isEmpty();
        assertThat(book.hasAllocation("uid-p")).isFalse();
        assertThat(book.ignored()).hasSize(1);
    }

    @Test
    void shouldSayNoMoreOnceTheAnnotationIsAsItWas() throws IOException {
        see(allocation("a"), "Running");
        see(null, "Running");
        assertThat(book.ignored()).hasSize(1);

        see(allocation("a"), "Running");

        assertThat(book.ignored()).isEmpty();
    }

    @Test
    void shouldFreeWhatAPodHeldWhenItEndsAlsoWithoutItsAnnotation() throws IOException {
        see(allocation("a"), "Running");

        see(null, "Succeeded");

        assertThat(book.bound()).extracting(BoundPod::terminated).containsExactly(true);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "null",
                "[]",
                "{}",
                "{\"version\":1}",
                "{\"version\":1,\"podUid\":\"uid-p\",\"streams\":[{}]}"
            })
    void shouldIgnoreWhatIsNoAllocationAndLeaveTheNodeAsItIs(String text) throws IOException {
        see(text, "Running");

        assertThat(book.bound()).isEmpty();
        assertThat(book.ignored())
                .hasSize(1)
                .allSatisfy(ignored -> assertThat(ignored.sentence()).doesNotContain("\n"));
        assertThat(book.hasAllocation("uid-p")).isTrue();
    }

    @Test
    void shouldForgetAPodThatIsGone() throws IOException {
        see(allocation("a"), "Running");

        book.remove(pod(allocation("a"), "Running"));
        see(null, "Running");

        assertThat(book.bound()).isEmpty();
        assertThat(book.ignored()).isEmpty();
        assertThat(book.uid("default", "p")).isEqualTo("uid-p");
    }
}
