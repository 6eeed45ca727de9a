/*
 * Paths between two DPDK devices of one process: two virtual functions that the NIC's switch joins, two ports with a cable,
 * two vhost-user ports of an Open vSwitch bridge. The receiver polls while a probe is under way and sleeps otherwise, so
 * the processor is used for the probes' own time.
 */
#include "port/backend.h"
#include "probe/path.h"

#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum {
    ENDS = 2,
    BUFFERS = 256,
    ADDRESS_BYTES = 6,
    HEADER_BYTES = 14,
    FCS_BYTES = 4,
    ETHERTYPE = 0x88b5, /* IEEE Std 802 local experimental 1 */
    LEARN_EVERY = 64,
    LINK_WAIT_MS = 15000,
    LOST_IN_A_ROW_MAX = 3, /* a vhost-user peer that restarted is met again on a new device only */
};

struct dpdk_path {
    struct path base;
    struct tsn_backend *ends[ENDS];
    uint8_t addresses[ENDS][ADDRESS_BYTES];
    uint32_t frame_bytes; /* without FCS */
    uint64_t magic;
    uint32_t lost_in_a_row;
};

/* The library lies beside the program. */
static const struct tsn_backend_ops *dpdk_load(char error[PROBE_ERROR_BYTES]) {
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof("libdataplane-dpdk.so"));
    char *slash = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    if (slash) strcpy(slash + 1, "libdataplane-dpdk.so");
    void *library = slash ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    const struct tsn_backend_ops *ops = library ? dlsym(library, "tsn_backend_dpdk") : NULL;
    if (!ops) snprintf(error, PROBE_ERROR_BYTES, "DPDK is not available: %.200s", slash ? dlerror() : "no /proc");
    return ops;
}

static int ends_open(const struct options *options, struct tsn_backend *ends[ENDS], char error[PROBE_ERROR_BYTES]) {
    const struct tsn_backend_ops *ops = dpdk_load(error);
    if (!ops) return -1;
    const char *devices[ENDS] = {options->from, options->to};
    for (int i = 0; i < ENDS; i++) {
        struct tsn_backend_config config = {
            .device = devices[i], .buffers = BUFFERS, .arguments = options->hugepages ? NULL : "--no-huge"};
        if (ops->open(&config, &ends[i], error, PROBE_ERROR_BYTES)) return -1;
    }
    struct timespec step = {.tv_nsec = 10000000};
    for (int i = 0; i < ENDS; i++)
        for (int waited_ms = 0; !ends[i]->ops->link_up(ends[i]); waited_ms += 10) {
            if (waited_ms >= LINK_WAIT_MS) {
                snprintf(error, PROBE_ERROR_BYTES, "DPDK device '%.100s' has no link", devices[i]);
                return -1;
            }
            nanosleep(&step, NULL);
        }
    return 0;
}

/* Takes what came; true when `sequence` is among it. Called with sequence 0 it only empties the device. */
static bool take(struct dpdk_path *self, int end, uint64_t sequence, int64_t *sent_ns) {
    struct tsn_backend *backend = self->ends[end];
    struct tsn_receive_frame frames[TSN_BURST];
    uint32_t count = backend->ops->receive(backend, frames, TSN_BURST);
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        struct probe_message message;
        if (frames[i].length < HEADER_BYTES + sizeof(message)) continue;
        memcpy(&message, frames[i].data + HEADER_BYTES, sizeof(message));
        if (message.magic == self->magic && message.sequence == sequence && sequence != 0) {
            *sent_ns = message.sent_ns;
            found = true;
        }
    }
    if (count) backend->ops->receive_done(backend);
    return found;
}

static int put(struct dpdk_path *self, int end, uint64_t sequence) {
    struct tsn_backend *backend = self->ends[end];
    struct tsn_buffer buffer = backend->ops->buffer_take(backend);
    if (!buffer.data) return -ENOBUFS;
    struct tsn_transmit_frame frame = {.buffer = buffer, .length = self->frame_bytes};
    memset(buffer.data, 0, self->frame_bytes);
    memcpy(buffer.data, self->addresses[1 - end], ADDRESS_BYTES);
    memcpy(buffer.data + ADDRESS_BYTES, self->addresses[end], ADDRESS_BYTES);
    buffer.data[12] = ETHERTYPE >> 8;
    buffer.data[13] = ETHERTYPE & 0xff;
    struct probe_message message = {.magic = self->magic, .sequence = sequence, .sent_ns = path_now_ns()};
    memcpy(buffer.data + HEADER_BYTES, &message, sizeof(message));
    int sent = backend->ops->transmit(backend, &frame, 1);
    if (sent < 1) backend->ops->buffer_drop(backend, buffer);
    return sent < 1 ? -EAGAIN : 0;
}

static int64_t exchange(struct path *path, uint64_t sequence) {
    struct dpdk_path *self = (struct dpdk_path *)path;
    int64_t sent_ns = 0;
    /* A switch between must know where the receiver is, or it floods. */
    if (sequence % LEARN_EVERY == 1) put(self, 1, 0);
    for (int end = 0; end < ENDS; end++) take(self, end, 0, &sent_ns);
    int64_t until_ns = path_now_ns() + path->timeout_ns, now_ns;
    if (put(self, 0, sequence) == 0) {
        do {
            if (take(self, 1, sequence, &sent_ns)) {
                self->lost_in_a_row = 0;
                return path_now_ns() - sent_ns;
            }
            sched_yield(); /* where nobody else wants the processor this returns at once */
            now_ns = path_now_ns();
        } while (now_ns < until_ns);
    }
    return ++self->lost_in_a_row < LOST_IN_A_ROW_MAX ? PROBE_LOST : PROBE_BROKEN;
}

struct path *path_open_dpdk(const struct options *options, char error[PROBE_ERROR_BYTES]) {
    struct dpdk_path *self = calloc(1, sizeof(*self));
    if (!self || getrandom(&self->magic, sizeof(self->magic), 0) != sizeof(self->magic) ||
        ends_open(options, self->ends, error)) {
        free(self);
        return NULL;
    }
    self->base = (struct path){.exchange = exchange, .timeout_ns = options->timeout_ns};
    self->frame_bytes = options->frame_bytes - FCS_BYTES;
    for (int i = 0; i < ENDS; i++) self->ends[i]->ops->address(self->ends[i], self->addresses[i]);
    return &self->base;
}

/* Copies one burst from one end to the other; frames that do not fit there are lost, as in any forwarder. */
static uint32_t pass(struct tsn_backend *from, struct tsn_backend *to) {
    struct tsn_receive_frame frames[TSN_BURST];
    uint32_t count = from->ops->receive(from, frames, TSN_BURST);
    for (uint32_t i = 0; i < count; i++) {
        if (frames[i].length > TSN_BUFFER_BYTES) continue;
        struct tsn_buffer buffer = to->ops->buffer_take(to);
        if (!buffer.data) break;
        memcpy(buffer.data, frames[i].data, frames[i].length);
        struct tsn_transmit_frame frame = {.buffer = buffer, .length = frames[i].length};
        if (to->ops->transmit(to, &frame, 1) < 1) to->ops->buffer_drop(to, buffer);
    }
    if (count) from->ops->receive_done(from);
    return count;
}

void forward(const struct options *options, char error[PROBE_ERROR_BYTES]) {
    struct tsn_backend *ends[ENDS] = {NULL, NULL};
    if (ends_open(options, ends, error)) return;
    for (;;)
        if (pass(ends[0], ends[1]) + pass(ends[1], ends[0]) == 0) sched_yield();
}
