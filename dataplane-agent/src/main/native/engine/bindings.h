/*
 * Which attached process gets which received frame. Pure; one thread at a time.
 *
 * Rules: a unicast address belongs to one pod of the port, first come; processes of one pod may share it, and the one that
 * bound last gets the frames. Multicast goes to every process that bound it. A pod whose addresses are known (macs) gets
 * only frames to them; a pod whose addresses are not known must name an IP address or a MAC address.
 */
#ifndef TSN_ENGINE_BINDINGS_H
#define TSN_ENGINE_BINDINGS_H

#include "engine/frame.h"
#include "protocol/control.h"

enum { TSN_BINDINGS_MAX = 1024, TSN_BINDING_BUCKETS = 256, TSN_POD_MACS_MAX = 8 };

struct tsn_binding_owner {
    uint32_t pod;     /* a number that no other pod of the port has */
    uint32_t process; /* likewise of the process: what a match returns */
    uint32_t mac_count;
    uint8_t macs[TSN_POD_MACS_MAX][TSN_MAC_BYTES];
};

struct tsn_binding {
    struct tsn_control_bind address;
    struct tsn_binding_owner owner;
    int32_t next; /* in the bucket; -1: last */
    bool used;
};

struct tsn_bindings {
    struct tsn_binding entry[TSN_BINDINGS_MAX];
    int32_t bucket[TSN_BINDING_BUCKETS];
    uint32_t count;
};

void tsn_bindings_init(struct tsn_bindings *bindings);

/* 0, -EADDRINUSE, -EADDRNOTAVAIL or -ENOSPC. The same binding of the same process twice is one. */
int tsn_bindings_add(struct tsn_bindings *bindings, const struct tsn_binding_owner *owner,
                     const struct tsn_control_bind *address);

/* 0, or -ENOENT. */
int tsn_bindings_remove(struct tsn_bindings *bindings, uint32_t process, const struct tsn_control_bind *address);

void tsn_bindings_remove_process(struct tsn_bindings *bindings, uint32_t process);

/* Writes the processes that get the frame (one for unicast) and returns how many, at most `room`. */
uint32_t tsn_bindings_match(const struct tsn_bindings *bindings, const struct tsn_destination *destination,
                            uint32_t *processes, uint32_t room);

#endif
