package io.latencyscheduler.scheduler.admission;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate for the webhook, signed by an authority that signs nothing else: its key is forgotten at once.
 *
 * @param authority the authority's certificate in PEM
 * @param certificate the webhook's in PEM
 * @param key its private key, PKCS #8 in PEM
 */
record ServingCertificate(String authority, String certificate, String key) {
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(5);
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final int SERIAL_BITS = 128;
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    /** Makes one for these DNS names and IP addresses. */
    static ServingCertificate issue(Collection<String> names, Instant now, Duration validity) {
        try {
            KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
            keys.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair authorityKeys = keys.generateKeyPair();
            X500Name authorityName = new X500Name("CN=latency-scheduler webhook authority " + now.getEpochSecond());
            Date from = Date.from(now.minus(CLOCKS_DIFFER));
            Date until = Date.from(now.plus(validity));
            var authority = new JcaX509v3CertificateBuilder(
                            authorityName, serial(), from, until, authorityName, authorityKeys.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            KeyPair own = keys.generateKeyPair();
            var certificate = new JcaX509v3CertificateBuilder(
                            authorityName,
                            serial(),
                            from,
                            until,
                            new X500Name("CN=latency-scheduler webhook"),
                            own.getPublic())
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
                    .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                    .addExtension(
                            Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                    .addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(names.stream()
                                    .map(ServingCertificate::generalName)
                                    .toArray(GeneralName[]::new)));
            var signer = new JcaContentSignerBuilder(SIGNATURE).build(authorityKeys.getPrivate());
            return new ServingCertificate(
                    pem(authority.build(signer)),
                    pem(certificate.build(signer)),
                    "-----BEGIN PRIVATE KEY-----\n"
                            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                    .encodeToString(own.getPrivate().getEncoded())
                            + "\n-----END PRIVATE KEY-----\n");
        } catch (GeneralSecurityException | OperatorCreationException | IOException impossible) {
            throw new IllegalStateException("no certificate can be made: " + impossible.getMessage(), impossible);
        }
    }

    private static BigInteger serial() {
        return new BigInteger(SERIAL_BITS, new SecureRandom());
    }

    private static GeneralName generalName(String name) {
        return new GeneralName(isAddress(name) ? GeneralName.iPAddress : GeneralName.dNSName, name);
    }

    private static boolean isAddress(String name) {
        return name.matches("[0-9.]+|.*:.*");
    }

    private static String pem(Object certificate) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(certificate);
        }
        return text.toString();
    }

    /** The certificate. */
    X509Certificate x509() throws GeneralSecurityException {
        return certificates(certificate).stream()
                .findFirst()
                .orElseThrow(() -> new CertificateException("there is none"));
    }

    /** Certificates in PEM, one behind the other. */
    static List<X509Certificate> certificates(String pem) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))
                .stream()
                .map(X509Certificate.class::cast)
                .toList();
    }

    /** The private key. */
    PrivateKey privateKey() throws GeneralSecurityException {
        String base64 = key.replaceAll("-----[A-Z ]+-----|\\s", "");
        return KeyFactory.getInstance("EC")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
    }

    /** Whether it is good for these names, and two thirds of its time are not over. */
    boolean fresh(Collection<String> names, Instant now) {
        try {
            X509Certificate own = x509();
            Instant from = own.getNotBefore().toInstant();
            Duration life = Duration.between(from, own.getNotAfter().toInstant());
            privateKey();
            return now.isBefore(from.plus(life.multipliedBy(2).dividedBy(3)))
                    && namesOf(own).equals(new TreeSet<>(names));
        } catch (GeneralSecurityException | IllegalArgumentException unreadable) {
            return false;
        }
    }

    private static Set<String> namesOf(X509Certificate certificate) throws GeneralSecurityException {
        Set<String> names = new TreeSet<>();
        var alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            for (List<?> name : alternatives) {
                if (Integer.valueOf(DNS_NAME).equals(name.get(0))
                        || Integer.valueOf(IP_ADDRESS).equals(name.get(0))) {
                    names.add(String.valueOf(name.get(1)));
                }
            }
        }
        return names;
    }
}
