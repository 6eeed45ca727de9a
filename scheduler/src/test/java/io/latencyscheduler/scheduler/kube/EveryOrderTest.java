package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.scheduler.kube.EveryOrder.Found;
import io.latencyscheduler.scheduler.kube.TwoSchedulers.Bounds;
import io.latencyscheduler.scheduler.kube.TwoSchedulers.Fault;
import io.latencyscheduler.scheduler.kube.TwoSchedulers.LeftOut;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The real queue, ledger and cycle in every order of what can reach them. With {@code -Dlatency-scheduler.test.faults=2}
 * two things go wrong in each of them, killed processes among them, which takes long.
 */
class EveryOrderTest {
    private static final int FAULTS = Integer.getInteger("latency-scheduler.test.faults", 1);

    private static Found search(Bounds bounds) {
        Found found = EveryOrder.search(() -> new TwoSchedulers(bounds));
        System.out.printf("%s: %,d worlds, %d happenings in a row at most%n", bounds, found.worlds(), found.longest());
        return found;
    }

    private static Set<Fault> kinds(Fault... ofAShortRun) {
        return FAULTS > 1 ? Set.of(Fault.values()) : Set.of(ofAShortRun);
    }

    @Test
    void shouldGiveOnePortToOnePodAtATimeAndPlaceBothInEveryOrder() {
        Set<Fault> kinds = kinds(Fault.TERM_ENDS);

        assertThat(search(new Bounds(1, List.of(1, 1), FAULTS, kinds, LeftOut.NOTHING))
                        .fault())
                .isEmpty();
    }

    @Test
    void shouldPlaceAPodForTwoPortsBesideOneForOneInEveryOrder() {
        Set<Fault> kinds = kinds(Fault.DELETED_UNPLACED, Fault.REQUEST_HELD_UP, Fault.KILLED);

        assertThat(search(new Bounds(2, List.of(2, 1), FAULTS, kinds, LeftOut.NOTHING))
                        .fault())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "LOOK_UP,   REQUEST_HELD_UP, 1",
        "PERMIT,    TERM_ENDS,       1",
        "SAME_TERM, TERM_ENDS,       2",
        "LIST,      TERM_ENDS,       1",
    })
    void shouldFindTheBreachOfARuleThatIsLeftOut(LeftOut rule, Fault fault, int times) {
        String found =
                search(new Bounds(1, List.of(1, 1), times, Set.of(fault), rule)).fault();

        assertThat(found).startsWith("port p0 is bound to ");
    }
}
