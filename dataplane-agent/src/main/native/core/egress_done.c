/* The end of a frame: completion and counting. */
#include "core/egress_internal.h"

void tsn_egress_end_node(struct tsn_egress *egress, uint32_t index, enum tsn_outcome outcome, int64_t time_ns,
                         struct tsn_emission *emission) {
    const struct tsn_node *node = &egress->nodes[index];
    bool counted = tsn_egress_settle(egress, node->stream, node->generation) != NULL;
    tsn_egress_count_outcome(egress, counted ? node->stream : TSN_STREAM_NONE, node->priority, outcome);
    tsn_egress_fill(emission, node, outcome);
    emission->start_ns = time_ns;
    emission->latest_start_ns = node->latest_start_ns;
    emission->close_ns = TSN_NEVER;
    tsn_egress_give_node(egress, index);
}

static inline int64_t sent_time(const struct tsn_emission *emission, int64_t sent_ns, bool held) {
    return held && emission->start_ns > sent_ns ? emission->start_ns : sent_ns;
}

static inline void complete(struct tsn_egress *egress, const struct tsn_emission *emission, int64_t sent_ns) {
    uint32_t index = emission->frame.stream;
    const struct tsn_stream *stream = tsn_egress_settle(egress, index, emission->generation);
    struct tsn_stream_stats *of_stream = stream ? &egress->stream_stats[index] : NULL;
    struct tsn_class_stats *of_class = &egress->stats->classes[emission->frame.traffic_class];
    enum tsn_outcome outcome = emission->flags & TSN_NODE_DEMOTED ? TSN_SENT_LATE : TSN_SENT;
    if (emission->frame.launch_ns != TSN_NO_LAUNCH) {
        int64_t error_ns = sent_ns - emission->frame.launch_ns;
        struct tsn_histogram_place place = tsn_histogram_place(error_ns);
        tsn_histogram_add_at(&egress->stats->emission_error, place);
        if (stream) {
            tsn_histogram_add_at(&of_stream->emission_error, place);
            if (error_ns > stream->late_tolerance_ns) outcome = TSN_SENT_LATE;
        }
    }
    if (emission->close_ns != TSN_NEVER && sent_ns > emission->close_ns - emission->wire_ns)
        tsn_count(&of_class->transmission_overrun);
    tsn_count(&of_class->outcomes[outcome]);
    tsn_add(&of_class->sent_bytes, emission->frame.bytes);
    if (!stream) return;
    tsn_count(&of_stream->outcomes[outcome]);
    tsn_add(&of_stream->sent_bytes, emission->frame.bytes);
}

void tsn_egress_sent(struct tsn_egress *egress, const struct tsn_emission *emission, int64_t sent_ns) {
    complete(egress, emission, sent_ns);
}

void tsn_egress_sent_burst(struct tsn_egress *egress, const struct tsn_emission *emissions, size_t count, int64_t sent_ns,
                           bool held) {
    for (size_t i = 0; i < count; i++) {
        const struct tsn_frame *frame = &emissions[i].frame;
        if (frame->stream >= egress->stream_capacity || frame->launch_ns == TSN_NO_LAUNCH) continue;
        struct tsn_histogram_place place = tsn_histogram_place(sent_time(&emissions[i], sent_ns, held) - frame->launch_ns);
        __builtin_prefetch(tsn_histogram_bucket_at(&egress->stream_stats[frame->stream].emission_error, place), 1);
    }
    for (size_t i = 0; i < count; i++) complete(egress, &emissions[i], sent_time(&emissions[i], sent_ns, held));
}

void tsn_egress_not_sent(struct tsn_egress *egress, const struct tsn_emission *emission, enum tsn_outcome outcome) {
    const struct tsn_stream *stream = tsn_egress_settle(egress, emission->frame.stream, emission->generation);
    tsn_egress_count_outcome(egress, stream ? emission->frame.stream : TSN_STREAM_NONE, emission->frame.traffic_class,
                             outcome);
}

size_t tsn_egress_flush(struct tsn_egress *egress, struct tsn_emission *emissions, size_t room) {
    size_t count = tsn_egress_take_ended(egress, egress->time_ns, emissions, room);
    for (uint32_t index; count < room && (index = tsn_calendar_drain(&egress->calendar)) != TSN_NIL; count++)
        tsn_egress_end_node(egress, index, TSN_FLUSHED, egress->time_ns, &emissions[count]);
    while (count < room && egress->ready) {
        unsigned c = (unsigned)__builtin_ctz(egress->ready);
        uint32_t index = tsn_egress_take_first(egress, c, tsn_class_queue_first(&egress->queues[c], egress->nodes));
        tsn_egress_end_node(egress, index, TSN_FLUSHED, egress->time_ns, &emissions[count++]);
    }
    return count;
}
