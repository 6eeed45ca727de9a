/* The way out: rings -> checks -> egress -> device. */
#include "engine/poller.h"

#include <errno.h>
#include <string.h>

enum { TAKE_BURST = 4, SPIN_NS = 1000, UNLIMITED_RETRY_NS = 100000000 };

static struct tsn_pod_view *pod_of(struct tsn_poller *poller, const struct tsn_process_view *process) {
    return &poller->pod[process->pod];
}

/* Ends a frame: its buffer, its place, its share of the pod's quota, and the report that its sender asked for. */
static void finish(struct tsn_poller *poller, uint32_t index, enum tsn_outcome outcome) {
    struct tsn_frame_record *record = &poller->record[index];
    if (record->buffer.data) poller->backend->ops->buffer_drop(poller->backend, record->buffer);
    struct tsn_pod_view *pod = &poller->pod[record->pod];
    if (pod->generation == record->pod_generation) pod->queued--;
    struct tsn_process_view *process = &poller->process[record->process];
    bool dropped = outcome != TSN_SENT && outcome != TSN_SENT_LATE;
    if (dropped && (record->flags & TSN_TRANSMIT_REPORT_ERRORS) && process->used &&
        process->generation == record->process_generation) {
        struct tsn_error_record report = {.cookie = record->cookie,
                                          .time_ns = record->time_ns,
                                          .outcome = (uint32_t)outcome,
                                          .stream = record->stream};
        if (!tsn_channel_report(&process->channel, &report)) tsn_count(&poller->stats->error_lost);
    }
    poller->free_record[poller->free_records++] = index;
}

/* The stream that a descriptor means, as index of the egress. False: of a stream that is not there. */
static bool find_stream(const struct tsn_poller *poller, const struct tsn_pod_view *pod,
                        const struct tsn_transmit_descriptor *descriptor, uint32_t *stream) {
    *stream = TSN_STREAM_NONE;
    if (descriptor->stream != TSN_STREAM_ANY) {
        if (descriptor->stream < pod->stream_count) *stream = pod->stream[descriptor->stream];
        return *stream != TSN_STREAM_NONE;
    }
    uint32_t only = TSN_STREAM_NONE;
    uint32_t count = 0;
    for (uint32_t i = 0; i < pod->stream_count; i++) {
        uint32_t candidate = pod->stream[i];
        if (candidate == TSN_STREAM_NONE) continue;
        if (poller->stream_class[candidate] == descriptor->traffic_class) {
            *stream = candidate;
            return true;
        }
        only = candidate;
        count++;
    }
    bool any = descriptor->traffic_class == TSN_CLASS_ANY ||
               (descriptor->traffic_class == 0 && descriptor->time_base != TSN_TIME_NONE);
    if (any && count == 1) *stream = only;
    /* Best effort is the egress's to allow or refuse; a frame of no class at all is not. */
    return *stream != TSN_STREAM_NONE || descriptor->traffic_class != TSN_CLASS_ANY;
}

static int64_t launch_of(const struct tsn_poller *poller, const struct tsn_transmit_descriptor *descriptor) {
    int64_t time_ns = (int64_t)descriptor->time_ns;
    switch (descriptor->time_base) {
        case TSN_TIME_TAI: return time_ns;
        case TSN_TIME_MONOTONIC: return tsn_clock_to_tai_ns(&poller->time.clock, TSN_CLOCK_MONOTONIC, time_ns);
        case TSN_TIME_REALTIME: return tsn_clock_to_tai_ns(&poller->time.clock, TSN_CLOCK_REALTIME, time_ns);
        default: return TSN_NO_LAUNCH;
    }
}

static bool source_allowed(const struct tsn_pod_view *pod, const uint8_t *frame) {
    for (uint32_t i = 0; i < pod->mac_count; i++)
        if (memcmp(pod->macs[i], frame + TSN_MAC_BYTES, TSN_MAC_BYTES) == 0) return true;
    return pod->mac_count == 0;
}

