/* The way of a frame: enqueue, dequeue, completion. */
#include "core/egress_internal.h"

/* --- counting --- */

static void count_offered(struct tsn_egress *egress, uint32_t stream, unsigned traffic_class) {
    tsn_count(&egress->stats->classes[traffic_class].offered);
    if (stream < egress->stream_capacity) tsn_count(&egress->stream_stats[stream].offered);
}

static void count_outcome(struct tsn_egress *egress, uint32_t stream, unsigned traffic_class, enum tsn_outcome outcome) {
    tsn_count(&egress->stats->classes[traffic_class].outcomes[outcome]);
    if (stream < egress->stream_capacity) tsn_count(&egress->stream_stats[stream].outcomes[outcome]);
}

static enum tsn_outcome refuse(struct tsn_egress *egress, uint32_t stream, unsigned traffic_class,
                               enum tsn_outcome outcome) {
    count_outcome(egress, stream, traffic_class, outcome);
    return outcome;
}

void tsn_egress_refuse(struct tsn_egress *egress, uint32_t stream, uint8_t traffic_class, enum tsn_outcome outcome) {
    bool known = stream < egress->stream_capacity && egress->streams[stream].active;
    unsigned counted_class = known ? egress->streams[stream].traffic_class : traffic_class & 7u;
    count_offered(egress, known ? stream : TSN_STREAM_NONE, counted_class);
    count_outcome(egress, known ? stream : TSN_STREAM_NONE, counted_class, outcome);
}

/* --- nodes --- */

static uint32_t take_node(struct tsn_egress *egress) {
    uint32_t index = egress->free_head;
    if (index != TSN_NIL)
        egress->free_head = egress->nodes[index].next;
    else if (egress->free_never < egress->frame_capacity)
        index = egress->free_never++;
    return index;
}

static void give_node(struct tsn_egress *egress, uint32_t index) {
    egress->nodes[index].next = egress->free_head;
    egress->free_head = index;
}

static void queue_ready(struct tsn_egress *egress, uint32_t index, bool fifo) {
    struct tsn_node *node = &egress->nodes[index];
    struct tsn_class_queue *queue = &egress->queues[node->traffic_class];
    if (fifo)
        tsn_list_append(&queue->fifo, egress->nodes, index);
    else
        tsn_list_insert_ordered(&queue->timed, egress->nodes, index);
    egress->ready = (uint8_t)(egress->ready | 1u << node->traffic_class);
}

static void apply_slot(const struct tsn_egress *egress, struct tsn_node *node, const struct tsn_slot *slot) {
    node->key_ns = slot->key_ns;
    node->latest_start_ns = slot->latest_start_ns;
    node->launch_ns = slot->launch_ns;
    node->flags = (uint8_t)((slot->launch_ns != TSN_NO_LAUNCH ? TSN_NODE_HAS_LAUNCH : 0) |
                            (slot->demoted ? TSN_NODE_DEMOTED : 0));
    if (slot->demoted) node->traffic_class = egress->late_class;
}

/* --- time --- */

/* Frames whose launch time has come go to their class. */
static inline void release(struct tsn_egress *egress, int64_t time_ns) {
    for (uint32_t index; (index = tsn_calendar_take(&egress->calendar, time_ns)) != TSN_NIL;) {
        uint32_t stream = egress->nodes[index].stream;
        if (stream < egress->stream_capacity) {
            __builtin_prefetch(&egress->streams[stream], 1);
            __builtin_prefetch(&egress->stream_stats[stream], 1);
            __builtin_prefetch(egress->stream_stats[stream].emission_error.late, 1);
        }
        queue_ready(egress, index, false);
    }
}

static int64_t waiting_since_ns(struct tsn_egress *egress, unsigned c) {
    if (!(egress->ready >> c & 1)) return TSN_NEVER;
    return egress->nodes[tsn_class_queue_first(&egress->queues[c], egress->nodes)->head].key_ns;
}

static void run_shapers(struct tsn_egress *egress, int64_t to_ns) {
    for (unsigned mask = egress->shaped; mask; mask &= mask - 1) {
        unsigned c = (unsigned)__builtin_ctz(mask);
        tsn_shaper_run(&egress->shapers[c], egress->gates.open >> c & 1, to_ns, waiting_since_ns(egress, c));
    }
}

