package io.latencyscheduler.sandbox.http;

import io.latencyscheduler.sandbox.api.ApiFailure;
import java.util.List;
import java.util.Map;

/**
 * A request, read off the wire.
 *
 * @param segments the decoded path between the slashes
 * @param contentType without parameters, lower case
 * @param user who asks, as authenticated
 */
public record Request(
        String method,
        String path,
        List<String> segments,
        Map<String, List<String>> query,
        String accept,
        String contentType,
        byte[] body,
        User user) {

    /** The value of a query parameter; empty when absent. */
    public String parameter(String name) {
        List<String> values = query.get(name);
        return values == null || values.isEmpty() ? "" : values.get(0);
    }

    public boolean flag(String name) {
        String value = parameter(name);
        return value.equals("true") || value.equals("1");
    }

    /**
     * @return 0 when absent
     * @throws ApiFailure 400 when it is no non-negative integer
     */
    public long number(String name) {
        String value = parameter(name);
        if (value.isEmpty()) {
            return 0;
        }
        try {
            long number = Long.parseLong(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw ApiFailure.badRequest("invalid " + name + " '" + value + "': it must be a non-negative integer");
    }

    public boolean dryRun() {
        String value = parameter("dryRun");
        if (value.isEmpty()) {
            return false;
        }
        if (value.equals("All")) {
            return true;
        }
        throw ApiFailure.badRequest("dryRun '" + value + "' must be All");
    }
}
