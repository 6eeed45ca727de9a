/* Inside of an egress: shared by egress.c (set-up) and egress_path.c (frames). */
#ifndef TSN_CORE_EGRESS_INTERNAL_H
#define TSN_CORE_EGRESS_INTERNAL_H

#include "core/calendar.h"
#include "core/egress.h"
#include "core/shaper.h"
#include "core/stream.h"

/* Frames of one class whose time has come. Both lists are ordered by (key_ns, sequence). */
struct tsn_class_queue {
    struct tsn_list timed; /* by launch time */
    struct tsn_list fifo;  /* by arrival */
};

struct tsn_egress {
    struct tsn_gates gates;
    struct tsn_class_queue queues[TSN_CLASSES];
    uint8_t ready;        /* bit c: class c has frames in its queues */
    uint8_t shaped;       /* bit c: class c has a credit-based shaper */
    uint8_t untimed_classes;
    uint8_t late_class;
    uint32_t free_head;
    uint32_t free_never;  /* nodes from here on were never used */
    uint32_t untimed_queued;
    uint32_t untimed_limit;
    uint32_t frame_capacity;
    uint32_t stream_capacity;
    uint32_t overhead_bytes;
    uint64_t link_rate_bps;
    uint64_t next_sequence;
    uint64_t scaled_changes; /* gates.config_changes that the shapers' slopes were scaled for */
    int64_t ahead_ns;
    int64_t wire_free_ns; /* when the last frame handed over has left the wire */
    int64_t time_ns;      /* latest time seen */
    uint32_t max_bytes[TSN_CLASSES];
    struct tsn_shaper shapers[TSN_CLASSES];
    struct tsn_port_stats *stats;
    struct tsn_stream_stats *stream_stats;
    struct tsn_stream *streams;
    struct tsn_node *nodes;
    struct tsn_calendar calendar;
};

/* The stream that a node or emission belongs to; NULL when it has none or its stream was replaced. */
static inline struct tsn_stream *tsn_egress_stream_of(struct tsn_egress *egress, uint32_t index, uint16_t generation) {
    if (index >= egress->stream_capacity) return NULL;
    struct tsn_stream *stream = &egress->streams[index];
    return stream->generation == generation ? stream : NULL;
}

/* First frame of a class; the class must be ready. */
static inline struct tsn_list *tsn_class_queue_first(struct tsn_class_queue *queue, const struct tsn_node *nodes) {
    if (queue->fifo.head == TSN_NIL) return &queue->timed;
    if (queue->timed.head == TSN_NIL) return &queue->fifo;
    return tsn_node_before(&nodes[queue->fifo.head], &nodes[queue->timed.head]) ? &queue->fifo : &queue->timed;
}

/* Scales the shapers' slopes to the running list. */
void tsn_egress_scale_shapers(struct tsn_egress *egress);

/* Copies counters of the gate machine to the statistics. */
void tsn_egress_publish_gates(struct tsn_egress *egress);

#endif
