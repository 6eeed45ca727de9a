/* The way of a frame out: select, gate, hand over. */
#include "core/egress_time.h"

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
    if (!stream || stream->late_policy == TSN_LATE_DROP) return missed;
    struct tsn_slot slot = {.key_ns = time_ns,
                            .latest_start_ns = INT64_MAX,
                            .due_ns = node->due_ns,
                            .flags = node->flags & (TSN_NODE_TIMED | TSN_NODE_IN_LINE)};
    if (stream->late_policy == TSN_LATE_NEXT_WINDOW && stream->window_ns) {
        if (!tsn_stream_move(stream, time_ns, node->wire_ns, &slot)) return missed;
        tsn_count(&egress->stream_stats[node->stream].moved_to_next_window);
    } else {
        slot.flags = (uint8_t)((node->flags & TSN_NODE_TIMED) | TSN_NODE_DEMOTED);
    }
    tsn_egress_apply_slot(egress, node, &slot);
    bool fifo = slot.flags & TSN_NODE_DEMOTED;
    if (fifo) node->sequence = egress->next_sequence++; /* first in, first out */
    if (fifo || slot.key_ns <= time_ns)
        tsn_egress_queue_ready(egress, index, fifo);
    else
        tsn_calendar_insert(&egress->calendar, index);
    return TSN_QUEUED;
}

/* What keeps the first frame of a class from starting at a time. */
enum verdict { STARTS, WAITS, IS_LATE, IS_OVERTAKEN, IS_ORPHAN, NEVER_FITS };

/*
 * What stands against a frame that is not alone in its window. A late one gives way to the frame due there and does not
 * leave after one that was due later. Of those that share a window one leaves.
 */
static enum verdict judge_stray(struct tsn_egress *egress, const struct tsn_node *node, int64_t start_ns) {
    const struct tsn_stream *stream = &egress->streams[node->stream];
    bool in_line = node->flags & TSN_NODE_IN_LINE;
    if (node->flags & (TSN_NODE_GUEST | TSN_NODE_DEMOTED) && stream->left_due_ns > node->due_ns) return IS_OVERTAKEN;
    if (start_ns > node->latest_start_ns) return IS_LATE;
    if (node->flags & TSN_NODE_GUEST && tsn_stream_is_claimed(stream, node->key_ns, in_line)) return IS_OVERTAKEN;
    bool shares = node->flags & (TSN_NODE_GUEST | TSN_NODE_IN_LINE);
    return shares && tsn_stream_is_gone(stream, node->key_ns) ? IS_LATE : WAITS;
}

static inline enum verdict judge(struct tsn_egress *egress, unsigned c, const struct tsn_node *node,
                                 int64_t start_ns) {
    if (is_orphan(egress, node)) return IS_ORPHAN;
    if (node->flags & TSN_NODE_STRAY) {
        enum verdict verdict = judge_stray(egress, node, start_ns);
        if (verdict != WAITS) return verdict;
    }
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
    tsn_egress_fill(emission, node, TSN_QUEUED);
    emission->start_ns = start_ns;
    emission->close_ns = close_ns;
    int64_t latest_ns = close_ns == TSN_NEVER ? TSN_NEVER : close_ns - node->wire_ns;
    emission->latest_start_ns = node->latest_start_ns < latest_ns ? node->latest_start_ns : latest_ns;
    egress->wire_free_ns = start_ns + node->wire_ns;
    if (egress->shaped >> c & 1) tsn_shaper_transmit(&egress->shapers[c], start_ns, node->wire_ns);
    struct tsn_stream *stream = tsn_egress_stream_of(egress, node->stream, node->generation);
    if (stream) {
        if (node->due_ns > stream->left_due_ns) stream->left_due_ns = node->due_ns;
        if (node->flags & (TSN_NODE_GUEST | TSN_NODE_IN_LINE)) tsn_stream_take_window(stream, node->key_ns);
    }
    tsn_egress_give_node(egress, index);
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
        uint32_t index = tsn_egress_take_first(egress, c, list);
        *filled = true;
        if (verdict == STARTS) {
            start_node(egress, c, index, start_ns, emission);
            return true;
        }
        enum tsn_outcome outcome = verdict == IS_ORPHAN      ? TSN_FLUSHED
                                   : verdict == IS_OVERTAKEN ? TSN_DROPPED_LATE
                                   : verdict == NEVER_FITS   ? TSN_NO_WINDOW
                                                             : give_up(egress, index, start_ns);
        if (outcome == TSN_QUEUED)
            *filled = false;
        else
            tsn_egress_end_node(egress, index, outcome, start_ns, emission);
        return true;
    }
    return false;
}