/* Shapers need every segment; cycles in which nobody asked pass in one go. */
static void advance_shaped(struct tsn_egress *egress, int64_t time_ns) {
    struct tsn_gates *gates = &egress->gates;
    while (time_ns >= gates->segment_end_ns) {
        run_shapers(egress, gates->segment_end_ns);
        tsn_gates_advance(gates, gates->segment_end_ns);
        if (egress->scaled_changes != gates->config_changes) tsn_egress_scale_shapers(egress);
        int64_t open_ns[TSN_CLASSES];
        /* A frame on the wire has its shaper ahead of the segment's start: that much less may be skipped. */
        int64_t ahead_ns = egress->wire_free_ns > gates->segment_start_ns ? egress->wire_free_ns - gates->segment_start_ns : 0;
        int64_t skipped_ns = tsn_gates_skip_cycles(gates, time_ns - ahead_ns, open_ns);
        if (skipped_ns == 0) continue;
        for (unsigned mask = egress->shaped; mask; mask &= mask - 1) {
            unsigned c = (unsigned)__builtin_ctz(mask);
            struct tsn_shaper *shaper = &egress->shapers[c];
            bool waiting = waiting_since_ns(egress, c) <= shaper->updated_ns;
            tsn_shaper_skip(shaper, open_ns[c], shaper->updated_ns + skipped_ns, waiting);
        }
    }
    run_shapers(egress, time_ns);
}

/* Brings calendar, gates and shapers to a time. */
static inline void advance(struct tsn_egress *egress, int64_t time_ns) {
    release(egress, time_ns);
    egress->time_ns = time_ns;
    if (time_ns >= egress->gates.segment_end_ns) {
        if (egress->shaped)
            advance_shaped(egress, time_ns);
        else
            tsn_gates_advance_slow(&egress->gates, time_ns);
        tsn_egress_publish_gates(egress);
    } else if (egress->shaped) {
        run_shapers(egress, time_ns);
    }
}

/* --- in --- */

enum tsn_outcome tsn_egress_enqueue(struct tsn_egress *egress, int64_t now_ns, const struct tsn_frame *frame) {
    struct tsn_stream *stream = NULL;
    uint32_t index_of_stream = frame->stream;
    unsigned traffic_class = frame->traffic_class & 7u;
    if (index_of_stream < egress->stream_capacity && egress->streams[index_of_stream].active) {
        stream = &egress->streams[index_of_stream];
        traffic_class = stream->traffic_class;
    } else {
        bool untimed = index_of_stream == TSN_STREAM_NONE && frame->traffic_class < TSN_CLASSES;
        index_of_stream = TSN_STREAM_NONE;
        if (!untimed || !(egress->untimed_classes >> traffic_class & 1)) {
            count_offered(egress, TSN_STREAM_NONE, traffic_class);
            return refuse(egress, TSN_STREAM_NONE, traffic_class, TSN_NO_STREAM);
        }
    }
    count_offered(egress, index_of_stream, traffic_class);
    if (now_ns < egress->time_ns) now_ns = egress->time_ns;
    /* Shapers too: a frame whose launch time has passed must not count as waiting before it came. */
    if (now_ns >= egress->gates.segment_end_ns || egress->shaped) advance(egress, now_ns);

    uint32_t bytes = frame->bytes < TSN_MIN_FRAME_BYTES ? TSN_MIN_FRAME_BYTES : frame->bytes;
    if (bytes > egress->max_bytes[traffic_class]) return refuse(egress, index_of_stream, traffic_class, TSN_TOO_LARGE);
    if (stream && bytes > stream->frame_bytes) return refuse(egress, index_of_stream, traffic_class, TSN_POLICED_SIZE);
    int64_t wire_ns = tsn_wire_time_ns(egress->link_rate_bps, egress->overhead_bytes, bytes);
    if (wire_ns > egress->gates.longest_open_ns[traffic_class])
        return refuse(egress, index_of_stream, traffic_class, TSN_NO_WINDOW);
    if (stream ? stream->queued >= stream->queue_limit : egress->untimed_queued >= egress->untimed_limit)
        return refuse(egress, index_of_stream, traffic_class, TSN_QUEUE_FULL);

    if (frame->launch_ns != TSN_NO_LAUNCH && frame->launch_ns > now_ns + TSN_HORIZON_NS)
        return refuse(egress, index_of_stream, traffic_class, TSN_EARLY);

