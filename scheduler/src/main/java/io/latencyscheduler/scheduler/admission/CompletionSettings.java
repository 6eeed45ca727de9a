package io.latencyscheduler.scheduler.admission;

import io.latencyscheduler.scheduler.config.SchedulerConfig;
import io.latencyscheduler.scheduler.plugin.TierSettings;

/**
 * What a completed pod gets where it says nothing itself.
 *
 * @param schedulerName {@code spec.schedulerName}
 * @param tiers which latency asks for a port of one's own
 * @param runDirectory the agents' run directory on the nodes
 * @param libraryDirectory where the agents put libtsnsocket.so on the nodes; empty: nothing is preloaded
 * @param network NetworkAttachmentDefinition for Multus, {@code name} or {@code namespace/name}; empty: none
 * @param extendedResource whether {@link PodCompletion#EXTENDED_RESOURCE} is asked for: a device plugin must offer it
 * @param hugepages resource and amount, such as {@code hugepages-2Mi=256Mi}
 * @param cpus whole CPUs of the container that drives the ports
 * @param memory its memory
 */
public record CompletionSettings(
        String schedulerName,
        TierSettings tiers,
        String runDirectory,
        String libraryDirectory,
        String network,
        boolean extendedResource,
        String hugepages,
        int cpus,
        String memory) {
    /** The settings that the configuration asks for. */
    static CompletionSettings of(SchedulerConfig config) {
        SchedulerConfig.Webhook webhook = config.webhook();
        return new CompletionSettings(
                config.name(),
                config.tiers(),
                webhook.runDirectory(),
                webhook.libraryDirectory(),
                webhook.network(),
                webhook.extendedResource(),
                webhook.hugepages(),
                webhook.cpus(),
                webhook.memory());
    }
}
