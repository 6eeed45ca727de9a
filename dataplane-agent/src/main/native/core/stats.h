/*
 * Counters of a port and of a stream, as they lie in the statistics page. Written by the port's poll thread alone with
 * relaxed stores; anybody may read. Only 64-bit fields, so C and Java see the same layout without padding.
 */
#ifndef TSN_CORE_STATS_H
#define TSN_CORE_STATS_H

#include "core/histogram.h"
#include "core/outcome.h"

enum { TSN_CLASSES = 8 };

struct tsn_stream_stats {
    uint64_t offered;                    /* frames given to enqueue */
    uint64_t outcomes[TSN_OUTCOME_COUNT];
    uint64_t queued;                     /* gauge */
    uint64_t moved_to_next_window;       /* late frames that the policy gave another window */
    uint64_t sent_bytes;                 /* with FCS */
    struct tsn_histogram emission_error; /* of frames with a launch time */
};

struct tsn_class_stats {
    uint64_t offered;
    uint64_t outcomes[TSN_OUTCOME_COUNT];
    uint64_t queued;                     /* gauge */
    uint64_t transmission_overrun;       /* completed after the gate had closed (YANG transmission-overrun) */
};

struct tsn_port_stats {
    uint64_t offered;
    uint64_t outcomes[TSN_OUTCOME_COUNT];
    uint64_t queued;                     /* gauge */
    uint64_t in_flight;                  /* gauge: dequeued and not yet completed */
    uint64_t cycles;                     /* gate cycles begun */
    uint64_t config_changes;             /* admin lists that became oper */
    uint64_t config_change_errors;       /* YANG config-change-error */
    uint64_t clock_steps;                /* re-anchorings of the clock */
    struct tsn_class_stats classes[TSN_CLASSES];
    struct tsn_histogram emission_error;
};

static inline void tsn_count(uint64_t *counter) { __atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED); }
static inline void tsn_gauge_down(uint64_t *gauge) { __atomic_store_n(gauge, *gauge - 1, __ATOMIC_RELAXED); }
static inline uint64_t tsn_read(const uint64_t *counter) { return __atomic_load_n(counter, __ATOMIC_RELAXED); }

#endif
