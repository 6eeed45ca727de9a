package io.latencyscheduler.scheduler.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServingCertificateTest {
    private static final List<String> NAMES = List.of("webhook.tsn.svc", "127.0.0.1");
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final ServingCertificate issued = ServingCertificate.issue(NAMES, NOW, Duration.ofDays(90));

    @Test
    void shouldBeSignedByAnAuthorityThatMaySignNothingButIt() throws Exception {
        X509Certificate authority =
                ServingCertificate.certificates(issued.authority()).get(0);

        assertThatCode(() -> issued.x509().verify(authority.getPublicKey())).doesNotThrowAnyException();
        assertThat(authority.getBasicConstraints()).isZero();
        assertThat(issued.x509().getBasicConstraints()).isEqualTo(-1);
        assertThat(issued.privateKey().getAlgorithm()).isEqualTo("EC");
    }

    @Test
    void shouldBeRenewedAfterTwoThirdsOfItsTimeOrForOtherNames() {
        assertThat(issued.fresh(NAMES, NOW.plus(Duration.ofDays(59)))).isTrue();
        assertThat(issued.fresh(NAMES, NOW.plus(Duration.ofDays(61)))).isFalse();
        assertThat(issued.fresh(List.of("127.0.0.1", "webhook.tsn.svc"), NOW)).isTrue();
        assertThat(issued.fresh(List.of("webhook.tsn.svc"), NOW)).isFalse();
    }

    @Test
    void shouldBeMadeAnewWhereThereIsNoneOrItCannotBeRead() {
        assertThat(new ServingCertificate("", "", "").fresh(NAMES, NOW)).isFalse();
        assertThat(new ServingCertificate(issued.authority(), "-----BEGIN CERTIFICATE-----", issued.key())
                        .fresh(NAMES, NOW))
                .isFalse();
        assertThat(new ServingCertificate(issued.authority(), issued.certificate(), "no key").fresh(NAMES, NOW))
                .isFalse();
    }
}
