/* The machine's clocks as TAI: reads the cycle counter, samples the kernel's clocks. One thread at a time. */
#ifndef TSN_ENGINE_TIME_SOURCE_H
#define TSN_ENGINE_TIME_SOURCE_H

#include "core/clock.h"

#include <stdbool.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <time.h>
#endif

struct tsn_time_source {
    struct tsn_clock clock;
    int64_t fixed_offset_ns; /* TSN_TAI_OFFSET_OF_KERNEL: ask the kernel */
    bool step_pending;
};

static inline uint64_t tsn_cycles(void) {
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t value;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

static inline void tsn_relax(void) {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

/* Takes 20 ms to measure the counter's rate. 0, or -EINVAL for a counter that does not count. */
int tsn_time_source_init(struct tsn_time_source *source, int64_t tai_minus_utc_ns);

/* Samples again and slews towards the kernel's time; sets step_pending when that is too far. A few microseconds. */
void tsn_time_source_update(struct tsn_time_source *source);

static inline int64_t tsn_time_source_tai_ns(const struct tsn_time_source *source) {
    return tsn_clock_tai_ns(&source->clock, tsn_cycles());
}

#endif
