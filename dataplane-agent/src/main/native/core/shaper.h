/*
 * Credit-based shaper of one class (IEEE 802.1Q clause 8.6.8.2) under gates: credit moves only while the gate is open,
 * and idleSlope is scaled by cycle / open time. Inside the core only.
 *
 * Credit is in bits * 10^9 (bit/s times ns), so that no rounding happens.
 */
#ifndef TSN_CORE_SHAPER_H
#define TSN_CORE_SHAPER_H

#include "core/gates.h"

struct tsn_shaper {
    uint64_t admin_idle_slope_bps; /* 0: no shaper */
    uint64_t idle_slope_bps;       /* scaled: operIdleSlope */
    uint64_t link_rate_bps;
    int64_t credit;
    int64_t updated_ns;
};

/* Takes over the slope for the running gate list. */
void tsn_shaper_scale(struct tsn_shaper *shaper, const struct tsn_gates *gates, unsigned traffic_class);

/*
 * Lets time pass up to to_ns, within the present segment of the gates. waiting_since_ns is when the first waiting frame
 * became ready; TSN_NEVER: none waits.
 */
void tsn_shaper_run(struct tsn_shaper *shaper, bool open, int64_t to_ns, int64_t waiting_since_ns);

/* Like run, for open_ns of open time in one go, during which nothing changed. */
void tsn_shaper_skip(struct tsn_shaper *shaper, int64_t open_ns, int64_t to_ns, bool waiting);

/* A frame starts and takes wire_ns; credit must not be negative. */
void tsn_shaper_transmit(struct tsn_shaper *shaper, int64_t start_ns, int64_t wire_ns);

/* Open time until a frame may start; 0: now. */
int64_t tsn_shaper_wait_ns(const struct tsn_shaper *shaper);

#endif
