/* The way in: device or local pod -> bindings -> receive rings; doorbells. */
#include "engine/poller.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVERS_MAX = 64, ADDRESSES_BYTES = 2 * TSN_MAC_BYTES, TAG_BYTES = 4 };

static bool has_tag(const uint8_t *frame, uint32_t length) {
    return length >= ADDRESSES_BYTES + TAG_BYTES + 2 && frame[ADDRESSES_BYTES] == 0x81 && frame[ADDRESSES_BYTES + 1] == 0;
}

/* Puts one frame on the rings of its receivers, without its tag. `except` is a process that gets no copy. */
static uint32_t deliver(struct tsn_poller *poller, const uint8_t *data, uint32_t length,
                        const struct tsn_destination *destination, struct tsn_receive_descriptor descriptor,
                        uint32_t except) {
    uint32_t receivers[RECEIVERS_MAX];
    uint32_t count = tsn_bindings_match(&poller->bindings, destination, receivers, RECEIVERS_MAX);
    const uint8_t *rest = data + ADDRESSES_BYTES;
    if (has_tag(data, length)) {
        descriptor.flags |= TSN_RECEIVE_VLAN;
        descriptor.vlan_tci = (uint16_t)(data[ADDRESSES_BYTES + 2] << 8 | data[ADDRESSES_BYTES + 3]);
        rest += TAG_BYTES;
    }
    uint32_t rest_bytes = length - (uint32_t)(rest - data);
    descriptor.length = ADDRESSES_BYTES + rest_bytes;
    uint32_t reached = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct tsn_process_view *process = &poller->process[receivers[i]];
        if (receivers[i] == except || !process->used) continue;
        reached++;
        if (tsn_channel_deliver(&process->channel, &descriptor, data, ADDRESSES_BYTES, rest, rest_bytes))
            tsn_count(&poller->stats->receive_delivered);
        else
            tsn_count(&poller->stats->receive_lost);
    }
    return reached;
}

bool tsn_poller_deliver_local(struct tsn_poller *poller, const struct tsn_frame_record *record,
                              const struct tsn_destination *destination) {
    if (poller->bindings.count == 0) return false;
    struct tsn_receive_descriptor descriptor = {.time_ns = (uint64_t)tsn_poller_tai_ns(poller),
                                                .flags = TSN_RECEIVE_SAME_HOST};
    uint32_t except = destination->multicast ? record->process : UINT32_MAX;
    uint32_t reached = deliver(poller, record->buffer.data, record->length, destination, descriptor, except);
    if (reached > 0) tsn_count(&poller->stats->received_local);
    return reached > 0 && !destination->multicast;
}

/* Frames for the pods' kernel interfaces: whoever sends there gives the checksum along, or says that it is missing. */
static bool give_to_kernel(struct tsn_poller *poller, const struct tsn_receive_frame *frame) {
    if (poller->kernel_socket < 0 || send(poller->kernel_socket, frame->data, frame->length, MSG_DONTWAIT) < 0) return false;
    tsn_count(&poller->stats->receive_delivered);
    return true;
}

uint32_t tsn_poller_receive(struct tsn_poller *poller, uint32_t room) {
    const struct tsn_backend_ops *ops = poller->backend->ops;
    struct tsn_receive_frame frames[TSN_BURST];
    uint32_t count = ops->receive(poller->backend, frames, room);
    if (count == 0) return 0;
    uint64_t now_ns = (uint64_t)tsn_poller_tai_ns(poller);
    for (uint32_t i = 0; i < count; i++) {
        const struct tsn_receive_frame *frame = &frames[i];
        tsn_count(&poller->stats->received);
        struct tsn_destination destination;
        tsn_frame_destination(frame->data, frame->length, &destination);
        struct tsn_receive_descriptor descriptor = {.time_ns = now_ns, .vlan_tci = frame->vlan_tci};
        if (frame->realtime_ns != 0)
            descriptor.time_ns =
                (uint64_t)tsn_clock_to_tai_ns(&poller->time.clock, TSN_CLOCK_REALTIME, frame->realtime_ns);
        if (frame->has_vlan) descriptor.flags |= TSN_RECEIVE_VLAN;
        if (frame->checksum_pending) descriptor.flags |= TSN_RECEIVE_CHECKSUM_PENDING;
        bool whole = frame->length >= TSN_FRAME_MIN_BYTES;
        bool bound = whole && deliver(poller, frame->data, frame->length, &destination, descriptor, UINT32_MAX) > 0;
        /* Multicast is for both worlds. */
        bool for_kernel = whole && (!bound || destination.multicast) && give_to_kernel(poller, frame);
        if (!bound && !for_kernel) tsn_count(&poller->stats->receive_unmatched);
    }
    ops->receive_done(poller->backend);
    return count;
}

void tsn_poller_attend(struct tsn_poller *poller) {
    for (uint32_t i = 0; i < poller->processes; i++) {
        struct tsn_process_view *process = &poller->process[i];
        if (!process->used) continue;
        /* The process may have made its end blocking or filled it: this end does not care. */
        if (tsn_channel_take_doorbell(&process->channel)) send(process->doorbell, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (process->channel.broken && !process->cut_off) {
            process->cut_off = true;
            tsn_count(&poller->stats->processes_cut_off);
            uint64_t one = 1;
            if (write(poller->cut_off_descriptor, &one, sizeof(one)) < 0) process->cut_off = false;
        }
    }
}