    uint32_t index = take_node(egress);
    if (index == TSN_NIL) return refuse(egress, index_of_stream, traffic_class, TSN_QUEUE_FULL);
    struct tsn_slot slot = {.key_ns = now_ns, .latest_start_ns = INT64_MAX, .launch_ns = TSN_NO_LAUNCH};
    if (stream) {
        enum tsn_outcome outcome = tsn_stream_police(stream, now_ns, frame, wire_ns, &slot);
        if (outcome != TSN_QUEUED) {
            give_node(egress, index);
            return refuse(egress, index_of_stream, traffic_class, outcome);
        }
        if (slot.moved) tsn_count(&egress->stream_stats[index_of_stream].moved_to_next_window);
        stream->queued++;
    } else {
        if (frame->launch_ns > now_ns) slot.key_ns = slot.launch_ns = frame->launch_ns;
        egress->untimed_queued++;
    }
    struct tsn_node *node = &egress->nodes[index];
    node->sequence = egress->next_sequence++;
    node->cookie = frame->cookie;
    node->stream = index_of_stream;
    node->wire_ns = (uint32_t)wire_ns;
    node->bytes = frame->bytes;
    node->generation = stream ? stream->generation : 0;
    node->traffic_class = node->priority = (uint8_t)traffic_class;
    apply_slot(egress, node, &slot);
    bool fifo = slot.launch_ns == TSN_NO_LAUNCH || slot.demoted;
    if (fifo || node->key_ns <= egress->time_ns)
        queue_ready(egress, index, fifo);
    else
        tsn_calendar_insert(&egress->calendar, index);
    return TSN_QUEUED;
}

/* --- out --- */

/* Takes the first frame of a list of class c out of its queue. */
static inline uint32_t take_first(struct tsn_egress *egress, unsigned c, struct tsn_list *list) {
    uint32_t index = tsn_list_pop(list, egress->nodes);
    struct tsn_class_queue *queue = &egress->queues[c];
    if (queue->timed.head == TSN_NIL && queue->fifo.head == TSN_NIL) egress->ready = (uint8_t)(egress->ready & ~(1u << c));
    return index;
}

static void fill_emission(struct tsn_emission *emission, const struct tsn_node *node, enum tsn_outcome outcome) {
    emission->frame = (struct tsn_frame){
        .cookie = node->cookie,
        .launch_ns = node->flags & TSN_NODE_HAS_LAUNCH ? node->launch_ns : TSN_NO_LAUNCH,
        .stream = node->stream,
        .bytes = node->bytes,
        .traffic_class = node->priority,
    };
    emission->wire_ns = node->wire_ns;
    emission->generation = node->generation;
    emission->flags = node->flags;
    emission->outcome = (uint8_t)outcome;
}

/* The frame is no longer the core's: its place in the quota is free again. */
static struct tsn_stream *settle(struct tsn_egress *egress, uint32_t index, uint16_t generation) {
    if (index == TSN_STREAM_NONE) {
        egress->untimed_queued--;
        return NULL;
    }
    struct tsn_stream *stream = tsn_egress_stream_of(egress, index, generation);
    if (stream) stream->queued--;
    return stream;
}

/* A queued frame ends unsent: it fills an emission that the caller frees. */
static void end_node(struct tsn_egress *egress, uint32_t index, enum tsn_outcome outcome, int64_t time_ns,
                     struct tsn_emission *emission) {
    const struct tsn_node *node = &egress->nodes[index];
    bool counted = settle(egress, node->stream, node->generation) != NULL;
    count_outcome(egress, counted ? node->stream : TSN_STREAM_NONE, node->priority, outcome);
    fill_emission(emission, node, outcome);
    emission->start_ns = time_ns;
    emission->latest_start_ns = node->latest_start_ns;
    emission->close_ns = TSN_NEVER;
    give_node(egress, index);
}

/* Whether the frame's stream still exists. */
static inline bool is_orphan(struct tsn_egress *egress, const struct tsn_node *node) {
    if (node->stream == TSN_STREAM_NONE) return false;
    const struct tsn_stream *stream = tsn_egress_stream_of(egress, node->stream, node->generation);
    return !stream || !stream->active;
}

/*
 * Deals with a first frame that can no longer leave as planned, taken out of its queue already. Returns the outcome it
 * came to, or TSN_QUEUED when its late policy gave it another chance.
 */
