/* Bringing an egress to a time. Inside the core only. */
#ifndef TSN_CORE_EGRESS_TIME_H
#define TSN_CORE_EGRESS_TIME_H

#include "core/egress_internal.h"

/* For times at or beyond a segment's end, and for shapers. */
void tsn_egress_advance_slow(struct tsn_egress *egress, int64_t time_ns);

/* What the departure of a frame will need is fetched when its time has come: its stream and its stream's counters. */
static inline __attribute__((always_inline)) void tsn_egress_prefetch_stream(const struct tsn_egress *egress,
                                                                             uint32_t stream) {
    if (stream >= egress->stream_capacity) return;
    __builtin_prefetch(&egress->streams[stream], 1);
    __builtin_prefetch(&egress->stream_stats[stream], 1);
    __builtin_prefetch(&egress->stream_stats[stream].emission_error, 1);
}

/* Frames whose launch time has come go to their class. */
static inline void tsn_egress_release(struct tsn_egress *egress, int64_t time_ns) {
    for (uint32_t index; (index = tsn_calendar_take(&egress->calendar, time_ns)) != TSN_NIL;) {
        tsn_egress_prefetch_stream(egress, egress->nodes[index].stream);
        tsn_egress_queue_ready(egress, index, false);
    }
}

/* Brings calendar, gates and shapers to a time. */
static inline void tsn_egress_advance(struct tsn_egress *egress, int64_t time_ns) {
    tsn_egress_release(egress, time_ns);
    egress->time_ns = time_ns;
    if (time_ns >= egress->gates.segment_end_ns || egress->shaped) tsn_egress_advance_slow(egress, time_ns);
}

#endif
