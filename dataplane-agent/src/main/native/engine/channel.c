#include "engine/channel.h"

#include <string.h>

/* What was copied from shared memory is not read from there again. */
static void copied(void) { __asm__ volatile("" ::: "memory"); }

void tsn_channel_init(struct tsn_channel *channel, struct tsn_shm_channel *shared) {
    *channel = (struct tsn_channel){.shared = shared};
}

const uint8_t *tsn_channel_peek(struct tsn_channel *channel, struct tsn_transmit_descriptor *descriptor) {
    if (channel->broken) return NULL;
    struct tsn_shm_channel *shared = channel->shared;
    uint32_t producer = atomic_load_explicit(&shared->transmit_producer.value, memory_order_acquire);
    uint32_t used = tsn_shm_used(producer, channel->transmit_consumer);
    if (used == UINT32_MAX) {
        channel->broken = true;
        return NULL;
    }
    if (used == 0) return NULL;
    uint32_t slot = channel->transmit_consumer & TSN_SHM_RING_MASK;
    memcpy(descriptor, &shared->transmit[slot], sizeof(*descriptor));
    copied();
    return shared->transmit_slot[slot];
}

void tsn_channel_consume(struct tsn_channel *channel) {
    channel->transmit_consumer++;
    atomic_store_explicit(&channel->shared->transmit_consumer.value, channel->transmit_consumer, memory_order_release);
}

bool tsn_descriptor_valid(const struct tsn_transmit_descriptor *descriptor) {
    static const uint8_t ZERO[sizeof(descriptor->reserved)];
    const uint8_t known = TSN_TRANSMIT_REPORT_ERRORS | TSN_TRANSMIT_DEADLINE;
    return descriptor->length >= TSN_FRAME_MIN_BYTES && descriptor->length <= TSN_FRAME_MAX_BYTES &&
           descriptor->time_base <= TSN_TIME_REALTIME && (descriptor->flags & ~known) == 0 &&
           (descriptor->traffic_class <= 7 || descriptor->traffic_class == TSN_CLASS_ANY) &&
           (descriptor->time_base == TSN_TIME_NONE || descriptor->time_ns <= INT64_MAX / 2) &&
           memcmp(descriptor->reserved, ZERO, sizeof(ZERO)) == 0;
}

/* Free entries of a ring that the agent fills; 0 when full, or when the process wrote an impossible position. */
static uint32_t room_of(struct tsn_channel *channel, struct tsn_shm_position *consumer, uint32_t producer) {
    uint32_t used = tsn_shm_used(producer, atomic_load_explicit(&consumer->value, memory_order_acquire));
    if (used == UINT32_MAX) {
        channel->broken = true;
        return 0;
    }
    return TSN_SHM_RING_ENTRIES - used;
}

static void count_lost(struct tsn_shm_position *lost) {
    atomic_fetch_add_explicit(&lost->value, 1, memory_order_relaxed);
}

bool tsn_channel_deliver(struct tsn_channel *channel, const struct tsn_receive_descriptor *descriptor,
                         const uint8_t *head, uint32_t head_bytes, const uint8_t *rest, uint32_t rest_bytes) {
    struct tsn_shm_channel *shared = channel->shared;
    if (channel->broken) return false;
    if (head_bytes + rest_bytes > TSN_SHM_SLOT_BYTES ||
        room_of(channel, &shared->receive_consumer, channel->receive_producer) == 0) {
        count_lost(&shared->receive_lost);
        return false;
    }
    uint32_t slot = channel->receive_producer & TSN_SHM_RING_MASK;
    memcpy(shared->receive_slot[slot], head, head_bytes);
    memcpy(shared->receive_slot[slot] + head_bytes, rest, rest_bytes);
    shared->receive[slot] = *descriptor;
    atomic_store_explicit(&shared->receive_producer.value, ++channel->receive_producer, memory_order_release);
    channel->doorbell_due = true;
    return true;
}

bool tsn_channel_report(struct tsn_channel *channel, const struct tsn_error_record *record) {
    struct tsn_shm_channel *shared = channel->shared;
    if (channel->broken) return false;
    if (room_of(channel, &shared->error_consumer, channel->error_producer) == 0) {
        count_lost(&shared->error_lost);
        return false;
    }
    shared->error[channel->error_producer & TSN_SHM_RING_MASK] = *record;
    atomic_store_explicit(&shared->error_producer.value, ++channel->error_producer, memory_order_release);
    channel->doorbell_due = true;
    return true;
}

bool tsn_channel_take_doorbell(struct tsn_channel *channel) {
    if (!channel->doorbell_due) return false;
    channel->doorbell_due = false;
    /* Again, in the one order of tsn_shm_may_sleep. */
    struct tsn_shm_channel *shared = channel->shared;
    atomic_store_explicit(&shared->receive_producer.value, channel->receive_producer, memory_order_seq_cst);
    atomic_store_explicit(&shared->error_producer.value, channel->error_producer, memory_order_seq_cst);
    return atomic_load_explicit(&shared->process_waits.value, memory_order_seq_cst) != 0;
}
