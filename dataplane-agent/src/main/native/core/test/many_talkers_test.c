/*
 * What broke an earlier launch-time scheduler for containers (KuberneTSN): three pending frames out of order, a stop for
 * good after 127 late frames, a ring read past its end, a crash at 32 talkers, frames 50 us early.
 */
#include "core/test/egress_fixture.h"

#define NOW_NS INT64_C(1000000000)
#define MS INT64_C(1000000)

static void should_send_three_pending_frames_in_order_whichever_came_first(void) {
    static const int64_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t row = 0; row < 6; row++) {
        struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
        struct tsn_emission emissions[3];
        for (uint32_t i = 0; i < 3; i++) {
            fixture_stream(&fixture, i, (struct tsn_stream_config){.traffic_class = 7, .late_tolerance_ns = 1000});
            int64_t launch_ns = NOW_NS + 50000 + orders[row][i] * 100000;
            CHECK_EQUAL(fixture_offer(&fixture, NOW_NS, i, (uint64_t)orders[row][i], launch_ns, 512), TSN_QUEUED);
        }
        CHECK_EQUAL(fixture_run(&fixture, NOW_NS, emissions, 3), 3);
        for (int64_t i = 0; i < 3; i++) {
            CHECK_EQUAL(emissions[i].frame.cookie, i);
            CHECK_EQUAL(emissions[i].start_ns, NOW_NS + 50000 + i * 100000); /* not a nanosecond early */
        }
        fixture_free(&fixture);
    }
}

static void should_still_send_after_ten_thousand_late_frames(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){.frame_capacity = 128}, NOW_NS);
    struct tsn_emission emissions[64];
    fixture_stream(&fixture, 0, (struct tsn_stream_config){.traffic_class = 7, .late_tolerance_ns = 1});
    for (int64_t i = 0; i < 10000; i++) {
        int64_t now_ns = NOW_NS + i * MS;
        /* Every second one is late when handed over, the others become late while queued. */
        int64_t launch_ns = i % 2 ? now_ns - 2 : now_ns + 1000;
        CHECK_EQUAL(fixture_offer(&fixture, now_ns, 0, (uint64_t)i, launch_ns, 512), i % 2 ? TSN_DROPPED_LATE : TSN_QUEUED);
        if (i % 50 == 49) CHECK_EQUAL(tsn_egress_dequeue(fixture.egress, now_ns + MS / 2, emissions, 64), 25);
    }
    int64_t now_ns = NOW_NS + 10000 * MS;
    CHECK_EQUAL(fixture.stream_stats[0].outcomes[TSN_DROPPED_LATE], 10000);
    CHECK_EQUAL(fixture_offer(&fixture, now_ns, 0, 1, now_ns + 1000, 512), TSN_QUEUED);
    CHECK_EQUAL(fixture_run(&fixture, now_ns, emissions, 64), 1);
    CHECK_EQUAL(emissions[0].start_ns, now_ns + 1000);
    CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
    fixture_free(&fixture);
}

/* Talkers with windows one after another and several frames queued ahead: all leave at their launch time, none is lost. */
static void run_talkers(uint32_t talkers, uint32_t ahead, uint32_t periods) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){.frame_capacity = 2048}, NOW_NS);
    struct tsn_emission emission;
    for (uint32_t t = 0; t < talkers; t++)
        fixture_stream(&fixture, t, (struct tsn_stream_config){.period_ns = MS,
                                                              .offset_ns = (int64_t)t * 15000,
                                                              .window_ns = 13336,
                                                              .window_period_ns = MS,
                                                              .frame_bytes = 1522,
                                                              .traffic_class = 7});
    uint64_t sent = 0;
    int64_t last_launch_ns = 0;
    for (uint32_t batch = 0; batch < periods / ahead; batch++) {
        int64_t now_ns = NOW_NS + (int64_t)batch * ahead * MS - 20000;
        for (uint32_t k = ahead; k-- > 0;) /* the latest first */
            for (uint32_t t = talkers; t-- > 0;) {
                int64_t launch_ns = NOW_NS + ((int64_t)batch * ahead + k) * MS + (int64_t)t * 15000;
                CHECK_EQUAL(fixture_offer(&fixture, now_ns, t, t, launch_ns, 1522), TSN_QUEUED);
            }
        while (now_ns != TSN_NEVER) {
            while (fixture_next(&fixture, now_ns, &emission)) {
                CHECK_EQUAL(emission.outcome, TSN_QUEUED);
                CHECK_EQUAL(emission.start_ns, emission.frame.launch_ns);
                CHECK(emission.frame.launch_ns > last_launch_ns, "talker %" PRIu64 " out of order", emission.frame.cookie);
                last_launch_ns = emission.frame.launch_ns;
                sent++;
            }
            now_ns = tsn_egress_next_event(fixture.egress, now_ns);
        }
    }
    CHECK_EQUAL(sent, (uint64_t)talkers * periods);
    CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
    fixture_free(&fixture);
}

static void should_serve_1_to_64_talkers_with_frames_queued_ahead(void) {
    static const uint32_t talkers[] = {1, 2, 3, 8, 32, 64};
    for (size_t i = 0; i < sizeof talkers / sizeof talkers[0]; i++) {
        run_talkers(talkers[i], 1, 100);
        run_talkers(talkers[i], 16, 160);
    }
}

static void should_keep_the_tokens_apart_over_rings_of_any_length(void) {
    /* Far more frames than the pool holds, in bursts that end anywhere: indexes wrap, nothing is doubled or lost. */
    enum { CAPACITY = 97 };
    struct fixture fixture = fixture_make((struct tsn_egress_config){.frame_capacity = CAPACITY}, NOW_NS);
    struct test_random random = {test_first_seed()};
    struct tsn_emission emissions[CAPACITY];
    uint64_t next_cookie = 0, next_expected = 0;
    int64_t now_ns = NOW_NS;
    fixture_stream(&fixture, 0, (struct tsn_stream_config){.traffic_class = 7, .queue_limit = CAPACITY});
    for (int round = 0; round < 2000; round++) {
        int64_t burst = test_random_between(&random, 1, CAPACITY);
        for (int64_t i = 0; i < burst; i++)
            CHECK_EQUAL(fixture_offer(&fixture, now_ns, 0, next_cookie++, TSN_NO_LAUNCH, 64), TSN_QUEUED);
        size_t count = fixture_run(&fixture, now_ns, emissions, CAPACITY);
        CHECK_EQUAL(count, burst);
        for (size_t i = 0; i < count; i++) CHECK_EQUAL(emissions[i].frame.cookie, next_expected++);
        now_ns += MS;
    }
    fixture_free(&fixture);
}

int main(void) {
    RUN(should_send_three_pending_frames_in_order_whichever_came_first);
    RUN(should_still_send_after_ten_thousand_late_frames);
    RUN(should_serve_1_to_64_talkers_with_frames_queued_ahead);
    RUN(should_keep_the_tokens_apart_over_rings_of_any_length);
    return 0;
}
