#include "core/egress_time.h"

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

void tsn_egress_advance_slow(struct tsn_egress *egress, int64_t time_ns) {
    if (time_ns < egress->gates.segment_end_ns) {
        run_shapers(egress, time_ns);
        return;
    }
    if (egress->shaped)
        advance_shaped(egress, time_ns);
    else
        tsn_gates_advance_slow(&egress->gates, time_ns);
    tsn_egress_publish_gates(egress);
}