size_t tsn_egress_dequeue(struct tsn_egress *egress, int64_t now_ns, struct tsn_emission *emissions, size_t room) {
    size_t count = egress->ended.head == TSN_NIL ? 0 : tsn_egress_take_ended(egress, now_ns, emissions, room);
    while (count < room) {
        int64_t start_ns = now_ns > egress->wire_free_ns ? now_ns : egress->wire_free_ns;
        if (start_ns > now_ns + egress->ahead_ns) break;
        tsn_egress_advance(egress, start_ns);
        bool filled = false;
        if (!select_one(egress, start_ns, &emissions[count], &filled)) break;
        count += filled;
    }
    return count;
}

size_t tsn_egress_dequeue_followers(struct tsn_egress *egress, int64_t now_ns, int64_t until_ns,
                                    struct tsn_emission *emissions, size_t room) {
    size_t count = 0;
    if (egress->shaped || egress->wire_free_ns <= now_ns) return 0;
    while (count < room && egress->ready) {
        int64_t start_ns = egress->wire_free_ns;
        /* calendar.due_ns may be too early: then these frames come one by one. */
        if (start_ns > until_ns || start_ns >= egress->gates.segment_end_ns || start_ns >= egress->calendar.due_ns) break;
        struct tsn_list *list = NULL;
        enum verdict verdict = WAITS;
        unsigned c = 0;
        for (unsigned mask = egress->ready; mask && verdict == WAITS; mask &= ~(1u << c)) {
            c = 31u - (unsigned)__builtin_clz(mask);
            list = tsn_class_queue_first(&egress->queues[c], egress->nodes);
            struct tsn_node *node = &egress->nodes[list->head];
            verdict = judge(egress, c, node, start_ns);
            if (verdict == WAITS) node->flags |= TSN_NODE_BLOCKED;
        }
        if (verdict != STARTS) break;
        start_node(egress, c, tsn_egress_take_first(egress, c, list), start_ns, &emissions[count++]);
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
        /* What no gate of the new list is open long enough for ends with the old one. */
        if (gates->admin && gates->config_change_time_ns < event_ns) event_ns = gates->config_change_time_ns;
    }
    return node->latest_start_ns < event_ns ? node->latest_start_ns + 1 : event_ns;
}

int64_t tsn_egress_next_event(struct tsn_egress *egress, int64_t now_ns) {
    int64_t start_ns = now_ns > egress->wire_free_ns ? now_ns : egress->wire_free_ns;
    if (egress->ended.head != TSN_NIL) return now_ns;
    int64_t event_ns = tsn_calendar_first_ns(&egress->calendar);
    if (event_ns < start_ns) event_ns = start_ns;
    for (unsigned mask = egress->ready; mask && event_ns > start_ns; mask &= mask - 1) {
        int64_t class_ns = class_event_ns(egress, (unsigned)__builtin_ctz(mask), start_ns);
        if (class_ns < event_ns) event_ns = class_ns;
    }
    if (event_ns == TSN_NEVER) return TSN_NEVER;
    return event_ns - egress->ahead_ns > now_ns ? event_ns - egress->ahead_ns : now_ns;
}