static enum tsn_outcome give_up(struct tsn_egress *egress, uint32_t index, int64_t time_ns) {
    struct tsn_node *node = &egress->nodes[index];
    enum tsn_outcome missed = node->flags & TSN_NODE_BLOCKED ? TSN_GATE_MISSED : TSN_DROPPED_LATE;
    struct tsn_stream *stream = tsn_egress_stream_of(egress, node->stream, node->generation);
    struct tsn_slot slot;
    if (!stream || stream->late_policy == TSN_LATE_DROP) return missed;
    if (stream->late_policy == TSN_LATE_NEXT_WINDOW && stream->window_ns) {
        if (tsn_stream_next_window(stream, time_ns, node->wire_ns, &slot) != TSN_QUEUED) return missed;
        tsn_count(&egress->stream_stats[node->stream].moved_to_next_window);
    } else {
        slot = (struct tsn_slot){.key_ns = time_ns, .latest_start_ns = INT64_MAX, .demoted = true};
        slot.launch_ns = node->flags & TSN_NODE_HAS_LAUNCH ? node->launch_ns : TSN_NO_LAUNCH;
    }
    apply_slot(egress, node, &slot);
    node->sequence = egress->next_sequence++;
    if (slot.demoted || slot.key_ns <= time_ns)
        queue_ready(egress, index, slot.demoted);
    else
        tsn_calendar_insert(&egress->calendar, index);
    return TSN_QUEUED;
}

/* What keeps the first frame of a class from starting at a time. */
enum verdict { STARTS, WAITS, IS_LATE, IS_ORPHAN, NEVER_FITS };

static inline enum verdict judge(struct tsn_egress *egress, unsigned c, const struct tsn_node *node,
                                 int64_t start_ns) {
    if (is_orphan(egress, node)) return IS_ORPHAN;
    if (start_ns > node->latest_start_ns) return IS_LATE;
    const struct tsn_gates *gates = &egress->gates;
    bool open = gates->open >> c & 1;
    if (open && node->wire_ns <= gates->close_ns[c] - start_ns) {
        if (!(egress->shaped >> c & 1) || egress->shapers[c].credit >= 0) return STARTS;
    } else if (node->wire_ns > gates->longest_open_ns[c]) {
        return NEVER_FITS;
    }
    return WAITS;
}

static inline void start_node(struct tsn_egress *egress, unsigned c, uint32_t index, int64_t start_ns,
                              struct tsn_emission *emission) {
    const struct tsn_node *node = &egress->nodes[index];
    int64_t close_ns = egress->gates.close_ns[c];
    fill_emission(emission, node, TSN_QUEUED);
    emission->start_ns = start_ns;
    emission->close_ns = close_ns;
    int64_t latest_ns = close_ns == TSN_NEVER ? TSN_NEVER : close_ns - node->wire_ns;
    emission->latest_start_ns = node->latest_start_ns < latest_ns ? node->latest_start_ns : latest_ns;
    egress->wire_free_ns = start_ns + node->wire_ns;
    if (egress->shaped >> c & 1) tsn_shaper_transmit(&egress->shapers[c], start_ns, node->wire_ns);
    give_node(egress, index);
}

/* One round over the ready classes, highest first. True if it put a frame into emission or moved one. */
static inline bool select_one(struct tsn_egress *egress, int64_t start_ns, struct tsn_emission *emission, bool *filled) {
    for (unsigned mask = egress->ready; mask;) {
        unsigned c = 31u - (unsigned)__builtin_clz(mask);
        mask &= ~(1u << c);
        struct tsn_list *list = tsn_class_queue_first(&egress->queues[c], egress->nodes);
        enum verdict verdict = judge(egress, c, &egress->nodes[list->head], start_ns);
        if (verdict == WAITS) {
            egress->nodes[list->head].flags |= TSN_NODE_BLOCKED;
            continue;
        }
        uint32_t index = take_first(egress, c, list);
        *filled = true;
        if (verdict == STARTS) {
            start_node(egress, c, index, start_ns, emission);
            return true;
        }
        enum tsn_outcome outcome = verdict == IS_ORPHAN    ? TSN_FLUSHED
                                   : verdict == NEVER_FITS ? TSN_NO_WINDOW
                                                           : give_up(egress, index, start_ns);
        if (outcome == TSN_QUEUED)
            *filled = false;
        else
            end_node(egress, index, outcome, start_ns, emission);
        return true;
    }
    return false;
}

size_t tsn_egress_dequeue(struct tsn_egress *egress, int64_t now_ns, struct tsn_emission *emissions, size_t room) {
    size_t count = 0;
    while (count < room) {
        int64_t start_ns = now_ns > egress->wire_free_ns ? now_ns : egress->wire_free_ns;
        if (start_ns > now_ns + egress->ahead_ns) break;
        advance(egress, start_ns);
        bool filled = false;
        if (!select_one(egress, start_ns, &emissions[count], &filled)) break;
        count += filled;
    }
    return count;
}

