/*
 * The way out, second half: egress -> device, each frame at its time.
 *
 * What can be done before a launch is done before: the egress is asked for the frame a moment early (it is told the time
 * of the launch, not the time it is), and then only the cycle counter is looked at until the time has come. Frames that
 * leave one upon the other (simultaneous launches, those that waited for a gate or a poll thread that was away) go to the
 * device in one call.
 */
#include "engine/poller.h"

#include <errno.h>

enum { UNLIMITED_RETRY_NS = 100000000, PAUSE_CYCLES = 400, BEHIND_NS = 10000 };

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

static void complete_sent(struct tsn_poller *poller, const struct tsn_emission *emissions, uint32_t count, int64_t now_ns) {
    /* A device that holds frames sends each at its start; any other has it wait for those before it in its burst. */
    tsn_egress_sent_burst(poller->egress, emissions, count, now_ns + (int64_t)poller->config.launch_ahead_ns, true);
    for (uint32_t i = 0; i < count; i++) tsn_poller_finish(poller, (uint32_t)emissions[i].frame.cookie, TSN_SENT);
}

static void complete_not_sent(struct tsn_poller *poller, const struct tsn_emission *emission, enum tsn_outcome outcome) {
    tsn_egress_not_sent(poller->egress, emission, outcome);
    tsn_poller_finish(poller, (uint32_t)emission->frame.cookie, outcome);
}

static bool is_late(const struct tsn_emission *emission) {
    return emission->frame.launch_ns != TSN_NO_LAUNCH && emission->start_ns - emission->frame.launch_ns > BEHIND_NS;
}

static bool expired(const struct tsn_emission *emission, int64_t wire_ns) {
    if (emission->latest_start_ns == TSN_NEVER) return wire_ns > emission->start_ns + UNLIMITED_RETRY_NS;
    return wire_ns > emission->latest_start_ns;
}

static struct tsn_frame_record *record_of(struct tsn_poller *poller, const struct tsn_emission *emission) {
    return &poller->record[emission->frame.cookie];
}

/* Puts a frame on the rings of a pod of this port. True: that was all. */
static bool deliver_local(struct tsn_poller *poller, const struct tsn_emission *emission, struct tsn_way *way) {
    if (!way->local) return false;
    way->local = false; /* once, however often the device is offered a frame that is for both */
    return tsn_poller_deliver_local(poller, record_of(poller, emission), &way->destination);
}

/* Hands the first pending frame over at its time, and those that follow it right behind. False: the device is full. */
static bool hand_over(struct tsn_poller *poller) {
    uint32_t first = poller->pending_first, count = 0;
    const struct tsn_emission *emission = &poller->pending[first];
    int64_t now_ns = wait_until(poller, emission->start_ns - poller->ahead_ns);
    if (deliver_local(poller, emission, &poller->way[first])) {
        complete_sent(poller, emission, 1, now_ns);
        poller->pending_first++;
        return true;
    }
    struct tsn_transmit_frame frames[TSN_BURST];
    do {
        const struct tsn_frame_record *record = record_of(poller, &emission[count]);
        frames[count] = (struct tsn_transmit_frame){
            .buffer = record->buffer,
            .length = record->length,
            .lead_ns = emission[count].start_ns - (now_ns + (int64_t)poller->config.launch_ahead_ns),
            .traffic_class = emission[count].frame.traffic_class};
        count++;
    } while (first + count < poller->pending_end && poller->way[first + count].follows && !poller->way[first + count].local);
    int taken = poller->backend->ops->transmit(poller->backend, frames, count);
    if (taken > 0) {
        for (int i = 0; i < taken; i++) record_of(poller, &emission[i])->buffer.data = NULL;
        complete_sent(poller, emission, (uint32_t)taken, now_ns);
        poller->pending_first += (uint32_t)taken;
        return true;
    }
    if (taken == 0) {
        tsn_count(&poller->stats->transmit_retries);
        if (!expired(emission, tsn_poller_wire_ns(poller))) return false;
    }
    complete_not_sent(poller, emission,
                      taken == 0 ? TSN_PORT_FULL : taken == -EMSGSIZE ? TSN_TOO_LARGE : TSN_PORT_ERROR);
    poller->pending_first++;
    return true;
}

