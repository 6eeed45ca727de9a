/*
 * What the emission bench measures: launches of one schedule by the engine, by a bare sender, and the gaps of the machine
 * itself. Each runs on the same CPU, one after the other.
 */
#ifndef TSN_ENGINE_BENCH_MEASURE_H
#define TSN_ENGINE_BENCH_MEASURE_H

#include "core/histogram.h"
#include "port/backend.h"

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_TALKERS_MAX = 64, BENCH_FRAME_BYTES = 60, BENCH_TAI_MINUS_UTC_S = 37 };

/* Talker t launches at start + k * period + t * period / talkers. */
struct schedule {
    int64_t period_ns;
    unsigned talkers;
    uint64_t periods;
};

struct bench_port {
    const struct tsn_backend_ops *ops;
    const char *backend; /* as the engine knows it */
    const char *device;
    const char *dpdk_library; /* NULL where there is none */
    bool loops;               /* what is sent comes back and must be taken */
    int cpu;                  /* of the sender; -1: any */
};

struct sample {
    struct tsn_histogram error;
    uint64_t launches;
    uint64_t lost;     /* handed over and not sent: 0 unless something is wrong */
    uint64_t withheld; /* the feeding thread of the engine's talkers was itself away until too late: never handed over */
};

/* The whole engine: as many pods, each with a process that queues frames ahead. Exits with a sentence when it fails. */
void measure_engine(const struct bench_port *port, const struct schedule *schedule, struct sample *sample);

/* A loop that spins until the launch and calls the device; frames are made ready before. */
void measure_bare(const struct bench_port *port, const struct schedule *schedule, struct sample *sample);

/* Times for which a spinning thread of that CPU was away, from 1 us; `launches` is the time it spun, in us. */
void measure_gaps(int cpu, int64_t for_ns, struct sample *sample);

/* Pins the calling thread (-1: leaves it) and asks for nice -20, as a poll thread does. */
void become_sender(int cpu);

int64_t bench_tai_ns(void);

#endif
