package io.latencyscheduler.scheduler.admission;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Serves the certificate that was named last; connections that are open keep theirs. Thread-safe. */
final class SwitchingKeys extends X509ExtendedKeyManager {
    private volatile @Nullable Current current;

    private record Current(String alias, X509Certificate certificate, PrivateKey key) {}

    void use(ServingCertificate next) {
        try {
            X509Certificate certificate = next.x509();
            // TLS sessions remember the alias: another certificate has another one.
            current = new Current(certificate.getSerialNumber().toString(), certificate, next.privateKey());
        } catch (GeneralSecurityException unreadable) {
            throw new IllegalStateException(
                    "the webhook's certificate cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    boolean ready() {
        return current != null;
    }

    private @Nullable String alias(String keyType) {
        Current now = current;
        return now != null && keyType.equals("EC") ? now.alias() : null;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(keyType);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(keyType);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        String alias = alias(keyType);
        return alias == null ? null : new String[] {alias};
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        Current now = current;
        return now == null || !now.alias().equals(alias) ? null : new X509Certificate[] {now.certificate()};
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        Current now = current;
        return now == null || !now.alias().equals(alias) ? null : now.key();
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }
}
