/*
 * A device's own clock, for launch times in hardware. Reading it crosses the bus, so it is read now and then and
 * extrapolated by the cycle counter in between. Built against RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP; untested on hardware.
 */
#ifndef TSN_PORT_DPDK_LAUNCH_CLOCK_H
#define TSN_PORT_DPDK_LAUNCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct tsn_launch_clock {
    uint16_t port;
    uint64_t anchor_cycles;
    uint64_t anchor_ticks;
    uint64_t first_cycles; /* of the rate measurement */
    uint64_t first_ticks;
    double ticks_per_cycle;
    double ticks_per_ns;
};

/* Measures the device's rate for 20 ms. False when the device has no clock that can be read. */
bool tsn_launch_clock_init(struct tsn_launch_clock *clock, uint16_t port);

/* What the device's clock will say in lead_ns. Reads it again when the last reading is older than 10 ms. */
uint64_t tsn_launch_clock_ticks(struct tsn_launch_clock *clock, int64_t lead_ns);

#endif
