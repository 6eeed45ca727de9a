/*
 * Counters of a port and of a stream, as they lie in the statistics page. Written by the port's poll thread alone with
 * relaxed stores; anybody may read. Only 64-bit fields, so C and Java see the same layout without padding.
 */
#ifndef TSN_CORE_STATS_H
#define TSN_CORE_STATS_H

#include "core/histogram.h"
#include "core/outcome.h"

#include <stddef.h>

enum { TSN_CLASSES = 8 };

/* Frames that are queued or handed over and not completed: offered - sum of outcomes. */
struct tsn_stream_stats {
    uint64_t offered;                    /* frames given to the core */
    uint64_t sent_bytes;                 /* with FCS; here so that a frame in time touches one cache line */
    uint64_t outcomes[TSN_OUTCOME_COUNT];
    uint64_t moved_to_next_window;       /* late frames that the policy gave another window */
    struct tsn_histogram emission_error; /* of frames with a launch time */
};

struct tsn_class_stats {
    uint64_t offered;
    uint64_t sent_bytes;
    uint64_t outcomes[TSN_OUTCOME_COUNT];
    uint64_t transmission_overrun;       /* still on the wire when the gate closed (YANG transmission-overrun) */
};

struct tsn_port_stats {
    uint64_t cycles;                     /* gate cycles begun */
    uint64_t config_changes;             /* admin lists that became oper */
    uint64_t config_change_errors;       /* YANG config-change-error */
    uint64_t clock_steps;
    struct tsn_class_stats classes[TSN_CLASSES]; /* a frame counts in one class; the port's totals are their sums */
    struct tsn_histogram emission_error;
};

/* What Java's StatsPage knows of it. */
_Static_assert(sizeof(struct tsn_histogram) == (2 + 2 * TSN_HISTOGRAM_BUCKETS) * 8, "histogram");
_Static_assert(offsetof(struct tsn_stream_stats, outcomes) == 2 * 8, "stream");
_Static_assert(offsetof(struct tsn_stream_stats, emission_error) == (3 + TSN_OUTCOME_COUNT) * 8, "stream");
_Static_assert(offsetof(struct tsn_class_stats, outcomes) == 2 * 8, "class");
_Static_assert(sizeof(struct tsn_class_stats) == (3 + TSN_OUTCOME_COUNT) * 8, "class");
_Static_assert(offsetof(struct tsn_port_stats, classes) == 4 * 8, "port");

static inline void tsn_count(uint64_t *counter) { __atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED); }
static inline void tsn_add(uint64_t *counter, uint64_t more) {
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}
static inline uint64_t tsn_read(const uint64_t *counter) { return __atomic_load_n(counter, __ATOMIC_RELAXED); }

#endif
