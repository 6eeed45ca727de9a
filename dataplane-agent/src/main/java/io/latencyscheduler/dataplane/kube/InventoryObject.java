package io.latencyscheduler.dataplane.kube;

import io.latencyscheduler.contract.NodeInventory;
import io.latencyscheduler.kube.Meta;
import org.jspecify.annotations.Nullable;

/** What the agent reads of its node's NodeInventory. */
record InventoryObject(Metadata metadata, @Nullable NodeInventory spec) {
    record Metadata(String name, String uid, String resourceVersion) {}

    Meta meta() {
        return new Meta(metadata.name(), metadata.uid(), metadata.resourceVersion());
    }
}
