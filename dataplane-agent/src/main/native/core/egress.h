/*
 * The egress side of one gated port: streams and classes in, frames in their time out. Pure: no DPDK, no system call,
 * no clock, no allocation after init. One thread at a time may call (the port's poll thread).
 *
 * Time. Every now_ns is TAI in ns, from 0 to INT64_MAX / 2, and must not go back (tsn_egress_step for steps). It is the time at which a frame handed
 * over by this call starts on the wire, so a caller adds the port's calibrated path to its clock and nothing is ever sent
 * "a little early".
 *
 * Order. Per class by (launch time, arrival); a frame without launch time counts from its arrival. Among classes whose
 * gate is open, strict priority, 7 first. A frame starts only if it ends before its class's gate closes (guard band);
 * a blocked class does not block others.
 *
 * Isolation. A stream with windows sends only inside its own windows, at most one frame per period. A frame is due in the
 * window that holds its launch time; without launch time, in the first one that it can make. A frame that cannot have that
 * window is late, and what becomes of it is the stream's late policy; it never costs another frame the window in which
 * that one is due, and never leaves after a frame of its stream that was due later.
 *
 * Sizes are bytes with FCS. A frame takes (max(bytes, 64) + 20 + overhead) * 8 / link rate, rounded up to 1 ns.
 */
#ifndef TSN_CORE_EGRESS_H
#define TSN_CORE_EGRESS_H

#include "core/gates.h"
#include "core/stats.h"

#define TSN_NO_LAUNCH INT64_MIN
#define TSN_STREAM_NONE UINT32_MAX

enum {
    TSN_WIRE_OVERHEAD_BYTES = 20,    /* preamble, start delimiter, inter-packet gap: IEEE 802.3 clauses 3.1, 4.4.2 */
    TSN_MIN_FRAME_BYTES = 64,
    TSN_MAX_FRAME_BYTES = 1522,      /* unless configured otherwise */
    TSN_LATE_TOLERANCE_NS = 10000,
    TSN_PERIODS_AHEAD = 62,          /* a policed stream may queue for the present period and this many more */
    TSN_QUEUE_LIMIT = 64,            /* frames of a stream, unless configured otherwise */
    TSN_STREAMS_MAX = 1 << 16,
    TSN_FRAMES_MAX = 1 << 24
};
#define TSN_HORIZON_NS ((int64_t)64000000000) /* launch times further ahead are refused as early */

enum tsn_frame_flag {
    TSN_FRAME_DEADLINE = 1 /* launch_ns is a deadline (SOF_TXTIME_DEADLINE_MODE): at once, and not after it */
};

/* What the caller knows of a frame. Copied by the core. */
struct tsn_frame {
    uint64_t cookie;       /* the caller's, given back with the frame */
    int64_t launch_ns;     /* TAI, or TSN_NO_LAUNCH; without stream: earliest start */
    uint32_t stream;       /* index of a stream of this port, or TSN_STREAM_NONE */
    uint16_t bytes;        /* with FCS */
    uint8_t traffic_class; /* of a frame without stream; a stream's own class wins */
    uint8_t flags;         /* enum tsn_frame_flag */
};

enum tsn_late_policy {
    /* dropped_late or gate_missed. Without launch time and one too many: it waits in the next unused window, and is
     * dropped when the frame due there comes, so a talker that was ahead or behind is in step again with its next frame. */
    TSN_LATE_DROP,
    TSN_LATE_SEND_NOW,    /* in time that no window owns: under the gates of the port's late class */
    /* The stream's next unused window, unless the frame due there comes. Without launch time frames queue, and the delay
     * shrinks by the windows that pass unused. */
    TSN_LATE_NEXT_WINDOW
};

enum tsn_window_policy {
    TSN_WINDOW_REFUSE,    /* a launch time outside the windows is refused: policed_window */
    TSN_WINDOW_ALIGN      /* it is moved to the start of the next unused window */
};

