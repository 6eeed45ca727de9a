package io.latencyscheduler.kube;

import com.google.gson.Gson;
import io.kubernetes.client.openapi.JSON;
import java.time.LocalDate;
import java.time.OffsetDateTime;

/**
 * Makes the official client's typed models accept fields they do not know.
 *
 * <p>As generated, they refuse any such field: a pod of a newer API server cannot be read, and a successful bind throws
 * because the server answers with a Status (kubernetes-client/java issues 3428, 3980, 4809). The setting is static.
 */
public final class LenientJson {
    private LenientJson() {}

    /** To be called before any model is read. Idempotent, thread-safe. */
    public static synchronized void install() {
        Gson generated = JSON.getGson();
        JSON.setGson(JSON.createGson()
                .registerTypeAdapter(OffsetDateTime.class, generated.getAdapter(OffsetDateTime.class))
                .registerTypeAdapter(LocalDate.class, generated.getAdapter(LocalDate.class))
                .registerTypeAdapter(byte[].class, generated.getAdapter(byte[].class))
                .create());
    }
}
