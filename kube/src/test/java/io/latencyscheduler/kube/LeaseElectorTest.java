package io.latencyscheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two electors, one lease, and a clock that the test turns. */
class LeaseElectorTest {
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration RENEW = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final LeaseServer server = new LeaseServer();
    private long nowNs = 5_000_000_000L;
    private final Participant a = new Participant("a");
    private final Participant b = new Participant("b");

    /** The API server as far as one lease needs it. */
    private static final class LeaseServer implements Transport {
        ObjectNode lease;
        int version;
        boolean down;
        boolean losesAnswers;

        @Override
        public ApiResponse send(ApiRequest request) throws IOException {
            if (down) {
                throw new IOException("no route");
            }
            ApiResponse response = answer(request);
            if (losesAnswers) {
                throw new IOException("connection reset");
            }
            return response;
        }

        private ApiResponse answer(ApiRequest request) throws IOException {
            switch (request.method()) {
                case "GET" -> {
                    return lease == null ? new ApiResponse(404, new byte[0]) : new ApiResponse(200, Json.bytes(lease));
                }
                case "POST" -> {
                    if (lease != null) {
                        return new ApiResponse(409, "{\"reason\":\"AlreadyExists\"}".getBytes());
                    }
                }
                default -> {
                    String known = Json.tree(request.body())
                            .path("metadata")
                            .path("resourceVersion")
                            .asText();
                    if (!known.equals(Integer.toString(version))) {
                        return new ApiResponse(409, "{\"reason\":\"Conflict\"}".getBytes());
                    }
                }
            }
            lease = (ObjectNode) Json.tree(request.body());
            lease.withObject("/metadata").put("resourceVersion", Integer.toString(++version));
            return new ApiResponse(200, Json.bytes(lease));
        }
    }

    private final class Participant implements LeaseElector.Listener {
        final List<String> told = new ArrayList<>();
        final LeaseElector elector;

        Participant(String identity) {
            elector = new LeaseElector(
                    new LeaseSettings("ns", "lease", identity, LEASE, RENEW, RETRY),
                    server,
                    () -> Instant.EPOCH.plusNanos(nowNs),
                    () -> nowNs,
                    this);
        }

        @Override
        public void onStartedLeading(long term) {
            told.add("started " + term);
        }

        @Override
        public void onStoppedLeading() {
            told.add("stopped");
        }
    }

    private void pass(Duration time) {
        nowNs += time.toNanos();
    }

    @Test
    void shouldLeadWhoComesFirstAndKeepLeadingWhileItRenews() {
        a.elector.tick();
        b.elector.tick();
        for (int i = 0; i < 100; i++) {
            pass(RETRY);
            a.elector.tick();
            b.elector.tick();
            assertThat(a.elector.isLeading()).isTrue();
            assertThat(b.elector.isLeading()).isFalse();
        }
        assertThat(a.told).containsExactly("started 1");
        assertThat(b.told).isEmpty();
        assertThat(b.elector.holder()).isEqualTo("a");
    }

    @Test
    void shouldStopLeadingByItselfBeforeAnybodyMayTakeTheLease() {
        a.elector.tick();
        b.elector.tick();

        pass(RENEW.minusNanos(1));
        assertThat(a.elector.isLeading()).isTrue();
        pass(Duration.ofNanos(1));
        assertThat(a.elector.isLeading()).isFalse();

        b.elector.tick();
        assertThat(b.elector.isLeading()).isFalse();
        pass(LEASE.minus(RENEW));
        b.elector.tick();
        assertThat(b.elector.isLeading()).isTrue();
        assertThat(b.told).containsExactly("started 2");
    }

    @Test
    void shouldKnowAfterAFreezeThatItsTermIsOver() {
        a.elector.tick();
        b.elector.tick();
        pass(LEASE);
        b.elector.tick();

        assertThat(a.elector.isLeading(1)).isFalse();
        a.elector.tick();

        assertThat(a.told).containsExactly("started 1", "stopped");
        assertThat(a.elector.isLeading()).isFalse();
        assertThat(b.elector.isLeading(2)).isTrue();
    }

    @Test
    void shouldStopWhenTheServerCannotBeReachedAndLeadAgainInANewTerm() {
        a.elector.tick();
        server.down = true;
        for (int i = 0; i < 6; i++) {
            pass(RETRY);
            a.elector.tick();
        }
        assertThat(a.told).containsExactly("started 1", "stopped");

        server.down = false;
        a.elector.tick();

        assertThat(a.told).containsExactly("started 1", "stopped", "started 2");
        assertThat(a.elector.isLeading(1)).isFalse();
    }

    @Test
    void shouldNotCountARenewalWhoseAnswerWasLost() {
        a.elector.tick();
        pass(RETRY);
        server.losesAnswers = true;
        a.elector.tick();
        pass(RENEW.minus(RETRY));

        assertThat(a.elector.isLeading()).isFalse();
    }

    @Test
    void shouldGoOnLeadingWhenOneAnswerWasLostAndTheNextRenewalSucceeds() {
        a.elector.tick();
        pass(RETRY);
        server.losesAnswers = true;
        a.elector.tick();
        server.losesAnswers = false;
        pass(RETRY);
        a.elector.tick();
        pass(RENEW.minusNanos(1));

        assertThat(a.elector.isLeading(1)).isTrue();
        assertThat(a.told).containsExactly("started 1");
    }

    @Test
    void shouldTakeALeaseThatWasGivenBackAtOnce() {
        a.elector.tick();
        server.lease = LeaseClaim.released(server.lease, Instant.EPOCH);
        server.lease.withObject("/metadata").put("resourceVersion", Integer.toString(++server.version));

        b.elector.tick();

        assertThat(b.elector.isLeading()).isTrue();
    }

    @Test
    void shouldWaitTheLeasesOwnDurationWhenThatIsLonger() {
        a.elector.tick();
        server.lease.withObject("/spec").put("leaseDurationSeconds", 60);
        b.elector.tick();
        pass(Duration.ofSeconds(59));
        b.elector.tick();
        assertThat(b.elector.isLeading()).isFalse();
        pass(Duration.ofSeconds(1));
        b.elector.tick();
        assertThat(b.elector.isLeading()).isTrue();
    }

    @Test
    void shouldNotTrustTheTimesInsideALease() {
        a.elector.tick();
        server.lease.withObject("/spec").put("renewTime", "1999-01-01T00:00:00.000000Z");

        b.elector.tick();

        assertThat(b.elector.isLeading()).isFalse();
    }

    @Test
    void shouldLeaveOnlyOneLeaderWhenBothWriteAtOnce() {
        a.elector.tick();
        server.lease.withObject("/spec").put("holderIdentity", "");
        b.elector.tick();
        pass(RETRY);
        a.elector.tick();

        assertThat(List.of(a.elector.isLeading(), b.elector.isLeading())).containsExactly(false, true);
    }

    @Test
    void shouldRefuseTimesThatCannotExcludeTwoLeaders() {
        assertThatThrownBy(() -> new LeaseSettings("n", "l", "i", RENEW, LEASE, RETRY))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LeaseSettings("n", "l", "i", LEASE, RENEW, LEASE))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
