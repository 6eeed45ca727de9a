/*
 * The agent's side of one channel of shared memory. Positions of the agent are kept here and only written to the shared
 * memory, never read back. One thread at a time: the port's poll thread.
 */
#ifndef TSN_ENGINE_CHANNEL_H
#define TSN_ENGINE_CHANNEL_H

#include "protocol/shm.h"

#include <stdbool.h>

struct tsn_channel {
    struct tsn_shm_channel *shared;
    uint32_t transmit_consumer;
    uint32_t receive_producer;
    uint32_t error_producer;
    bool broken;       /* the process wrote an impossible position: nothing more is taken or given */
    bool doorbell_due; /* something was put on a ring since the last doorbell */
};

void tsn_channel_init(struct tsn_channel *channel, struct tsn_shm_channel *shared);

/* Whether a frame waits (or the ring is impossible, which tsn_channel_peek tells). One load. */
static inline bool tsn_channel_waiting(const struct tsn_channel *channel) {
    return !channel->broken && atomic_load_explicit(&channel->shared->transmit_producer.value, memory_order_acquire) !=
                                   channel->transmit_consumer;
}

/* Begins to fetch what tsn_channel_waiting reads. */
static inline void tsn_channel_prefetch_position(const struct tsn_channel *channel) {
    __builtin_prefetch(&channel->shared->transmit_producer);
}

/* Begins to fetch a coming descriptor (0: the next) and the start of its frame. */
static inline void tsn_channel_prefetch(const struct tsn_channel *channel, uint32_t ahead) {
    uint32_t slot = (channel->transmit_consumer + ahead) & TSN_SHM_RING_MASK;
    __builtin_prefetch(&channel->shared->transmit[slot]);
    __builtin_prefetch(channel->shared->transmit_slot[slot]);
    __builtin_prefetch(channel->shared->transmit_slot[slot] + 64);
}

/*
 * Copies the next descriptor. Returns the slot with the frame, which the process may still change; NULL when there is
 * none or the channel broke. The descriptor's length, time base, flags and reserved bytes are not yet checked.
 */
const uint8_t *tsn_channel_peek(struct tsn_channel *channel, struct tsn_transmit_descriptor *descriptor);

/* Gives the slot of the last peek back to the process. */
void tsn_channel_consume(struct tsn_channel *channel);

/* Whether a copied descriptor is one that the protocol allows. */
bool tsn_descriptor_valid(const struct tsn_transmit_descriptor *descriptor);

/* Puts a frame on the receive ring: copied from two pieces. False when the ring is full (counted there) or broken. */
bool tsn_channel_deliver(struct tsn_channel *channel, const struct tsn_receive_descriptor *descriptor,
                         const uint8_t *head, uint32_t head_bytes, const uint8_t *rest, uint32_t rest_bytes);

/* Puts a record on the error ring. False as above. */
bool tsn_channel_report(struct tsn_channel *channel, const struct tsn_error_record *record);

/* Says whether the poll thread sleeps: 1 makes the process write to its eventfd. Returns whether a frame waits anyway. */
static inline bool tsn_channel_sleeps(struct tsn_channel *channel, uint32_t sleeps) {
    atomic_store_explicit(&channel->shared->agent_sleeps.value, sleeps, memory_order_seq_cst);
    return !channel->broken && atomic_load_explicit(&channel->shared->transmit_producer.value, memory_order_seq_cst) !=
                                   channel->transmit_consumer;
}

/* Whether the process is to be woken for what was put on its rings; asks once per batch. */
bool tsn_channel_take_doorbell(struct tsn_channel *channel);

#endif
