package io.latencyscheduler.discovery.host;

import io.latencyscheduler.discovery.fact.Problem;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects what one scan had to skip. Used by one thread. */
final class Skipped {
    private final List<Problem> problems = new ArrayList<>();
    private final Set<String> devices = new LinkedHashSet<>();

    /** A device that is there but could not be read. */
    void device(String source, String name, String reason) {
        devices.add(name);
        problems.add(new Problem(source, name, "skipped: " + reason));
    }

    /** A source, or a part of one, that could not be read. */
    void source(String source, String subject, String reason) {
        problems.add(new Problem(source, subject, reason));
    }

    List<Problem> problems() {
        return List.copyOf(problems);
    }

    Set<String> devices() {
        return Set.copyOf(devices);
    }
}
