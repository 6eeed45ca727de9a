/* What a step of the clock does to the frames that are queued. */
#include "core/egress_internal.h"

static void end(struct tsn_egress *egress, uint32_t index, enum tsn_outcome outcome) {
    egress->nodes[index].outcome = (uint8_t)outcome;
    tsn_list_append(&egress->ended, egress->nodes, index);
}

size_t tsn_egress_take_ended(struct tsn_egress *egress, int64_t time_ns, struct tsn_emission *emissions, size_t room) {
    size_t count = 0;
    for (; count < room && egress->ended.head != TSN_NIL; count++) {
        uint32_t index = tsn_list_pop(&egress->ended, egress->nodes);
        tsn_egress_end_node(egress, index, (enum tsn_outcome)egress->nodes[index].outcome, time_ns, &emissions[count]);
    }
    return count;
}

/* The frame of a stream as it was handed over, as far as that is still known. */
static struct tsn_frame as_offered(const struct tsn_node *node) {
    struct tsn_frame frame = {.launch_ns = TSN_NO_LAUNCH, .stream = node->stream, .bytes = node->bytes};
    if (!(node->flags & TSN_NODE_LAUNCH)) return frame;
    frame.launch_ns = node->due_ns;
    if (!(node->flags & TSN_NODE_DEADLINE)) return frame;
    frame.flags = TSN_FRAME_DEADLINE;
    /* A deadline bounds the start, unless that was moved behind it. */
    if (!(node->flags & (TSN_NODE_DEMOTED | TSN_NODE_GUEST))) frame.launch_ns = node->latest_start_ns;
    return frame;
}

/* A frame without stream waits for its launch time, or is ready since now. */
static enum tsn_outcome place_untimed(const struct tsn_node *node, int64_t now_ns, struct tsn_slot *slot) {
    bool timed = node->flags & TSN_NODE_TIMED && node->due_ns > now_ns;
    int64_t key_ns = timed ? node->due_ns : now_ns;
    if (key_ns > now_ns + TSN_HORIZON_NS) return TSN_EARLY;
    *slot = (struct tsn_slot){
        .key_ns = key_ns, .latest_start_ns = INT64_MAX, .due_ns = key_ns, .flags = timed ? TSN_NODE_TIMED : 0};
    return TSN_QUEUED;
}

static enum tsn_outcome police_anew(struct tsn_egress *egress, const struct tsn_node *node, struct tsn_stream *stream,
                                    int64_t now_ns, struct tsn_slot *slot) {
    struct tsn_frame frame = as_offered(node);
    if (frame.launch_ns > now_ns + TSN_HORIZON_NS) return TSN_EARLY;
    enum tsn_outcome outcome = tsn_stream_police(stream, now_ns, &frame, node->wire_ns, slot);
    if (outcome == TSN_QUEUED && slot->moved) tsn_count(&egress->stream_stats[node->stream].moved_to_next_window);
    return outcome;
}

static void place_anew(struct tsn_egress *egress, uint32_t index, int64_t now_ns) {
    struct tsn_node *node = &egress->nodes[index];
    struct tsn_stream *stream = tsn_egress_stream_of(egress, node->stream, node->generation);
    if (node->stream != TSN_STREAM_NONE && (!stream || !stream->active)) {
        end(egress, index, TSN_FLUSHED);
        return;
    }
    struct tsn_slot slot;
    enum tsn_outcome outcome =
        stream ? police_anew(egress, node, stream, now_ns, &slot) : place_untimed(node, now_ns, &slot);
    if (outcome != TSN_QUEUED) {
        end(egress, index, outcome);
        return;
    }
    node->traffic_class = node->priority;
    node->sequence = egress->next_sequence++;
    tsn_egress_apply_slot(egress, node, &slot);
    bool fifo = (slot.flags & (TSN_NODE_TIMED | TSN_NODE_DEMOTED)) != TSN_NODE_TIMED;
    if (fifo || node->key_ns <= now_ns)
        tsn_egress_queue_ready(egress, index, fifo);
    else
        tsn_calendar_insert(&egress->calendar, index);
}

/* Takes all queued frames out, in the order in which they were to leave: those whose time had come, then the others. */
static struct tsn_list take_all(struct tsn_egress *egress) {
    struct tsn_list all = {TSN_NIL, TSN_NIL};
    while (egress->ready) {
        unsigned c = (unsigned)__builtin_ctz(egress->ready);
        struct tsn_list *first = tsn_class_queue_first(&egress->queues[c], egress->nodes);
        tsn_list_append(&all, egress->nodes, tsn_egress_take_first(egress, c, first));
    }
    for (uint32_t index; (index = tsn_calendar_drain(&egress->calendar)) != TSN_NIL;)
        tsn_list_append(&all, egress->nodes, index);
    return all;
}

static void forget_periods(struct tsn_stream *stream) {
    stream->base_ns = stream->left_due_ns = stream->moved_due_ns = stream->moved_key_ns = INT64_MIN;
    stream->owned = stream->guests = stream->claimed = stream->gone = 0;
}

void tsn_egress_step(struct tsn_egress *egress, int64_t now_ns) {
    struct tsn_list all = take_all(egress);
    tsn_gates_step(&egress->gates, now_ns);
    egress->time_ns = egress->wire_free_ns = now_ns;
    for (unsigned c = 0; c < TSN_CLASSES; c++) egress->shapers[c].updated_ns = now_ns;
    for (uint32_t i = 0; i < egress->stream_capacity; i++) forget_periods(&egress->streams[i]);
    /* The calendar is a ring from its first bucket on: all frames change over to a new one. */
    tsn_calendar_init(&egress->calendar, egress->nodes, egress->frame_capacity, egress->calendar.chunks, now_ns);
    while (all.head != TSN_NIL) place_anew(egress, tsn_list_pop(&all, egress->nodes), now_ns);
    tsn_count(&egress->stats->clock_steps);
    tsn_egress_publish_gates(egress);
}
