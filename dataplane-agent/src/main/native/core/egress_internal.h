/* Inside of an egress: shared by egress.c (set-up), egress_in.c, egress_out.c, egress_done.c (frames) and egress_time.c. */
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
    struct tsn_list ended; /* frames that a step of the clock ended, to be handed out */
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
    uint32_t *wire_ns;    /* time on the wire by bytes, up to the largest frame */
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

/* A frame whose time has come goes to its class. */
static inline void tsn_egress_queue_ready(struct tsn_egress *egress, uint32_t index, bool fifo) {
    struct tsn_node *node = &egress->nodes[index];
    struct tsn_class_queue *queue = &egress->queues[node->traffic_class];
    if (fifo)
        tsn_list_append(&queue->fifo, egress->nodes, index);
    else
        tsn_list_insert_ordered(&queue->timed, egress->nodes, index);
    egress->ready = (uint8_t)(egress->ready | 1u << node->traffic_class);
}

static inline void tsn_egress_count_offered(struct tsn_egress *egress, uint32_t stream, unsigned traffic_class) {
    tsn_count(&egress->stats->classes[traffic_class].offered);
    if (stream < egress->stream_capacity) tsn_count(&egress->stream_stats[stream].offered);
}

static inline void tsn_egress_count_outcome(struct tsn_egress *egress, uint32_t stream, unsigned traffic_class,
                                            enum tsn_outcome outcome) {
    tsn_count(&egress->stats->classes[traffic_class].outcomes[outcome]);
    if (stream < egress->stream_capacity) tsn_count(&egress->stream_stats[stream].outcomes[outcome]);
}

/* A free node; TSN_NIL if there is none. */
static inline uint32_t tsn_egress_take_node(struct tsn_egress *egress) {
    uint32_t index = egress->free_head;
    if (index != TSN_NIL)
        egress->free_head = egress->nodes[index].next;
    else if (egress->free_never < egress->frame_capacity)
        index = egress->free_never++;
    return index;
}

static inline void tsn_egress_give_node(struct tsn_egress *egress, uint32_t index) {
    egress->nodes[index].next = egress->free_head;
    egress->free_head = index;
}

static inline void tsn_egress_apply_slot(const struct tsn_egress *egress, struct tsn_node *node,
                                         const struct tsn_slot *slot) {
    node->key_ns = slot->key_ns;
    node->latest_start_ns = slot->latest_start_ns;
    node->due_ns = slot->due_ns;
    node->flags = slot->flags | (node->flags & TSN_NODE_GIVEN);
    if (slot->flags & TSN_NODE_DEMOTED) node->traffic_class = egress->late_class;
}

/* Takes the first frame of a list of class c out of its queue. */
static inline uint32_t tsn_egress_take_first(struct tsn_egress *egress, unsigned c, struct tsn_list *list) {
    uint32_t index = tsn_list_pop(list, egress->nodes);
    struct tsn_class_queue *queue = &egress->queues[c];
    if (queue->timed.head == TSN_NIL && queue->fifo.head == TSN_NIL) egress->ready = (uint8_t)(egress->ready & ~(1u << c));
    return index;
}

/* The frame is no longer the core's: its place in the quota is free again. NULL: no stream, or one that was replaced. */
static inline struct tsn_stream *tsn_egress_settle(struct tsn_egress *egress, uint32_t index, uint16_t generation) {
    if (index == TSN_STREAM_NONE) {
        egress->untimed_queued--;
        return NULL;
    }
    struct tsn_stream *stream = tsn_egress_stream_of(egress, index, generation);
    if (stream) stream->room++;
    return stream;
}

/* An emission of a frame, without the times. */
static inline void tsn_egress_fill(struct tsn_emission *emission, const struct tsn_node *node, enum tsn_outcome outcome) {
    /* The time that the frame was to start at, as last planned. */
    int64_t planned_ns = node->flags & TSN_NODE_GUEST ? node->key_ns : node->due_ns;
    emission->frame.cookie = node->cookie;
    emission->frame.launch_ns = node->flags & TSN_NODE_TIMED ? planned_ns : TSN_NO_LAUNCH;
    emission->frame.stream = node->stream;
    emission->frame.bytes = node->bytes;
    emission->frame.traffic_class = node->priority;
    emission->frame.flags = 0;
    emission->wire_ns = node->wire_ns;
    emission->generation = node->generation;
    emission->outcome = (uint8_t)outcome;
    emission->flags = node->flags;
}

/* A queued frame ends unsent: it fills an emission that the caller frees. */
void tsn_egress_end_node(struct tsn_egress *egress, uint32_t index, enum tsn_outcome outcome, int64_t time_ns,
                         struct tsn_emission *emission);

/* Hands out frames that a step of the clock ended; returns how many. */
size_t tsn_egress_take_ended(struct tsn_egress *egress, int64_t time_ns, struct tsn_emission *emissions, size_t room);

/* Scales the shapers' slopes to the running list. */
void tsn_egress_scale_shapers(struct tsn_egress *egress);

/* Copies counters of the gate machine to the statistics. */
void tsn_egress_publish_gates(struct tsn_egress *egress);

#endif
