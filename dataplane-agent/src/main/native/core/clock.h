/*
 * Clock arithmetic: cycle counter to TAI. Pure: samples are passed in; the caller reads the counters.
 *
 * The counter's rate is measured against CLOCK_MONOTONIC (never taken from rte_get_tsc_hz(), seen 0.15 % off: 1.5 us per
 * ms). TAI = MONOTONIC + (REALTIME - MONOTONIC) + (TAI - UTC); the last is stated, since CLOCK_TAI equals
 * CLOCK_REALTIME on a machine that nobody told. Between anchors the mapping is a straight line that never goes back.
 * A difference above step_threshold_ns is a step: counted, taken over at a time of the caller's choice.
 */
#ifndef TSN_CORE_CLOCK_H
#define TSN_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* One reading of all clocks, as close together as the caller can: the counter is the middle of two readings. */
struct tsn_clock_sample {
    uint64_t cycles;
    int64_t monotonic_ns;
    int64_t realtime_ns;
    uint64_t width_cycles; /* distance of the two counter readings; wide samples are worth less */
};

struct tsn_clock {
    /* tai = base_tai_ns + ((cycles - base_cycles) * multiplier >> 32) */
    uint64_t base_cycles;
    int64_t base_tai_ns;
    int64_t base_monotonic_ns;
    uint64_t multiplier; /* ns per cycle, 32.32, with the slew of the moment */
    uint64_t rate;       /* ns per cycle, 32.32, as measured */
    int64_t realtime_minus_monotonic_ns;
    int64_t utc_offset_ns;
    int64_t step_threshold_ns;
    int64_t pending_step_ns; /* found and not yet taken over */
    uint64_t steps;
    struct tsn_clock_sample anchor; /* of the rate measurement */
};

enum tsn_clock_id { TSN_CLOCK_TAI, TSN_CLOCK_MONOTONIC, TSN_CLOCK_REALTIME };

/* Starts from two samples at least 1 ms apart. Returns 0, or -EINVAL for samples that give no rate. */
int tsn_clock_init(struct tsn_clock *clock, const struct tsn_clock_sample *first, const struct tsn_clock_sample *second,
                   int64_t utc_offset_ns, int64_t step_threshold_ns);

/* TAI of a counter value, ns. */
static inline int64_t tsn_clock_tai_ns(const struct tsn_clock *clock, uint64_t cycles) {
    int64_t delta = (int64_t)(cycles - clock->base_cycles);
    return clock->base_tai_ns + (int64_t)(((__int128)delta * (__int128)clock->multiplier) >> 32);
}

/* Counter value at which TAI reaches a time. */
uint64_t tsn_clock_cycles_at(const struct tsn_clock *clock, int64_t tai_ns);

/*
 * Disciplines by a new sample (every 100 ms … 10 s): the mapping stays continuous and slews by at most 500 ppm towards it.
 * Returns true if the difference is a step: pending_step_ns is set and nothing else changed.
 */
bool tsn_clock_update(struct tsn_clock *clock, const struct tsn_clock_sample *sample);

/* Takes a pending step over, at a cycle boundary of the caller's; counts it. Returns the step in ns. */
int64_t tsn_clock_take_step(struct tsn_clock *clock);

/* Time of another clock as TAI, by the last sample. Launch times of any size: the sum wraps and is refused as early or late. */
int64_t tsn_clock_to_tai_ns(const struct tsn_clock *clock, enum tsn_clock_id id, int64_t time_ns);

#endif
