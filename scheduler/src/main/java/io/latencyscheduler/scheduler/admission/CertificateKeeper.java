package io.latencyscheduler.scheduler.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.latencyscheduler.kube.ApiFailure;
import io.latencyscheduler.kube.ObjectClient;
import io.latencyscheduler.kube.Patch;
import io.latencyscheduler.kube.Resource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the webhook's certificate: in a Secret that all replicas share, and its authority in the webhook's configuration.
 * Each replica runs this; of two that renew at once the API server takes one, and the other reads it. Not thread-safe.
 *
 * <p>The configuration names the authority of the certificate before, too, and names the new one before it is used: no
 * request fails meanwhile.
 */
final class CertificateKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateKeeper.class);
    private static final Resource SECRETS = new Resource("", "v1", "secrets", true);
    private static final Resource CONFIGURATIONS =
            new Resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", false);
    private static final String AUTHORITY = "ca.crt";
    private static final String CERTIFICATE = "tls.crt";
    private static final String KEY = "tls.key";
    private static final int CONFLICT = 409;

    private final ObjectClient objects;
    private final Where where;
    private final InstantSource clock;
    private final Consumer<ServingCertificate> use;

    /**
     * Where it lies.
     *
     * @param secret name of the Secret, which exists
     * @param configuration name of the MutatingWebhookConfiguration; empty: somebody else fills in the authority
     * @param names DNS names and addresses by which the API server calls the webhook
     * @param validity of a new certificate; it is renewed after two thirds
     */
    record Where(String namespace, String secret, String configuration, List<String> names, Duration validity) {
        Where {
            names = List.copyOf(names);
        }
    }

    /** {@code use}: told of the certificate to serve, at each pass. */
    CertificateKeeper(ObjectClient objects, Where where, InstantSource clock, Consumer<ServingCertificate> use) {
        this.objects = objects;
        this.where = where;
        this.clock = clock;
        this.use = use;
    }

    /** One pass; ends at the same state however often it is made. */
    void pass() throws IOException {
        ObjectNode secret = objects.get(SECRETS, where.namespace(), where.secret())
                .orElseThrow(() -> new IOException(
                        "Secret " + where.namespace() + "/" + where.secret() + " must exist: the chart" + " makes it"));
        ServingCertificate stored = read(secret);
        if (!stored.fresh(where.names(), clock.instant())) {
            Optional<ServingCertificate> renewed = renew(secret, stored);
            if (renewed.isEmpty()) {
                return; // another replica was faster; the next pass reads its
            }
            stored = renewed.get();
        }
        if (!where.configuration().isEmpty()) {
            publish(stored.authority());
        }
        use.accept(stored);
    }

    private static ServingCertificate read(ObjectNode secret) {
        return new ServingCertificate(field(secret, AUTHORITY), field(secret, CERTIFICATE), field(secret, KEY));
    }

    private static String field(ObjectNode secret, String name) {
        try {
            return new String(
                    Base64.getDecoder().decode(secret.path("data").path(name).asText("")), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            return "";
        }
    }

    private Optional<ServingCertificate> renew(ObjectNode secret, ServingCertificate before) throws IOException {
        Instant now = clock.instant();
        ServingCertificate issued = ServingCertificate.issue(where.names(), now, where.validity());
        ServingCertificate next = new ServingCertificate(
                issued.authority() + lastAuthority(before.authority(), now), issued.certificate(), issued.key());
        ObjectNode data = secret.withObjectProperty("data");
        data.put(AUTHORITY, base64(next.authority()));
        data.put(CERTIFICATE, base64(next.certificate()));
        data.put(KEY, base64(next.key()));
        try {
            objects.replace(SECRETS, where.namespace(), where.secret(), secret);
        } catch (ApiFailure refused) {
            if (refused.status() == CONFLICT) {
                return Optional.empty();
            }
            throw refused;
        }
        LOG.info("webhook: a new certificate for {}, valid for {}", where.names(), where.validity());
        return Optional.of(next);
    }

    /** The authority that replicas may still be serving under; empty when it is over, or none. */
    private static String lastAuthority(String bundle, Instant now) {
        int end = bundle.indexOf("-----END CERTIFICATE-----");
        if (end < 0) {
            return "";
        }
        String first = bundle.substring(0, bundle.indexOf('\n', end) + 1);
        try {
            return ServingCertificate.certificates(first)
                            .get(0)
                            .getNotAfter()
                            .toInstant()
                            .isAfter(now)
                    ? first
                    : "";
        } catch (GeneralSecurityException unreadable) {
            return "";
        }
    }

    private void publish(String authority) throws IOException {
        ObjectNode configuration = objects.get(CONFIGURATIONS, "", where.configuration())
                .orElseThrow(() -> new IOException(
                        "MutatingWebhookConfiguration " + where.configuration() + " must exist: the chart makes it"));
        String bundle = base64(authority);
        Patch.Operations changes = Patch.operations();
        boolean differs = false;
        JsonNode webhooks = configuration.path("webhooks");
        for (int i = 0; i < webhooks.size(); i++) {
            if (!webhooks.get(i).at("/clientConfig/caBundle").asText("").equals(bundle)) {
                differs = true;
                changes.test(
                                "/webhooks/" + i + "/name",
                                webhooks.get(i).path("name").asText())
                        .add("/webhooks/" + i + "/clientConfig/caBundle", bundle);
            }
        }
        if (differs) {
            objects.patch(CONFIGURATIONS, "", where.configuration(), changes.build());
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
