/* Transmit buffers of backends that have none of their own: one block, a stack of free ones. */
#ifndef TSN_PORT_BUFFERS_H
#define TSN_PORT_BUFFERS_H

#include "port/backend.h"

struct tsn_buffers {
    uint8_t *memory;
    uint8_t **free;
    uint32_t free_count;
    uint32_t count;
};

/* 0 or -ENOMEM. */
int tsn_buffers_init(struct tsn_buffers *buffers, uint32_t count);
void tsn_buffers_release(struct tsn_buffers *buffers);

static inline struct tsn_buffer tsn_buffers_take(struct tsn_buffers *buffers) {
    struct tsn_buffer buffer = {NULL, NULL};
    if (buffers->free_count > 0) buffer.data = buffers->free[--buffers->free_count];
    return buffer;
}

static inline void tsn_buffers_drop(struct tsn_buffers *buffers, struct tsn_buffer buffer) {
    buffers->free[buffers->free_count++] = buffer.data;
}

#endif
