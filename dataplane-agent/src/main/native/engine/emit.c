/*
 * The way out, second half: egress -> device, each frame at its time.
 *
 * What can be done before a launch is done before: the egress is asked for the frame a moment early (it is told the time
 * of the launch, not the time it is), and then only the cycle counter is looked at until the time has come.
 */
#include "engine/poller.h"

#include <errno.h>

enum { UNLIMITED_RETRY_NS = 100000000, PAUSE_CYCLES = 400 };

/* Waits for the time at which a frame is to be handed over. Returns TAI at the end of the wait. */
static int64_t wait_until(const struct tsn_poller *poller, int64_t handover_ns) {
    const struct tsn_clock *clock = &poller->time.clock;
    int64_t now_ns = tsn_poller_tai_ns(poller);
    if (now_ns >= handover_ns) return now_ns;
    uint64_t target = tsn_clock_cycles_at(clock, handover_ns);
    while ((int64_t)(target - tsn_cycles()) > PAUSE_CYCLES) tsn_relax();
    uint64_t cycles;
    while ((int64_t)((cycles = tsn_cycles()) - target) < 0) {
    }
    return tsn_clock_tai_ns(clock, cycles);
}

static void complete_sent(struct tsn_poller *poller, const struct tsn_emission *emission, int64_t sent_ns) {
    tsn_egress_sent(poller->egress, emission, sent_ns);
    tsn_poller_finish(poller, (uint32_t)emission->frame.cookie, TSN_SENT);
}

static void complete_not_sent(struct tsn_poller *poller, const struct tsn_emission *emission, enum tsn_outcome outcome) {
    tsn_egress_not_sent(poller->egress, emission, outcome);
    tsn_poller_finish(poller, (uint32_t)emission->frame.cookie, outcome);
}

static bool expired(const struct tsn_emission *emission, int64_t wire_ns) {
    if (emission->latest_start_ns == TSN_NEVER) return wire_ns > emission->start_ns + UNLIMITED_RETRY_NS;
    return wire_ns > emission->latest_start_ns;
}

/* Hands one frame over at its time. False: the device is full, and the frame's time has not passed. */
static bool hand_over(struct tsn_poller *poller, const struct tsn_pending *pending) {
    const struct tsn_emission *emission = &pending->emission;
    struct tsn_frame_record *record = &poller->record[emission->frame.cookie];
    int64_t now_ns = wait_until(poller, emission->start_ns - poller->ahead_ns);
    int64_t sent_ns = now_ns + (int64_t)poller->config.launch_ahead_ns;
    if (poller->config.deliver_locally && tsn_poller_deliver_local(poller, record, &pending->destination)) {
        complete_sent(poller, emission, sent_ns);
        return true;
    }
    struct tsn_transmit_frame frame = {
        .buffer = record->buffer, .length = record->length, .lead_ns = emission->start_ns - sent_ns,
                                       .traffic_class = emission->frame.traffic_class};
    int taken = poller->backend->ops->transmit(poller->backend, &frame, 1);
    if (taken > 0) {
        record->buffer.data = NULL;
        /* A device that holds the frame sends it at its start; else it starts now. */
        bool held = poller->backend->launch_offload && emission->start_ns > sent_ns;
        complete_sent(poller, emission, held ? emission->start_ns : sent_ns);
        return true;
    }
    if (taken == 0) {
        tsn_count(&poller->stats->transmit_retries);
        if (!expired(emission, tsn_poller_wire_ns(poller))) return false;
    }
    complete_not_sent(poller, emission,
                      taken == 0 ? TSN_PORT_FULL : taken == -EMSGSIZE ? TSN_TOO_LARGE : TSN_PORT_ERROR);
    return true;
}

/* Hands pending frames over in order. True when none is left. */
static bool hand_over_pending(struct tsn_poller *poller) {
    for (; poller->pending_first < poller->pending_end; poller->pending_first++)
        if (!hand_over(poller, &poller->pending[poller->pending_first])) return false;
    poller->pending_first = poller->pending_end = 0;
    return true;
}

/* Puts emissions on the pending list, but for those that ended. */
static void prepare(struct tsn_poller *poller, const struct tsn_emission *emissions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t index = (uint32_t)emissions[i].frame.cookie;
        const struct tsn_frame_record *record = &poller->record[index];
        if (emissions[i].outcome != TSN_QUEUED) {
            tsn_poller_finish(poller, index, emissions[i].outcome);
            continue;
        }
        struct tsn_pending *pending = &poller->pending[poller->pending_end++];
        pending->emission = emissions[i];
        if (poller->config.deliver_locally && poller->bindings.count > 0)
            tsn_frame_destination(record->buffer.data, record->length, &pending->destination);
    }
}

uint32_t tsn_poller_emit(struct tsn_poller *poller, int64_t prepare_ns) {
    uint32_t ended = 0;
    if (!hand_over_pending(poller)) return 1;
    for (;;) {
        int64_t wire_ns = tsn_poller_wire_ns(poller);
        if (wire_ns < poller->next_event_ns) {
            if (poller->next_event_ns - wire_ns > prepare_ns) return ended;
            wire_ns = poller->prepared_ns = poller->next_event_ns;
        }
        struct tsn_emission emissions[TSN_BURST];
        size_t count = tsn_egress_dequeue(poller->egress, wire_ns, emissions, TSN_BURST);
        ended += (uint32_t)count;
        prepare(poller, emissions, count);
        bool all = hand_over_pending(poller);
        poller->next_event_ns = tsn_egress_next_event(poller->egress, tsn_poller_wire_ns(poller));
        /* Not for ever: rings and commands want their turn. */
        if (!all || count == 0 || ended >= TSN_BURST) return ended;
    }
}

static int64_t shifted(int64_t time_ns, int64_t by_ns) { return time_ns == TSN_NEVER ? TSN_NEVER : time_ns + by_ns; }

void tsn_poller_step(struct tsn_poller *poller, int64_t step_ns) {
    for (uint32_t i = poller->pending_first; i < poller->pending_end; i++) {
        struct tsn_emission *emission = &poller->pending[i].emission;
        emission->start_ns += step_ns;
        emission->latest_start_ns = shifted(emission->latest_start_ns, step_ns);
        emission->close_ns = shifted(emission->close_ns, step_ns);
        if (emission->frame.launch_ns != TSN_NO_LAUNCH) emission->frame.launch_ns += step_ns;
    }
}

void tsn_poller_flush(struct tsn_poller *poller) {
    for (; poller->pending_first < poller->pending_end; poller->pending_first++)
        complete_not_sent(poller, &poller->pending[poller->pending_first].emission, TSN_FLUSHED);
    poller->pending_first = poller->pending_end = 0;
    struct tsn_emission emissions[TSN_BURST];
    size_t count;
    while ((count = tsn_egress_flush(poller->egress, emissions, TSN_BURST)) > 0)
        for (size_t i = 0; i < count; i++) tsn_poller_finish(poller, (uint32_t)emissions[i].frame.cookie, TSN_FLUSHED);
}