struct tsn_stream_config {
    int64_t period_ns;            /* one frame per period; 0: no rate is policed (then no windows either) */
    int64_t offset_ns;            /* windows [offset + k*window_period, + window) in TAI; 0 … window_period - 1 */
    int64_t window_ns;            /* 0: no windows */
    int64_t window_period_ns;     /* the period or a divisor of it */
    int64_t late_tolerance_ns;    /* sent_late counts beyond it; without windows a frame is late beyond it; 0: 10 us */
    uint32_t frame_bytes;         /* largest frame with FCS; 0: the port's limit alone */
    uint32_t queue_limit;         /* frames queued at most; 0: TSN_QUEUE_LIMIT */
    uint8_t traffic_class;
    uint8_t late_policy;          /* enum tsn_late_policy */
    uint8_t window_policy;        /* enum tsn_window_policy */
};

struct tsn_egress_config {
    uint64_t link_rate_bps;       /* 10^6 … 10^12; unknown is an error, never a guess */
    uint32_t overhead_bytes;      /* beside preamble and gap: 50 under VXLAN */
    uint32_t frame_capacity;      /* frames queued at most, 1 … TSN_FRAMES_MAX */
    uint32_t untimed_limit;       /* of these, frames without stream; 0: half, so that streams always find room */
    uint32_t stream_capacity;     /* 0 … TSN_STREAMS_MAX */
    uint32_t max_frame_bytes;     /* largest frame of the port with FCS; 0: TSN_MAX_FRAME_BYTES */
    int64_t ahead_ns;             /* frames may be handed over so long before the wire is free; 0: one at a time */
    uint32_t queue_max_sdu[TSN_CLASSES];    /* with FCS; 0: no limit */
    uint64_t idle_slope_bps[TSN_CLASSES];   /* credit-based shaper (8.6.8.2); 0: none */
    uint8_t admin_gate_states;    /* gates before any list: usually 255 */
    uint8_t untimed_classes;      /* bit c: class c takes frames without stream; timed classes deny by default */
    uint8_t late_class;           /* class whose gates TSN_LATE_SEND_NOW uses: usually 0 */
    struct tsn_port_stats *stats;          /* zeroed, outlives the egress */
    struct tsn_stream_stats *stream_stats; /* stream_capacity of them, zeroed */
};

struct tsn_egress;

/* Bytes that an egress of this configuration takes; 0 if the configuration is not valid. */
size_t tsn_egress_size(const struct tsn_egress_config *config);

/* Makes an egress in memory (aligned to 64). Returns 0 or -EINVAL with one sentence in error. */
int tsn_egress_init(struct tsn_egress *egress, const struct tsn_egress_config *config, int64_t now_ns, char *error,
                    size_t error_size);

/*
 * Sets a stream. The same configuration again changes nothing; another one replaces the stream of that index: its counters
 * begin at 0 and frames of the former one that are still queued come back as FLUSHED. Returns 0, or -EINVAL with one sentence.
 */
int tsn_egress_set_stream(struct tsn_egress *egress, uint32_t index, const struct tsn_stream_config *config, char *error,
                          size_t error_size);

/* Removes a stream; its queued frames come back as FLUSHED. Unknown indexes are ignored. */
void tsn_egress_remove_stream(struct tsn_egress *egress, uint32_t index);

/* tsn_gates_install, tsn_gates_disable and tsn_gates_take_retired for this port. */
int tsn_egress_install_gates(struct tsn_egress *egress, int64_t now_ns, const struct tsn_gate_program *program);
int tsn_egress_disable_gates(struct tsn_egress *egress, int64_t now_ns);
const struct tsn_gate_program *tsn_egress_take_retired_gates(struct tsn_egress *egress);

/* The gate machine, to look at. */
const struct tsn_gates *tsn_egress_gates(const struct tsn_egress *egress);

/*
 * After a step of the clock: lists go on in the new time, and every queued frame is policed anew, in the order in which
 * they were to leave. A launch time that the sender gave still holds; a frame without one gets its window in the new time.
 * Frames that are now too early, too late or too many end so. Counted.
 */
