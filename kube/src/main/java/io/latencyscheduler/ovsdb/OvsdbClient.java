package io.latencyscheduler.ovsdb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.latencyscheduler.kube.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** Single questions to an Open vSwitch database, each over a connection of its own. Thread-safe. */
public final class OvsdbClient {
    private final Path socket;
    private final Duration timeout;

    public OvsdbClient(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    /**
     * The {@code result} of a transaction.
     *
     * @param params the database's name and the operations: a JSON array
     * @throws java.net.ConnectException when nobody listens
     * @throws java.io.InterruptedIOException when the answer takes longer than the timeout
     * @throws IOException when the connection breaks or the database refuses
     */
    public JsonNode transact(String params) throws IOException {
        try (OvsdbConnection connection = OvsdbConnection.open(socket, timeout, update -> {}, () -> {})) {
            return connection.call("transact", (ArrayNode) Json.tree(params));
        }
    }
}
