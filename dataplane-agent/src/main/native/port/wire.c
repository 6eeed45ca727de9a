/*
 * A datagram socket as the wire, one frame per datagram: for tests, and to join two engines. The device is "fd:N"; the
 * descriptor is duplicated.
 */
#include "port/buffers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct wire {
    struct tsn_backend base;
    struct tsn_buffers buffers;
    int descriptor;
    uint8_t received[TSN_BURST][TSN_BUFFER_BYTES];
};

static struct wire *self_of(struct tsn_backend *backend) { return (struct wire *)backend; }

static int wire_open(const struct tsn_backend_config *config, struct tsn_backend **backend, char *error,
                     size_t error_bytes) {
    int given;
    char rest;
    if (sscanf(config->device, "fd:%d%c", &given, &rest) != 1) {
        snprintf(error, error_bytes, "device '%s' must have the form fd:N", config->device);
        return -EINVAL;
    }
    struct wire *self = calloc(1, sizeof(*self));
    if (!self || tsn_buffers_init(&self->buffers, config->buffers)) {
        snprintf(error, error_bytes, "no memory for %u frame buffers", config->buffers);
        free(self);
        return -ENOMEM;
    }
    self->base.ops = &tsn_backend_wire;
    self->descriptor = fcntl(given, F_DUPFD_CLOEXEC, 0);
    if (self->descriptor < 0) {
        int failure = -errno;
        snprintf(error, error_bytes, "descriptor %d is not open", given);
        tsn_buffers_release(&self->buffers);
        free(self);
        return failure;
    }
    *backend = &self->base;
    return 0;
}

static void wire_close(struct tsn_backend *backend) {
    close(self_of(backend)->descriptor);
    tsn_buffers_release(&self_of(backend)->buffers);
    free(backend);
}

static struct tsn_buffer wire_buffer_take(struct tsn_backend *backend) {
    return tsn_buffers_take(&self_of(backend)->buffers);
}

static void wire_buffer_drop(struct tsn_backend *backend, struct tsn_buffer buffer) {
    tsn_buffers_drop(&self_of(backend)->buffers, buffer);
}

static int wire_transmit(struct tsn_backend *backend, const struct tsn_transmit_frame *frames, uint32_t count) {
    struct wire *self = self_of(backend);
    for (uint32_t i = 0; i < count; i++) {
        if (send(self->descriptor, frames[i].buffer.data, frames[i].length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            bool full = errno == EAGAIN || errno == ENOBUFS || errno == EINTR;
            return i > 0 || full ? (int)i : -errno;
        }
        tsn_buffers_drop(&self->buffers, frames[i].buffer);
    }
    return (int)count;
}

static uint32_t wire_receive(struct tsn_backend *backend, struct tsn_receive_frame *frames, uint32_t room) {
    struct wire *self = self_of(backend);
    uint32_t count = 0;
    while (count < room && count < TSN_BURST) {
        ssize_t bytes = recv(self->descriptor, self->received[count], TSN_BUFFER_BYTES, MSG_DONTWAIT);
        if (bytes <= 0) break;
        frames[count] = (struct tsn_receive_frame){.data = self->received[count], .length = (uint32_t)bytes};
        count++;
    }
    return count;
}

static void wire_receive_done(struct tsn_backend *backend) { (void)backend; }

static int wire_receive_descriptor(const struct tsn_backend *backend) {
    return ((const struct wire *)backend)->descriptor;
}

static bool wire_link_up(struct tsn_backend *backend) {
    (void)backend;
    return true;
}

static uint64_t wire_transmit_errors(struct tsn_backend *backend) {
    (void)backend;
    return 0;
}

const struct tsn_backend_ops tsn_backend_wire = {
    .name = "wire",
    .open = wire_open,
    .close = wire_close,
    .buffer_take = wire_buffer_take,
    .buffer_drop = wire_buffer_drop,
    .transmit = wire_transmit,
    .receive = wire_receive,
    .receive_done = wire_receive_done,
    .receive_descriptor = wire_receive_descriptor,
    .link_up = wire_link_up,
    .transmit_errors = wire_transmit_errors,
};
