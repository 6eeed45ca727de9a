package io.latencyscheduler.sandbox.http;

import io.latencyscheduler.sandbox.api.ResourceType;
import io.latencyscheduler.sandbox.registry.Registry;

/** Chooses the form of the answer. */
final class Renderings {
    private Renderings() {}

    static Rendering of(Registry registry, ResourceType type, Request request) {
        return Rendering.plain(registry, type);
    }
}
