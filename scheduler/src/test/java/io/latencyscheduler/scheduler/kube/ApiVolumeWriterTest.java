package io.latencyscheduler.scheduler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.latencyscheduler.kube.ApiRequest;
import io.latencyscheduler.scheduler.framework.Verdict;
import io.latencyscheduler.scheduler.framework.VolumeWriter.Match;
import io.latencyscheduler.scheduler.framework.VolumeWriter.Provision;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiVolumeWriterTest {
    private static final Match MATCH = new Match("pv-1", "ns", "data", "claim-uid");

    private final Answers server = new Answers();
    private boolean leading = true;
    private final ApiVolumeWriter writer = new ApiVolumeWriter(server, () -> () -> leading, Runnable::run);

    private Verdict write(List<Match> matches, List<Provision> provisions) {
        return writer.write(matches, provisions).toCompletableFuture().join();
    }

    @Test
    void shouldGiveAFreeVolumeToTheClaimOnlyAsItWasRead() throws InterruptedException {
        server.then(200, "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{}}");

        assertThat(write(List.of(MATCH), List.of()).success()).isTrue();

        assertThat(server.next().method()).isEqualTo("GET");
        ApiRequest patch = server.next();
        assertThat(patch.method() + " " + patch.path()).isEqualTo("PATCH /api/v1/persistentvolumes/pv-1");
        assertThat(Answers.body(patch))
                .contains("\"resourceVersion\":\"7\"", "\"pv.kubernetes.io/bound-by-controller\":\"yes\"")
                .contains("\"name\":\"data\"", "\"uid\":\"claim-uid\"");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = ';',
            value = {
                "another claim; {\"namespace\":\"ns\",\"name\":\"other\"}",
                "the claim of another namespace; {\"namespace\":\"else\",\"name\":\"data\"}",
                "an earlier claim of that name; {\"namespace\":\"ns\",\"name\":\"data\",\"uid\":\"old\"}",
            })
    void shouldNotTakeAVolumeThatBelongsTo(String whom, String claimRef) throws InterruptedException {
        server.then(200, "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"claimRef\":" + claimRef + "}}");

        Verdict verdict = write(List.of(MATCH), List.of());

        assertThat(verdict.reason()).as(whom).contains("volume pv-1 belongs to claim");
        server.next();
        assertThat(server.gotNothingMore()).isTrue();
    }

    @Test
    void shouldChooseAndUnchooseTheNodeThatProvisions() throws InterruptedException {
        assertThat(write(List.of(), List.of(new Provision("ns", "data", "n1"), new Provision("ns", "logs", "")))
                        .success())
                .isTrue();

        assertThat(Answers.body(server.next())).contains("\"volume.kubernetes.io/selected-node\":\"n1\"");
        assertThat(Answers.body(server.next())).contains("\"volume.kubernetes.io/selected-node\":null");
    }

    @Test
    void shouldSayWhatTheServerRefused() {
        server.then(200, "{\"metadata\":{},\"spec\":{}}").then(409, "{\"message\":\"the object has been modified\"}");

        assertThat(write(List.of(MATCH), List.of()).reason()).contains("the object has been modified");
    }

    @Test
    void shouldWriteNothingOnceTheLeadershipHasEnded() {
        leading = false;

        assertThat(write(List.of(MATCH), List.of(new Provision("ns", "data", "n1")))
                        .rejects())
                .isTrue();
        assertThat(server.gotNothingMore()).isTrue();
    }
}
