/* Policing of one stream: which of its periods are used, which window a frame gets. Inside the core only. */
#ifndef TSN_CORE_STREAM_H
#define TSN_CORE_STREAM_H

#include "core/egress.h"

/* The first cache line is all that a frame needs. */
struct tsn_stream {
    /* used: bit i says that the period [period_start_ns + i*period_ns, …) has had its frame. Periods begin at offset_ns. */
    uint64_t used;
    int64_t period_start_ns; /* of the period that holds the last now; INT64_MIN: never asked */
    int64_t period_ns;
    int64_t window_ns;
    int64_t window_period_ns;
    int64_t late_tolerance_ns;
    uint32_t frame_bytes;
    uint32_t queue_limit;
    uint32_t queued;
    uint16_t generation;
    uint8_t traffic_class;
    uint8_t late_policy : 4, window_policy : 2;
    bool active : 1;
    int64_t offset_ns;
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct tsn_stream, offset_ns) == 64, "what a frame needs fits a cache line");

/* What policing decided for a frame. */
struct tsn_slot {
    int64_t key_ns;
    int64_t latest_start_ns;
    int64_t launch_ns; /* TSN_NO_LAUNCH: no emission error is counted */
    bool demoted;      /* leaves under the gates of the late class */
    bool moved;        /* the late policy gave another window */
};

/* Checks and takes a configuration; returns 0 or -EINVAL with one sentence. The generation is kept. */
int tsn_stream_init(struct tsn_stream *stream, const struct tsn_stream_config *config, uint64_t link_rate_bps,
                    uint32_t overhead_bytes, char *error, size_t error_size);

/* Gives a frame its slot and uses up its period; its launch time is at most TSN_HORIZON_NS ahead. Returns TSN_QUEUED, or why it is refused (nothing used up). */
enum tsn_outcome tsn_stream_police(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                   int64_t wire_ns, struct tsn_slot *slot);

/* A new slot for a queued frame that has become late: the next unused window. POLICED_RATE if there is none. */
enum tsn_outcome tsn_stream_next_window(struct tsn_stream *stream, int64_t now_ns, int64_t wire_ns,
                                        struct tsn_slot *slot);

#endif