/* When the first frame of class c can start or is to be given up, if nothing else happens. */
static int64_t class_event_ns(struct tsn_egress *egress, unsigned c, int64_t start_ns) {
    const struct tsn_gates *gates = &egress->gates;
    const struct tsn_node *node = &egress->nodes[tsn_class_queue_first(&egress->queues[c], egress->nodes)->head];
    int64_t event_ns;
    if (start_ns >= gates->segment_end_ns) return start_ns;
    /* Once the wire is free, dequeue must see a frame wait, to know later that it missed its gate. */
    if (judge(egress, c, node, start_ns) != WAITS || !(node->flags & TSN_NODE_BLOCKED)) return start_ns;
    int64_t wait_ns = egress->shaped >> c & 1 ? tsn_shaper_wait_ns(&egress->shapers[c]) : 0;
    if (!(gates->open >> c & 1)) {
        event_ns = gates->open_ns[c];
    } else if (wait_ns > 0 && node->wire_ns <= gates->close_ns[c] - start_ns) {
        /* Credit is known as of updated_ns and grows for as long as the present segment lasts. */
        event_ns = wait_ns < gates->segment_end_ns - egress->shapers[c].updated_ns ? egress->shapers[c].updated_ns + wait_ns
                                                                                   : gates->segment_end_ns;
        if (event_ns < start_ns) event_ns = start_ns;
    } else {
        event_ns = gates->close_ns[c];
    }
    return node->latest_start_ns < event_ns ? node->latest_start_ns + 1 : event_ns;
}

int64_t tsn_egress_next_event(struct tsn_egress *egress, int64_t now_ns) {
    int64_t start_ns = now_ns > egress->wire_free_ns ? now_ns : egress->wire_free_ns;
    int64_t event_ns = tsn_calendar_first_ns(&egress->calendar);
    if (event_ns < start_ns) event_ns = start_ns;
    for (unsigned mask = egress->ready; mask && event_ns > start_ns; mask &= mask - 1) {
        int64_t class_ns = class_event_ns(egress, (unsigned)__builtin_ctz(mask), start_ns);
        if (class_ns < event_ns) event_ns = class_ns;
    }
    if (event_ns == TSN_NEVER) return TSN_NEVER;
    return event_ns - egress->ahead_ns > now_ns ? event_ns - egress->ahead_ns : now_ns;
}

/* --- completion --- */

void tsn_egress_sent(struct tsn_egress *egress, const struct tsn_emission *emission, int64_t sent_ns) {
    const struct tsn_stream *stream = settle(egress, emission->frame.stream, emission->generation);
    struct tsn_class_stats *of_class = &egress->stats->classes[emission->frame.traffic_class];
    enum tsn_outcome outcome = TSN_SENT;
    if (emission->frame.launch_ns != TSN_NO_LAUNCH) {
        int64_t error_ns = sent_ns - emission->frame.launch_ns;
        if (stream && error_ns > stream->late_tolerance_ns) outcome = TSN_SENT_LATE;
        tsn_histogram_add(&egress->stats->emission_error, error_ns);
        if (stream) tsn_histogram_add(&egress->stream_stats[emission->frame.stream].emission_error, error_ns);
    }
    if (emission->flags & TSN_NODE_DEMOTED) outcome = TSN_SENT_LATE;
    if (emission->close_ns != TSN_NEVER && sent_ns > emission->close_ns - emission->wire_ns)
        tsn_count(&of_class->transmission_overrun);
    count_outcome(egress, stream ? emission->frame.stream : TSN_STREAM_NONE, emission->frame.traffic_class, outcome);
    tsn_add(&of_class->sent_bytes, emission->frame.bytes);
    if (stream) tsn_add(&egress->stream_stats[emission->frame.stream].sent_bytes, emission->frame.bytes);
}

void tsn_egress_not_sent(struct tsn_egress *egress, const struct tsn_emission *emission, enum tsn_outcome outcome) {
    const struct tsn_stream *stream = settle(egress, emission->frame.stream, emission->generation);
    count_outcome(egress, stream ? emission->frame.stream : TSN_STREAM_NONE, emission->frame.traffic_class, outcome);
}

size_t tsn_egress_flush(struct tsn_egress *egress, struct tsn_emission *emissions, size_t room) {
    size_t count = 0;
    for (uint32_t index; count < room && (index = tsn_calendar_drain(&egress->calendar)) != TSN_NIL; count++)
        end_node(egress, index, TSN_FLUSHED, egress->time_ns, &emissions[count]);
    while (count < room && egress->ready) {
        unsigned c = (unsigned)__builtin_ctz(egress->ready);
        uint32_t index = take_first(egress, c, tsn_class_queue_first(&egress->queues[c], egress->nodes));
        end_node(egress, index, TSN_FLUSHED, egress->time_ns, &emissions[count++]);
    }
    return count;
}
