/* Takes every frame at once and receives none. */
#include "port/buffers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct null_backend {
    struct tsn_backend base;
    struct tsn_buffers buffers;
};

static struct null_backend *self_of(struct tsn_backend *backend) { return (struct null_backend *)backend; }

static int null_open(const struct tsn_backend_config *config, struct tsn_backend **backend, char *error,
                     size_t error_bytes) {
    struct null_backend *self = calloc(1, sizeof(*self));
    if (!self || tsn_buffers_init(&self->buffers, config->buffers)) {
        snprintf(error, error_bytes, "no memory for %u frame buffers", config->buffers);
        free(self);
        return -ENOMEM;
    }
    self->base.ops = &tsn_backend_null;
    *backend = &self->base;
    return 0;
}

static void null_close(struct tsn_backend *backend) {
    tsn_buffers_release(&self_of(backend)->buffers);
    free(backend);
}

static struct tsn_buffer null_buffer_take(struct tsn_backend *backend) {
    return tsn_buffers_take(&self_of(backend)->buffers);
}

static void null_buffer_drop(struct tsn_backend *backend, struct tsn_buffer buffer) {
    tsn_buffers_drop(&self_of(backend)->buffers, buffer);
}

static int null_transmit(struct tsn_backend *backend, const struct tsn_transmit_frame *frames, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) null_buffer_drop(backend, frames[i].buffer);
    return (int)count;
}

static uint32_t null_receive(struct tsn_backend *backend, struct tsn_receive_frame *frames, uint32_t room) {
    (void)backend, (void)frames, (void)room;
    return 0;
}

static void null_receive_done(struct tsn_backend *backend) { (void)backend; }

static int null_receive_descriptor(const struct tsn_backend *backend) {
    (void)backend;
    return -1;
}

static bool null_link_up(struct tsn_backend *backend) {
    (void)backend;
    return true;
}

static uint64_t null_transmit_errors(struct tsn_backend *backend) {
    (void)backend;
    return 0;
}

const struct tsn_backend_ops tsn_backend_null = {
    .name = "null",
    .open = null_open,
    .close = null_close,
    .buffer_take = null_buffer_take,
    .buffer_drop = null_buffer_drop,
    .transmit = null_transmit,
    .receive = null_receive,
    .receive_done = null_receive_done,
    .receive_descriptor = null_receive_descriptor,
    .link_up = null_link_up,
    .transmit_errors = null_transmit_errors,
};