/* Copies, checks and queues one frame. Returns what came of it; *buffer is still the caller's unless TSN_QUEUED. */
static enum tsn_outcome accept_frame(struct tsn_poller *poller, const struct tsn_pod_view *pod,
                                     const struct tsn_transmit_descriptor *descriptor, const uint8_t *slot,
                                     struct tsn_frame_record *record) {
    uint32_t stream = TSN_STREAM_NONE;
    uint8_t class = descriptor->traffic_class & 7u;
    enum tsn_outcome refusal = TSN_BAD_DESCRIPTOR;
    if (tsn_descriptor_valid(descriptor)) {
        if (find_stream(poller, pod, descriptor, &stream)) {
            if (stream != TSN_STREAM_NONE) class = poller->stream_class[stream];
            int32_t vlan = poller->config.vlan_id;
            int32_t tag = vlan < 0 ? TSN_VLAN_NONE : (int32_t)(class << 13) | vlan;
            int length = tsn_frame_copy_tagged(record->buffer.data, slot, descriptor->length, tag);
            if (length > 0 && source_allowed(pod, record->buffer.data)) {
                record->length = (uint32_t)length;
                struct tsn_frame frame = {
                    .cookie = (uint64_t)(record - poller->record),
                    .launch_ns = launch_of(poller, descriptor),
                    .stream = stream,
                    .bytes = (uint16_t)tsn_frame_wire_bytes(record->length),
                    .traffic_class = class,
                    .flags = descriptor->flags & TSN_TRANSMIT_DEADLINE ? TSN_FRAME_DEADLINE : 0,
                };
                return tsn_egress_enqueue(poller->egress, tsn_poller_wire_ns(poller), &frame);
            }
        } else {
            refusal = TSN_NO_STREAM;
        }
    }
    tsn_egress_refuse(poller->egress, stream, class, refusal);
    return refusal;
}

uint32_t tsn_poller_take(struct tsn_poller *poller, uint32_t index) {
    struct tsn_process_view *process = &poller->process[index];
    struct tsn_pod_view *pod = pod_of(poller, process);
    uint32_t taken = 0;
    /* Without a buffer or beyond its quota a pod's frames wait in its own ring. */
    while (taken < TAKE_BURST && poller->free_records > 0 && pod->queued < poller->pod_quota) {
        struct tsn_transmit_descriptor descriptor;
        const uint8_t *slot = tsn_channel_peek(&process->channel, &descriptor);
        if (!slot) break;
        struct tsn_buffer buffer = poller->backend->ops->buffer_take(poller->backend);
        if (!buffer.data) break;
        uint32_t record_index = poller->free_record[--poller->free_records];
        poller->record[record_index] = (struct tsn_frame_record){
            .buffer = buffer,
            .cookie = descriptor.cookie,
            .time_ns = descriptor.time_ns,
            .process = index,
            .process_generation = process->generation,
            .pod = process->pod,
            .pod_generation = pod->generation,
            .stream = descriptor.stream,
            .flags = descriptor.flags,
        };
        pod->queued++;
        enum tsn_outcome outcome = accept_frame(poller, pod, &descriptor, slot, &poller->record[record_index]);
        tsn_channel_consume(&process->channel);
        if (outcome != TSN_QUEUED) finish(poller, record_index, outcome);
        taken++;
    }
    return taken;
}

static void complete_sent(struct tsn_poller *poller, uint32_t position, int64_t sent_ns) {
    const struct tsn_emission *emission = &poller->pending[position];
    /* A device that holds the frame sends it at its start; else it starts now. */
    bool held = poller->backend->launch_offload && emission->start_ns > sent_ns;
    tsn_egress_sent(poller->egress, emission, held ? emission->start_ns : sent_ns);
    poller->record[emission->frame.cookie].buffer.data = NULL;
    finish(poller, (uint32_t)emission->frame.cookie, TSN_SENT);
}

static void complete_not_sent(struct tsn_poller *poller, uint32_t position, enum tsn_outcome outcome) {
    const struct tsn_emission *emission = &poller->pending[position];
    tsn_egress_not_sent(poller->egress, emission, outcome);
    finish(poller, (uint32_t)emission->frame.cookie, outcome);
}

