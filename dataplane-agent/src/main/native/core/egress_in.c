/* The way of a frame in: validate, classify, police, queue. */
#include "core/egress_time.h"

static __attribute__((noinline, cold)) enum tsn_outcome refuse(struct tsn_egress *egress, uint32_t stream,
                                                               unsigned traffic_class, enum tsn_outcome outcome) {
    tsn_egress_count_outcome(egress, stream, traffic_class, outcome);
    return outcome;
}

void tsn_egress_refuse(struct tsn_egress *egress, uint32_t stream, uint8_t traffic_class, enum tsn_outcome outcome) {
    bool known = stream < egress->stream_capacity && egress->streams[stream].active;
    unsigned counted_class = known ? egress->streams[stream].traffic_class : traffic_class & 7u;
    tsn_egress_count_offered(egress, known ? stream : TSN_STREAM_NONE, counted_class);
    tsn_egress_count_outcome(egress, known ? stream : TSN_STREAM_NONE, counted_class, outcome);
}

/* Gives a frame without stream its class; false: the port takes no such frames. */
static bool classify_untimed(const struct tsn_egress *egress, const struct tsn_frame *frame) {
    return frame->stream == TSN_STREAM_NONE && frame->traffic_class < TSN_CLASSES &&
           egress->untimed_classes >> frame->traffic_class & 1;
}

/* What the port refuses of any frame. */
static inline enum tsn_outcome check(const struct tsn_egress *egress, int64_t now_ns, const struct tsn_frame *frame,
                                     unsigned traffic_class, const struct tsn_stream *stream) {
    uint32_t bytes = frame->bytes < TSN_MIN_FRAME_BYTES ? TSN_MIN_FRAME_BYTES : frame->bytes;
    if (bytes > egress->max_bytes[traffic_class]) return TSN_TOO_LARGE;
    if (stream && bytes > stream->frame_bytes) return TSN_POLICED_SIZE;
    if (egress->wire_ns[bytes] > egress->gates.longest_open_ns[traffic_class]) return TSN_NO_WINDOW;
    if (stream ? stream->room == 0 : egress->untimed_queued >= egress->untimed_limit) return TSN_QUEUE_FULL;
    if (frame->launch_ns > now_ns + TSN_HORIZON_NS) return TSN_EARLY;
    if (egress->free_head == TSN_NIL && egress->free_never == egress->frame_capacity) return TSN_QUEUE_FULL;
    return TSN_QUEUED;
}

enum tsn_outcome tsn_egress_enqueue(struct tsn_egress *egress, int64_t now_ns, const struct tsn_frame *frame) {
    struct tsn_stream *stream = NULL;
    uint32_t index_of_stream = frame->stream;
    unsigned traffic_class = frame->traffic_class & 7u;
    if (index_of_stream < egress->stream_capacity && egress->streams[index_of_stream].active) {
        stream = &egress->streams[index_of_stream];
        traffic_class = stream->traffic_class;
    } else {
        index_of_stream = TSN_STREAM_NONE;
    }
    tsn_egress_count_offered(egress, index_of_stream, traffic_class);
    if (!stream && !classify_untimed(egress, frame)) return refuse(egress, index_of_stream, traffic_class, TSN_NO_STREAM);
    if (now_ns < egress->time_ns) now_ns = egress->time_ns;
    /* Shapers too: a frame whose launch time has passed must not count as waiting before it came. */
    if (now_ns >= egress->gates.segment_end_ns || egress->shaped) tsn_egress_advance(egress, now_ns);
    enum tsn_outcome outcome = check(egress, now_ns, frame, traffic_class, stream);
    if (outcome != TSN_QUEUED) return refuse(egress, index_of_stream, traffic_class, outcome);

    uint32_t wire_ns = egress->wire_ns[frame->bytes];
    struct tsn_slot slot;
    if (stream) {
        outcome = tsn_stream_police(stream, now_ns, frame, wire_ns, &slot);
        if (outcome != TSN_QUEUED) return refuse(egress, index_of_stream, traffic_class, outcome);
        if (slot.moved) tsn_count(&egress->stream_stats[index_of_stream].moved_to_next_window);
        stream->room--;
    } else {
        bool timed = frame->launch_ns > now_ns;
        int64_t key_ns = timed ? frame->launch_ns : now_ns;
        slot = (struct tsn_slot){
            .key_ns = key_ns, .latest_start_ns = INT64_MAX, .due_ns = key_ns, .flags = timed ? TSN_NODE_TIMED : 0};
        egress->untimed_queued++;
    }
    uint32_t index = tsn_egress_take_node(egress);
    struct tsn_node *node = &egress->nodes[index];
    node->sequence = egress->next_sequence++;
    node->cookie = frame->cookie;
    node->stream = index_of_stream;
    node->wire_ns = wire_ns;
    node->bytes = frame->bytes;
    node->generation = stream ? stream->generation : 0;
    node->traffic_class = node->priority = (uint8_t)traffic_class;
    node->flags = frame->launch_ns == TSN_NO_LAUNCH      ? 0
                  : frame->flags & TSN_FRAME_DEADLINE ? TSN_NODE_GIVEN
                                                      : TSN_NODE_LAUNCH;
    tsn_egress_apply_slot(egress, node, &slot);
    bool fifo = (slot.flags & (TSN_NODE_TIMED | TSN_NODE_DEMOTED)) != TSN_NODE_TIMED;
    if (fifo || node->key_ns <= egress->time_ns)
        tsn_egress_queue_ready(egress, index, fifo);
    else
        tsn_calendar_insert(&egress->calendar, index);
    return TSN_QUEUED;
}

void tsn_egress_enqueue_burst(struct tsn_egress *egress, int64_t now_ns, const struct tsn_frame *frames, size_t count,
                              enum tsn_outcome *outcomes) {
    for (size_t i = 0; i < count; i++) {
        if (frames[i].stream < egress->stream_capacity) {
            __builtin_prefetch(&egress->streams[frames[i].stream], 1);
            __builtin_prefetch(&egress->stream_stats[frames[i].stream], 1);
        }
        tsn_calendar_prefetch(&egress->calendar, frames[i].launch_ns);
    }
    for (size_t i = 0; i < count; i++) tsn_calendar_prefetch_chunk(&egress->calendar, frames[i].launch_ns);
    for (size_t i = 0; i < count; i++) outcomes[i] = tsn_egress_enqueue(egress, now_ns, &frames[i]);
}
