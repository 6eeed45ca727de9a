/* Policing of one stream: which of its periods are used, which window a frame gets. Inside the core only. */
#ifndef TSN_CORE_STREAM_H
#define TSN_CORE_STREAM_H

#include "core/egress.h"
#include "core/node.h"

/*
 * The bitmaps are by period: bit 0 stands for [base_ns, base_ns + period_ns), which is the period before the present one.
 * Periods begin at offset_ns. The first cache line is all that most frames need.
 */
struct tsn_stream {
    uint64_t owned;     /* the period has its frame */
    int64_t base_ns;    /* INT64_MIN: never asked */
    int64_t period_ns;
    int64_t window_ns;
    int64_t window_period_ns;
    int64_t left_due_ns; /* the latest due time of its frames that left */
    uint32_t late_tolerance_ns;
    uint32_t room;      /* frames that it may still queue */
    uint16_t frame_bytes;
    uint16_t generation;
    uint8_t traffic_class;
    uint8_t late_policy : 4, window_policy : 2;
    bool active : 1;
    /* second line */
    uint64_t guests __attribute__((aligned(64))); /* a frame that is behind waits for the period's window */
    uint64_t claimed;   /* the period's frame has a launch time: no other frame may have its window */
    uint64_t gone;      /* one of the frames that share the period's window has left */
    int64_t moved_due_ns; /* of the frame that was moved last, and where to */
    int64_t moved_key_ns;
    int64_t offset_ns;
    uint32_t queue_limit;
};

_Static_assert(offsetof(struct tsn_stream, guests) == 64 && TSN_MAX_FRAME_BYTES < UINT16_MAX, "what most frames need fits a cache line");

/* What policing decided for a frame. */
struct tsn_slot {
    int64_t key_ns;          /* earliest start */
    int64_t latest_start_ns;
    int64_t due_ns;          /* when it should have started: its place among the frames of its stream */
    uint8_t flags;           /* enum tsn_node_flag */
    bool moved;              /* the late policy gave another window */
};

/* Checks and takes a configuration; returns 0 or -EINVAL with one sentence. The generation is kept. */
int tsn_stream_init(struct tsn_stream *stream, const struct tsn_stream_config *config, uint64_t link_rate_bps,
                    uint32_t overhead_bytes, char *error, size_t error_size);

/* Gives a frame its slot and uses up its period; its launch time is at most TSN_HORIZON_NS ahead. Returns TSN_QUEUED, or why it is refused (nothing used up). */
enum tsn_outcome tsn_stream_police(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                   int64_t wire_ns, struct tsn_slot *slot);

/*
 * A new slot, as guest, for the frame that missed its window and was due at slot->due_ns: the next window, or the one
 * behind the frame moved before it. Guests and frames in line may share a window: one leaves, the others move on.
 * False if it would leave after a frame that is due later.
 */
bool tsn_stream_move(struct tsn_stream *stream, int64_t now_ns, int64_t wire_ns, struct tsn_slot *slot);

/* Whether another frame has the window in which a guest waits. */
bool tsn_stream_is_claimed(const struct tsn_stream *stream, int64_t key_ns, bool in_line);

/* Whether one of the frames that share a window has left in it. */
bool tsn_stream_is_gone(const struct tsn_stream *stream, int64_t key_ns);

/* A guest or a frame in line leaves: its period has its frame. */
void tsn_stream_take_window(struct tsn_stream *stream, int64_t key_ns);

#endif
