#include "engine/time_source.h"

#include "engine/engine.h"

#include <sys/timex.h>
#include <time.h>

enum { SAMPLE_TRIES = 5, RATE_MEASUREMENT_NS = 20000000, STEP_THRESHOLD_NS = 10000 };

static int64_t read_ns(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The narrowest of a few readings: a preempted one would be wrong by the preemption. */
static struct tsn_clock_sample take_sample(void) {
    struct tsn_clock_sample best = {.width_cycles = UINT64_MAX};
    for (int i = 0; i < SAMPLE_TRIES; i++) {
        uint64_t before = tsn_cycles();
        int64_t monotonic_ns = read_ns(CLOCK_MONOTONIC);
        int64_t realtime_ns = read_ns(CLOCK_REALTIME);
        uint64_t width = tsn_cycles() - before;
        if (width < best.width_cycles)
            best = (struct tsn_clock_sample){before + width / 2, monotonic_ns, realtime_ns, width};
    }
    return best;
}

static int64_t offset_ns(const struct tsn_time_source *source) {
    if (source->fixed_offset_ns != TSN_TAI_OFFSET_OF_KERNEL) return source->fixed_offset_ns;
    struct timex kernel = {.modes = 0};
    return adjtimex(&kernel) < 0 ? 0 : (int64_t)kernel.tai * 1000000000;
}

int tsn_time_source_init(struct tsn_time_source *source, int64_t tai_minus_utc_ns) {
    *source = (struct tsn_time_source){.fixed_offset_ns = tai_minus_utc_ns};
    struct tsn_clock_sample first = take_sample();
    struct timespec pause = {0, RATE_MEASUREMENT_NS};
    nanosleep(&pause, NULL);
    struct tsn_clock_sample second = take_sample();
    return tsn_clock_init(&source->clock, &first, &second, offset_ns(source), STEP_THRESHOLD_NS);
}

void tsn_time_source_update(struct tsn_time_source *source) {
    source->clock.utc_offset_ns = offset_ns(source);
    struct tsn_clock_sample sample = take_sample();
    source->step_pending = tsn_clock_update(&source->clock, &sample);
}