/* Hands pending frames over in order. True when none is left. */
static bool hand_over_pending(struct tsn_poller *poller) {
    while (poller->pending_first < poller->pending_end)
        if (!hand_over(poller)) return false;
    poller->pending_first = poller->pending_end = 0;
    return true;
}

/* Where a frame goes, found out before its time. */
static void find_way(const struct tsn_poller *poller, const struct tsn_emission *emission, struct tsn_way *way) {
    way->local = false;
    if (!poller->config.deliver_locally || poller->bindings.count == 0) return;
    const struct tsn_frame_record *record = &poller->record[emission->frame.cookie];
    uint32_t receiver;
    tsn_frame_destination(record->buffer.data, record->length, &way->destination);
    way->local = tsn_bindings_match(&poller->bindings, &way->destination, &receiver, 1) > 0;
}

/* Fills the empty pending list with what is to leave at wire_ns and right behind it. Returns how many frames ended or wait. */
static uint32_t prepare(struct tsn_poller *poller, int64_t wire_ns) {
    struct tsn_emission *pending = poller->pending;
    uint32_t due = (uint32_t)tsn_egress_dequeue(poller->egress, wire_ns, pending, TSN_BURST), count = due, kept = 0;
    if (due > 0)
        count += (uint32_t)tsn_egress_dequeue_followers(poller->egress, wire_ns, wire_ns + TSN_PREPARE_NS, pending + due,
                                                        TSN_BURST - due);
    for (uint32_t i = 0; i < count; i++) {
        if (pending[i].outcome != TSN_QUEUED) {
            tsn_poller_finish(poller, (uint32_t)pending[i].frame.cookie, pending[i].outcome);
            continue;
        }
        if (kept < i) pending[kept] = pending[i];
        poller->way[kept].follows = kept > 0 && i >= due;
        find_way(poller, &pending[kept], &poller->way[kept]);
        poller->behind = is_late(&pending[kept]);
        kept++;
    }
    poller->pending_end = kept;
    return count;
}

uint32_t tsn_poller_emit(struct tsn_poller *poller, int64_t prepare_ns) {
    uint32_t ended = 0;
    if (!hand_over_pending(poller)) return 1;
    for (;;) {
        int64_t wire_ns = tsn_poller_wire_ns(poller);
        if (wire_ns < poller->next_event_ns) {
            if (poller->next_event_ns - wire_ns > prepare_ns) {
                poller->behind = false;
                return ended;
            }
            wire_ns = poller->prepared_ns = poller->next_event_ns;
        }
        uint32_t count = prepare(poller, wire_ns);
        ended += count;
        bool all = hand_over_pending(poller);
        poller->next_event_ns = tsn_egress_next_event(poller->egress, tsn_poller_wire_ns(poller));
        /* Not for ever: rings and commands want their turn. */
        if (!all || count == 0 || ended >= TSN_BURST) return ended;
    }
}

static int64_t shifted(int64_t time_ns, int64_t by_ns) { return time_ns == TSN_NEVER ? TSN_NEVER : time_ns + by_ns; }

void tsn_poller_step(struct tsn_poller *poller, int64_t step_ns) {
    for (uint32_t i = poller->pending_first; i < poller->pending_end; i++) {
        struct tsn_emission *emission = &poller->pending[i];
        emission->start_ns += step_ns;
        emission->latest_start_ns = shifted(emission->latest_start_ns, step_ns);
        emission->close_ns = shifted(emission->close_ns, step_ns);
        if (emission->frame.launch_ns != TSN_NO_LAUNCH) emission->frame.launch_ns += step_ns;
    }
}

void tsn_poller_flush(struct tsn_poller *poller) {
    for (; poller->pending_first < poller->pending_end; poller->pending_first++)
        complete_not_sent(poller, &poller->pending[poller->pending_first], TSN_FLUSHED);
    poller->pending_first = poller->pending_end = 0;
    struct tsn_emission emissions[TSN_BURST];
    size_t count;
    while ((count = tsn_egress_flush(poller->egress, emissions, TSN_BURST)) > 0)
        for (size_t i = 0; i < count; i++) tsn_poller_finish(poller, (uint32_t)emissions[i].frame.cookie, TSN_FLUSHED);
}
