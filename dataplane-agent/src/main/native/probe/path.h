/*
 * A path to measure: what carries one probe, and how long it took. Probes go one after the other; a path is used by one
 * thread and lives until the process ends.
 */
#ifndef PATH_PROBE_PATH_H
#define PATH_PROBE_PATH_H

#include "probe/options.h"

#include <stddef.h>
#include <stdint.h>

#define PROBE_ERROR_BYTES 256
/* Ethernet header and FCS, IPv4 and UDP header. */
#define PROBE_UDP_OVERHEAD_BYTES (14u + 4u + 20u + 8u)
#define PROBE_LOST (-1)
#define PROBE_BROKEN (-2)

struct path;

/*
 * Opens the path that the options describe. Returns NULL with one sentence in `error` when this machine has no such path
 * now; trying again later may help.
 */
struct path *path_open_kernel(const struct options *options, char error[PROBE_ERROR_BYTES]);
struct path *path_open_udp(const struct options *options, char error[PROBE_ERROR_BYTES]);
struct path *path_open_dpdk(const struct options *options, char error[PROBE_ERROR_BYTES]);

/*
 * Sends probe number `sequence` and waits for it at most options.timeout_ns. Returns its one-way latency in nanoseconds
 * (path_open_udp: half of the round trip), PROBE_LOST when it did not come, or PROBE_BROKEN when it did not come either
 * and only opening the path anew can help.
 */
int64_t path_exchange(struct path *path, uint64_t sequence);

/* Every kind of path begins with this. */
struct path {
    int64_t (*exchange)(struct path *path, uint64_t sequence);
    int64_t timeout_ns;
};

/* Answers the probes of path_open_udp on `options.port` until the process is ended. Returns with a sentence in `error`. */
void reflect(const struct options *options, char error[PROBE_ERROR_BYTES]);

/* Passes frames both ways between two DPDK devices, as a network function in a pod does. Returns likewise. */
void forward(const struct options *options, char error[PROBE_ERROR_BYTES]);

/* What a probe carries, in the sender's byte order: sender and receiver are one process. */
struct probe_message {
    uint64_t magic; /* of this run, random */
    uint64_t sequence;
    int64_t sent_ns;
};

static inline int64_t path_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
