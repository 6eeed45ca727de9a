/* One egress on its own memory, for tests. */
#ifndef TSN_TEST_EGRESS_FIXTURE_H
#define TSN_TEST_EGRESS_FIXTURE_H

#include "core/egress.h"
#include "core/test/check.h"

enum { FIXTURE_STREAMS = 64 };

struct fixture {
    struct tsn_egress *egress;
    struct tsn_port_stats *stats;
    struct tsn_stream_stats *stream_stats;
};

static inline struct fixture fixture_make(struct tsn_egress_config config, int64_t now_ns) {
    char error[200] = "";
    struct fixture fixture = {.stats = calloc(1, sizeof *fixture.stats),
                              .stream_stats = calloc(FIXTURE_STREAMS, sizeof *fixture.stream_stats)};
    config.stats = fixture.stats;
    config.stream_stats = fixture.stream_stats;
    config.stream_capacity = FIXTURE_STREAMS;
    if (!config.link_rate_bps) config.link_rate_bps = 1000000000;
    if (!config.frame_capacity) config.frame_capacity = 1024;
    if (!config.admin_gate_states) config.admin_gate_states = 0xff;
    size_t size = tsn_egress_size(&config);
    CHECK(size > 0, "configuration refused");
    fixture.egress = aligned_alloc(64, (size + 63) & ~(size_t)63);
    CHECK(tsn_egress_init(fixture.egress, &config, now_ns, error, sizeof error) == 0, "%s", error);
    return fixture;
}

static inline void fixture_free(struct fixture *fixture) {
    free(fixture->egress);
    free(fixture->stats);
    free(fixture->stream_stats);
}

static inline void fixture_stream(struct fixture *fixture, uint32_t index, struct tsn_stream_config config) {
    char error[200] = "";
    CHECK(tsn_egress_set_stream(fixture->egress, index, &config, error, sizeof error) == 0, "%s", error);
}

static inline enum tsn_outcome fixture_offer(struct fixture *fixture, int64_t now_ns, uint32_t stream, uint64_t cookie,
                                             int64_t launch_ns, uint16_t bytes) {
    struct tsn_frame frame = {.cookie = cookie, .launch_ns = launch_ns, .stream = stream, .bytes = bytes};
    return tsn_egress_enqueue(fixture->egress, now_ns, &frame);
}

/* The next emission if there is one at now_ns, completed as sent at its start. */
static inline bool fixture_next(struct fixture *fixture, int64_t now_ns, struct tsn_emission *emission) {
    if (tsn_egress_dequeue(fixture->egress, now_ns, emission, 1) == 0) return false;
    if (emission->outcome == TSN_QUEUED) tsn_egress_sent(fixture->egress, emission, emission->start_ns);
    return true;
}

/* Follows tsn_egress_next_event from now_ns until nothing is left; counts emissions, stops after `most`. */
static inline size_t fixture_run(struct fixture *fixture, int64_t now_ns, struct tsn_emission *emissions, size_t most) {
    size_t count = 0;
    while (count < most && now_ns != TSN_NEVER) {
        while (count < most && fixture_next(fixture, now_ns, &emissions[count])) count++;
        now_ns = tsn_egress_next_event(fixture->egress, now_ns);
    }
    return count;
}

/* offered - sum of outcomes, over all classes. */
static inline uint64_t fixture_unaccounted(const struct fixture *fixture) {
    uint64_t rest = 0;
    for (unsigned c = 0; c < TSN_CLASSES; c++) {
        rest += fixture->stats->classes[c].offered;
        for (unsigned o = 0; o < TSN_OUTCOME_COUNT; o++) rest -= fixture->stats->classes[c].outcomes[o];
    }
    return rest;
}

#endif
