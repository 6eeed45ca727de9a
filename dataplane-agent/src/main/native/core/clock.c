#include "core/clock.h"

#include <errno.h>

#define SLEW_LIMIT_PPM 500

static int64_t tai_of(const struct tsn_clock *clock, const struct tsn_clock_sample *sample) {
    return sample->realtime_ns + clock->utc_offset_ns;
}

/* ns per cycle between two samples, 32.32; 0 if they give none. */
static uint64_t rate_between(const struct tsn_clock_sample *first, const struct tsn_clock_sample *second) {
    int64_t elapsed_ns = second->monotonic_ns - first->monotonic_ns;
    uint64_t cycles = second->cycles - first->cycles;
    if (elapsed_ns < 1000000 || (int64_t)cycles <= 0) return 0;
    unsigned __int128 rate = ((unsigned __int128)(uint64_t)elapsed_ns << 32) / cycles;
    /* 10 MHz … 100 GHz */
    return rate > (100ull << 32) || rate < (1ull << 32) / 100 ? 0 : (uint64_t)rate;
}

int tsn_clock_init(struct tsn_clock *clock, const struct tsn_clock_sample *first, const struct tsn_clock_sample *second,
                   int64_t utc_offset_ns, int64_t step_threshold_ns) {
    uint64_t rate = rate_between(first, second);
    if (rate == 0 || step_threshold_ns <= 0) return -EINVAL;
    *clock = (struct tsn_clock){
        .base_cycles = second->cycles,
        .base_monotonic_ns = second->monotonic_ns,
        .multiplier = rate,
        .rate = rate,
        .utc_offset_ns = utc_offset_ns,
        .step_threshold_ns = step_threshold_ns,
        .realtime_minus_monotonic_ns = second->realtime_ns - second->monotonic_ns,
        .anchor = *first,
    };
    clock->base_tai_ns = tai_of(clock, second);
    return 0;
}

uint64_t tsn_clock_cycles_at(const struct tsn_clock *clock, int64_t tai_ns) {
    __int128 delta_ns = (__int128)tai_ns - clock->base_tai_ns;
    __int128 scaled = delta_ns * ((__int128)1 << 32);
    __int128 cycles = scaled / clock->multiplier;
    if (scaled > 0 && scaled % clock->multiplier != 0) cycles++;
    return clock->base_cycles + (uint64_t)cycles;
}

/*
 * The measured rate comes from the anchor to the sample: the longer apart, the less a late reading weighs. Whatever the
 * mapping is off by is worked off over the distance to the previous sample, by at most SLEW_LIMIT_PPM.
 */
bool tsn_clock_update(struct tsn_clock *clock, const struct tsn_clock_sample *sample) {
    int64_t since_ns = sample->monotonic_ns - clock->base_monotonic_ns;
    if (since_ns < 1000000) return clock->pending_step_ns != 0;
    int64_t present_ns = tsn_clock_tai_ns(clock, sample->cycles);
    int64_t off_ns = tai_of(clock, sample) - present_ns;
    if (off_ns > clock->step_threshold_ns || off_ns < -clock->step_threshold_ns) {
        clock->pending_step_ns = off_ns;
        return true;
    }
    clock->pending_step_ns = 0;
    uint64_t rate = rate_between(&clock->anchor, sample);
    if (rate) clock->rate = rate;
    __int128 limit = (__int128)clock->rate * SLEW_LIMIT_PPM / 1000000;
    __int128 slew = (__int128)clock->rate * off_ns / since_ns;
    slew = slew > limit ? limit : slew < -limit ? -limit : slew;
    clock->multiplier = (uint64_t)((__int128)clock->rate + slew);
    clock->base_cycles = sample->cycles;
    clock->base_tai_ns = present_ns;
    clock->base_monotonic_ns = sample->monotonic_ns;
    clock->realtime_minus_monotonic_ns = sample->realtime_ns - sample->monotonic_ns;
    return false;
}

int64_t tsn_clock_take_step(struct tsn_clock *clock) {
    int64_t step_ns = clock->pending_step_ns;
    if (step_ns == 0) return 0;
    clock->base_tai_ns += step_ns;
    clock->realtime_minus_monotonic_ns += step_ns;
    clock->pending_step_ns = 0;
    clock->steps++;
    return step_ns;
}

int64_t tsn_clock_to_tai_ns(const struct tsn_clock *clock, enum tsn_clock_id id, int64_t time_ns) {
    uint64_t offset_ns = 0;
    if (id != TSN_CLOCK_TAI) offset_ns += (uint64_t)clock->utc_offset_ns;
    if (id == TSN_CLOCK_MONOTONIC) offset_ns += (uint64_t)clock->realtime_minus_monotonic_ns;
    return (int64_t)((uint64_t)time_ns + offset_ns);
}
