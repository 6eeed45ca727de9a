/* The way out, first half: rings -> checks -> egress. */
#include "engine/poller.h"

#include <errno.h>
#include <string.h>

enum { TAKE_BURST = 4, TAKE_BURST_BEHIND = 16 };

static struct tsn_pod_view *pod_of(struct tsn_poller *poller, const struct tsn_process_view *process) {
    return &poller->pod[process->pod];
}

void tsn_poller_finish(struct tsn_poller *poller, uint32_t index, enum tsn_outcome outcome) {
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
    uint32_t taken = 0, most = poller->behind ? TAKE_BURST_BEHIND : TAKE_BURST;
    /* Without a buffer or beyond its quota a pod's frames wait in its own ring. */
    while (taken < most && poller->free_records > 0 && pod->queued < poller->pod_quota) {
        struct tsn_transmit_descriptor descriptor;
        const uint8_t *slot = tsn_channel_peek(&process->channel, &descriptor);
        if (!slot) break;
        tsn_channel_prefetch(&process->channel, 1);
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
        if (outcome != TSN_QUEUED) tsn_poller_finish(poller, record_index, outcome);
        taken++;
        if (!poller->behind && tsn_poller_launch_is_near(poller)) break;
    }
    return taken;
}
