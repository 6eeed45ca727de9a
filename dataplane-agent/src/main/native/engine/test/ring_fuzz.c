/*
 * Fuzzes what a process can write into its shared memory: the input is that memory, read as the poll thread reads it.
 * First 8 bytes: positions; then descriptors and frames.
 */
#include "engine/bindings.h"
#include "engine/channel.h"
#include "engine/frame.h"

#include <stdlib.h>
#include <string.h>

static void write_ring(struct tsn_shm_channel *shared, const uint8_t *data, size_t bytes) {
    uint32_t producer, consumer;
    memcpy(&producer, data, 4);
    memcpy(&consumer, data + 4, 4);
    /* Every other input is a ring that is possible: else most would end at the positions. */
    atomic_store(&shared->transmit_producer.value, producer & 1 ? producer : producer % (TSN_SHM_RING_ENTRIES + 1));
    atomic_store(&shared->receive_consumer.value, consumer & 1 ? consumer : 0);
    atomic_store(&shared->error_consumer.value, consumer & 1 ? consumer : 0);
    data += 8;
    bytes -= 8;
    for (uint32_t slot = 0; slot < TSN_SHM_RING_ENTRIES && bytes > 0; slot++) {
        size_t part = bytes < sizeof(shared->transmit[0]) ? bytes : sizeof(shared->transmit[0]);
        memcpy(&shared->transmit[slot], data, part);
        data += part;
        bytes -= part;
        part = bytes < 64 ? bytes : 64;
        memcpy(shared->transmit_slot[slot], data, part);
        data += part;
        bytes -= part;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes < 8) return 0;
    static struct tsn_shm_channel memory; /* a megabyte: what was written before is as good as zeros */
    struct tsn_shm_channel *shared = &memory;
    write_ring(shared, data, bytes);
    struct tsn_channel channel;
    tsn_channel_init(&channel, shared);
    uint8_t *copy = malloc(TSN_SHM_SLOT_BYTES + 4);
    struct tsn_transmit_descriptor descriptor;
    const uint8_t *slot;
    for (uint32_t taken = 0; (slot = tsn_channel_peek(&channel, &descriptor)) != NULL; taken++) {
        if (taken > TSN_SHM_RING_ENTRIES) abort(); /* more than a ring holds */
        if (tsn_descriptor_valid(&descriptor)) {
            int length = tsn_frame_copy_tagged(copy, slot, descriptor.length, (int32_t)(data[0] % 3) - 1);
            struct tsn_destination destination;
            if (length > (int)descriptor.length + 4) abort();
            if (length > 0) tsn_frame_destination(copy, (uint32_t)length, &destination);
        }
        struct tsn_receive_descriptor received = {.length = descriptor.length};
        tsn_channel_deliver(&channel, &received, copy, 12, copy + 12, descriptor.length % (TSN_SHM_SLOT_BYTES - 12));
        struct tsn_error_record record = {.cookie = descriptor.cookie};
        tsn_channel_report(&channel, &record);
        tsn_channel_consume(&channel);
    }
    tsn_channel_take_doorbell(&channel);
    free(copy);
    return 0;
}