static bool expired(const struct tsn_emission *emission, int64_t wire_ns) {
    if (emission->latest_start_ns == TSN_NEVER) return wire_ns > emission->start_ns + UNLIMITED_RETRY_NS;
    return wire_ns > emission->latest_start_ns;
}

/* Hands pending frames over in order. True when none is left. */
static bool transmit_pending(struct tsn_poller *poller) {
    while (poller->pending_first < poller->pending_end) {
        /* Without a lead: what the clock says when the call begins. */
        int64_t sent_ns = tsn_poller_tai_ns(poller) + (int64_t)poller->config.launch_ahead_ns;
        int taken = poller->backend->ops->transmit(poller->backend, &poller->pending_frame[poller->pending_first],
                                                   poller->pending_end - poller->pending_first);
        for (int i = 0; i < taken; i++) complete_sent(poller, poller->pending_first++, sent_ns);
        if (taken > 0) continue;
        if (taken < 0) {
            complete_not_sent(poller, poller->pending_first++, taken == -EMSGSIZE ? TSN_TOO_LARGE : TSN_PORT_ERROR);
            continue;
        }
        tsn_count(&poller->stats->transmit_retries);
        if (!expired(&poller->pending[poller->pending_first], tsn_poller_wire_ns(poller))) return false;
        complete_not_sent(poller, poller->pending_first++, TSN_PORT_FULL);
    }
    poller->pending_first = poller->pending_end = 0;
    return true;
}

/* Puts emissions on the pending list, but for those that ended and those for a pod of this port alone. */
static void sort_out(struct tsn_poller *poller, const struct tsn_emission *emissions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct tsn_emission *emission = &emissions[i];
        uint32_t index = (uint32_t)emission->frame.cookie;
        struct tsn_frame_record *record = &poller->record[index];
        if (emission->outcome != TSN_QUEUED) {
            finish(poller, index, emission->outcome);
        } else if (poller->config.deliver_locally && tsn_poller_deliver_local(poller, record)) {
            int64_t sent_ns = tsn_poller_tai_ns(poller) + (int64_t)poller->config.launch_ahead_ns;
            tsn_egress_sent(poller->egress, emission, sent_ns);
            finish(poller, index, TSN_SENT);
        } else {
            poller->pending[poller->pending_end] = *emission;
            poller->pending_frame[poller->pending_end++] = (struct tsn_transmit_frame){
                .buffer = record->buffer,
                .length = record->length,
                .lead_ns = emission->start_ns - (int64_t)poller->config.launch_ahead_ns - tsn_poller_tai_ns(poller),
            };
        }
    }
}

void tsn_poller_emit(struct tsn_poller *poller) {
    if (!transmit_pending(poller)) return;
    for (;;) {
        int64_t wire_ns = tsn_poller_wire_ns(poller);
        if (wire_ns < poller->next_event_ns) {
            if (poller->next_event_ns - wire_ns > SPIN_NS) return;
            while (tsn_poller_wire_ns(poller) < poller->next_event_ns) tsn_relax();
            wire_ns = tsn_poller_wire_ns(poller);
        }
        struct tsn_emission emissions[TSN_BURST];
        size_t count = tsn_egress_dequeue(poller->egress, wire_ns, emissions, TSN_BURST);
        sort_out(poller, emissions, count);
        bool all = transmit_pending(poller);
        poller->next_event_ns = tsn_egress_next_event(poller->egress, wire_ns);
        /* Not for ever: rings and commands want their turn. */
        if (!all || count < TSN_BURST) return;
    }
}

void tsn_poller_flush(struct tsn_poller *poller) {
    for (; poller->pending_first < poller->pending_end; poller->pending_first++)
        complete_not_sent(poller, poller->pending_first, TSN_FLUSHED);
    poller->pending_first = poller->pending_end = 0;
    struct tsn_emission emissions[TSN_BURST];
    size_t count;
    while ((count = tsn_egress_flush(poller->egress, emissions, TSN_BURST)) > 0)
        for (size_t i = 0; i < count; i++) finish(poller, (uint32_t)emissions[i].frame.cookie, TSN_FLUSHED);
}
