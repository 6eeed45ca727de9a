package io.latencyscheduler.ovsdb;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Cuts a stream of JSON objects that follow one another without a separator, as JSON-RPC over a stream has them. */
final class JsonMessages {
    private final int maxBytes;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private int depth;
    private boolean inString;
    private boolean escaped;

    JsonMessages(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * The objects completed by these bytes.
     *
     * @throws IOException when one grows beyond the limit
     */
    List<String> add(ByteBuffer bytes) throws IOException {
        List<String> complete = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (depth == 0 && next != '{') {
                continue;
            }
            message.write(next);
            if (message.size() > maxBytes) {
                throw new IOException("the answer is longer than " + maxBytes + " bytes");
            }
            follow(next);
            if (depth == 0) {
                complete.add(message.toString(StandardCharsets.UTF_8));
                message.reset();
            }
        }
        return complete;
    }

    private void follow(byte next) {
        if (escaped) {
            escaped = false;
        } else if (inString) {
            escaped = next == '\\';
            inString = next != '"';
        } else if (next == '"') {
            inString = true;
        } else if (next == '{' || next == '[') {
            depth++;
        } else if (next == '}' || next == ']') {
            depth--;
        }
    }
}
