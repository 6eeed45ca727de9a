#include "port/dpdk/launch_clock.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <time.h>

enum { MEASUREMENT_NS = 20000000, READINGS_PER_S = 100 };

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The middle of two counter readings around the reading of the device. */
static bool anchor(struct tsn_launch_clock *clock) {
    uint64_t before = rte_rdtsc(), ticks;
    if (rte_eth_read_clock(clock->port, &ticks)) return false;
    clock->anchor_cycles = before + (rte_rdtsc() - before) / 2;
    clock->anchor_ticks = ticks;
    return true;
}

bool tsn_launch_clock_init(struct tsn_launch_clock *clock, uint16_t port) {
    *clock = (struct tsn_launch_clock){.port = port};
    int64_t start_ns = monotonic_ns();
    if (!anchor(clock)) return false;
    clock->first_cycles = clock->anchor_cycles;
    clock->first_ticks = clock->anchor_ticks;
    struct timespec pause = {0, MEASUREMENT_NS};
    nanosleep(&pause, NULL);
    int64_t passed_ns = monotonic_ns() - start_ns;
    if (!anchor(clock) || clock->anchor_ticks <= clock->first_ticks) return false;
    clock->ticks_per_cycle = (double)(clock->anchor_ticks - clock->first_ticks) /
                             (double)(clock->anchor_cycles - clock->first_cycles);
    clock->ticks_per_ns = (double)(clock->anchor_ticks - clock->first_ticks) / (double)passed_ns;
    return true;
}

uint64_t tsn_launch_clock_ticks(struct tsn_launch_clock *clock, int64_t lead_ns) {
    uint64_t cycles = rte_rdtsc();
    if (cycles - clock->anchor_cycles > rte_get_tsc_hz() / READINGS_PER_S && anchor(clock)) {
        /* Measured over ever longer times, so ever more exact. */
        clock->ticks_per_cycle = (double)(clock->anchor_ticks - clock->first_ticks) /
                                 (double)(clock->anchor_cycles - clock->first_cycles);
        cycles = rte_rdtsc();
    }
    double ticks = (double)(cycles - clock->anchor_cycles) * clock->ticks_per_cycle +
                   (double)lead_ns * clock->ticks_per_ns;
    return clock->anchor_ticks + (uint64_t)(ticks > 0 ? ticks : 0);
}