void tsn_egress_step(struct tsn_egress *egress, int64_t now_ns);

/*
 * Validates, classifies, polices and queues one frame. Returns TSN_QUEUED, or the outcome it came to, which has been
 * counted. A frame that is TSN_QUEUED comes back exactly once, from dequeue.
 */
enum tsn_outcome tsn_egress_enqueue(struct tsn_egress *egress, int64_t now_ns, const struct tsn_frame *frame);

/*
 * Queues frames in their order, each as tsn_egress_enqueue does; outcomes[i] is that of frames[i]. What the later ones need
 * is fetched into the cache while the earlier ones are dealt with: with many streams several times as quick.
 */
void tsn_egress_enqueue_burst(struct tsn_egress *egress, int64_t now_ns, const struct tsn_frame *frames, size_t count,
                              enum tsn_outcome *outcomes);

/* Counts an outcome of a frame that the caller had to end before enqueue (bad_descriptor, no_stream, no_buffer). */
void tsn_egress_refuse(struct tsn_egress *egress, uint32_t stream, uint8_t traffic_class, enum tsn_outcome outcome);

struct tsn_emission {
    struct tsn_frame frame;    /* launch_ns as scheduled (the window's start where one was given); traffic_class of its stream */
    int64_t start_ns;          /* when it is to start on the wire */
    int64_t latest_start_ns;   /* a refused hand-over may be tried again until then; TSN_NEVER: no limit */
    int64_t close_ns;          /* when its gate closes; TSN_NEVER: not in sight */
    uint32_t wire_ns;          /* time on the wire */
    uint16_t generation;       /* of the stream, for the completion */
    uint8_t outcome;           /* TSN_QUEUED: send it now; else it ended so, has been counted, and is only to be freed */
    uint8_t flags;             /* the core's */
};

/*
 * Frames to hand over now, in order, and frames that ended while queued. At most `room`; fewer than room means that
 * there is nothing more to do before tsn_egress_next_event. Each emission with outcome TSN_QUEUED must be
 * completed.
 */
size_t tsn_egress_dequeue(struct tsn_egress *egress, int64_t now_ns, struct tsn_emission *emissions, size_t room);

/*
 * After a dequeue at now_ns: frames that leave right behind those, one upon the other, and can be handed over together with
 * them: due by now_ns, starting by until_ns, and nothing that is known now (a launch time, a gate, a shaper) comes between.
 * Each is the one that dequeue would give at its start_ns, unless another is enqueued until then. At most `room`; often none.
 */
size_t tsn_egress_dequeue_followers(struct tsn_egress *egress, int64_t now_ns, int64_t until_ns,
                                    struct tsn_emission *emissions, size_t room);

/* Completes an emission that the port took: sent_ns is when. Counts sent or sent_late, and its emission error. */
void tsn_egress_sent(struct tsn_egress *egress, const struct tsn_emission *emission, int64_t sent_ns);

/* Completes emissions that the port took together, at sent_ns. held: each leaves at its start_ns, if that is later. */
void tsn_egress_sent_burst(struct tsn_egress *egress, const struct tsn_emission *emissions, size_t count, int64_t sent_ns,
                           bool held);

/* Completes an emission that the port did not take (port_full, port_error, dropped_late). Its wire time is not given back. */
void tsn_egress_not_sent(struct tsn_egress *egress, const struct tsn_emission *emission, enum tsn_outcome outcome);

/* When dequeue may next have something to do: now_ns or earlier if it has; TSN_NEVER if only an enqueue can change that. */
int64_t tsn_egress_next_event(struct tsn_egress *egress, int64_t now_ns);

/* Ends all queued frames as FLUSHED, up to room at a time; returns how many. Call until it returns 0. */
size_t tsn_egress_flush(struct tsn_egress *egress, struct tsn_emission *emissions, size_t room);

/* Time on the wire of a frame, ns, rounded up. */
int64_t tsn_wire_time_ns(uint64_t link_rate_bps, uint32_t overhead_bytes, uint32_t bytes);

#endif
