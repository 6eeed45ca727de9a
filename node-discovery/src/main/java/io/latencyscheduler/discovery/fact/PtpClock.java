package io.latencyscheduler.discovery.fact;

import org.jspecify.annotations.Nullable;

/**
 * A PTP hardware clock.
 *
 * @param name such as {@code ptp0}
 * @param clockName what its driver calls it
 * @param device the device it belongs to; null for a virtual clock
 */
public record PtpClock(
        String name, String clockName, @Nullable String device) {}
