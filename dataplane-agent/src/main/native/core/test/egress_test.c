#include "core/test/egress_fixture.h"

#define NOW_NS INT64_C(1000000000)
#define MS INT64_C(1000000)
#define TAI_OFFSET_NS INT64_C(37000000000)

/* A PLC stream: 1 ms, frame of 1,522 bytes at 1 Gb/s, window with a guard of 1 us. */
static const struct tsn_stream_config plc = {.period_ns = 1000000,
                                             .offset_ns = 125000,
                                             .window_ns = 13336,
                                             .window_period_ns = 1000000,
                                             .frame_bytes = 1522,
                                             .traffic_class = 7};

static void should_compute_the_wire_times_of_the_contract(void) {
    CHECK_EQUAL(tsn_wire_time_ns(1000000000, 0, 1522), 12336);
    CHECK_EQUAL(tsn_wire_time_ns(1000000000, 0, 64), 672);
    CHECK_EQUAL(tsn_wire_time_ns(1000000000, 0, 1), 672);
    CHECK_EQUAL(tsn_wire_time_ns(1000000000, 50, 1522), 12736);
    CHECK_EQUAL(tsn_wire_time_ns(100000000000, 0, 64), 7); /* 6.72 rounded up */
}

static void should_give_a_frame_without_launch_time_its_streams_next_window(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
    struct tsn_emission emissions[8];
    fixture_stream(&fixture, 3, plc);
    for (uint64_t i = 0; i < 3; i++) CHECK_EQUAL(fixture_offer(&fixture, NOW_NS, 3, i, TSN_NO_LAUNCH, 1522), TSN_QUEUED);
    CHECK_EQUAL(tsn_egress_next_event(fixture.egress, NOW_NS), NOW_NS + 125000);
    CHECK_EQUAL(fixture_run(&fixture, NOW_NS, emissions, 8), 3);
    for (int64_t i = 0; i < 3; i++) {
        CHECK_EQUAL(emissions[i].frame.cookie, i);
        CHECK_EQUAL(emissions[i].start_ns, NOW_NS + 125000 + i * MS);
        CHECK_EQUAL(emissions[i].latest_start_ns, emissions[i].start_ns + 1000);
    }
    CHECK_EQUAL(fixture.stream_stats[3].outcomes[TSN_SENT], 3);
    CHECK_EQUAL(fixture.stream_stats[3].emission_error.late[0], 3);
    fixture_free(&fixture);
}

static void should_refuse_what_breaks_the_contract(void) {
    static const struct {
        const char *name;
        uint32_t stream;
        int64_t launch_after_ns;
        uint16_t bytes;
        enum tsn_outcome outcome;
    } rows[] = {
        {"a frame in its window", 0, 125000, 1522, TSN_QUEUED},
        {"a second one in the same period", 0, 125500, 1522, TSN_POLICED_RATE},
        {"the next period", 0, 1125000, 1522, TSN_QUEUED},
        {"the latest start that leaves room", 0, 2126000, 1522, TSN_QUEUED},
        {"one ns more does not fit the window", 0, 3126001, 1522, TSN_POLICED_WINDOW},
        {"before the window", 0, 3124999, 1522, TSN_POLICED_WINDOW},
        {"64 periods ahead", 0, 64 * MS + 125000, 1522, TSN_EARLY},
        {"beyond the horizon", 0, TSN_HORIZON_NS + 1, 1522, TSN_EARLY},
        {"larger than the contract", 1, 3125000, 65, TSN_POLICED_SIZE},
        {"larger than queueMaxSDU", 2, 3125000, 1001, TSN_TOO_LARGE},
        {"larger than the port", 3, 3125000, 1523, TSN_TOO_LARGE},
        {"a stream that was never set", 9, 3125000, 64, TSN_NO_STREAM},
        {"a stream that cannot be", 1u << 30, 3125000, 64, TSN_NO_STREAM},
        {"no stream in a timed class", TSN_STREAM_NONE, 0, 64, TSN_NO_STREAM},
    };
    struct fixture fixture = fixture_make((struct tsn_egress_config){.queue_max_sdu = {[5] = 1000}}, NOW_NS);
    struct tsn_stream_config small = plc, other_class = plc, open_size = {.traffic_class = 6};
    small.frame_bytes = 64;
    other_class.traffic_class = 5;
    fixture_stream(&fixture, 0, plc);
    fixture_stream(&fixture, 1, small);
    fixture_stream(&fixture, 2, other_class);
    fixture_stream(&fixture, 3, open_size);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum tsn_outcome outcome =
            fixture_offer(&fixture, NOW_NS, rows[i].stream, i, NOW_NS + rows[i].launch_after_ns, rows[i].bytes);
        CHECK(outcome == rows[i].outcome, "%s: %s", rows[i].name, tsn_outcome_name(outcome));
    }
    CHECK_EQUAL(fixture_unaccounted(&fixture), 3);
    fixture_free(&fixture);
}

static void should_treat_a_late_frame_by_its_policy(void) {
    static const struct {
        const char *name;
        enum tsn_late_policy policy;
        int64_t start_after_ns; /* -1: dropped */
        enum tsn_outcome outcome;
    } rows[] = {
        {"drop", TSN_LATE_DROP, -1, TSN_DROPPED_LATE},
        {"send now, in best effort's time", TSN_LATE_SEND_NOW, 200000, TSN_SENT_LATE},
        {"next window", TSN_LATE_NEXT_WINDOW, 1125000, TSN_SENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
        struct tsn_stream_config config = plc;
        struct tsn_emission emission;
        config.late_policy = (uint8_t)rows[i].policy;
        fixture_stream(&fixture, 0, config);
        int64_t now_ns = NOW_NS + 200000;
        enum tsn_outcome outcome = fixture_offer(&fixture, now_ns, 0, 1, NOW_NS + 125000, 1522);
        if (rows[i].start_after_ns < 0) {
            CHECK(outcome == rows[i].outcome, "%s: %s", rows[i].name, tsn_outcome_name(outcome));
        } else {
            CHECK(outcome == TSN_QUEUED, "%s: %s", rows[i].name, tsn_outcome_name(outcome));
            CHECK(fixture_run(&fixture, now_ns, &emission, 1) == 1, "%s: nothing left", rows[i].name);
            CHECK(emission.start_ns == NOW_NS + rows[i].start_after_ns, "%s: %" PRId64, rows[i].name,
                  emission.start_ns - NOW_NS);
            CHECK_EQUAL(emission.frame.traffic_class, 7);
            CHECK_EQUAL(fixture.stream_stats[0].outcomes[rows[i].outcome], 1);
        }
        CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
        fixture_free(&fixture);
    }
}

static void should_tell_a_missed_gate_from_a_poll_that_came_late(void) {
    struct tsn_gate_entry closed[] = {{TSN_SET_GATE_STATES, 0x01, 900000}, {TSN_SET_GATE_STATES, 0x80, 100000}};
    struct tsn_gate_list list = {.base_time_ns = NOW_NS, .entry_count = 2, .entries = closed};
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(2));
    for (int blocked = 0; blocked < 2; blocked++) {
        struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
        struct tsn_emission emission;
        CHECK_EQUAL(tsn_gate_program_compile(&list, program, NULL, 0), 0);
        CHECK_EQUAL(tsn_egress_install_gates(fixture.egress, NOW_NS, program), 0);
        fixture_stream(&fixture, 0, plc);
        CHECK_EQUAL(fixture_offer(&fixture, NOW_NS, 0, 1, TSN_NO_LAUNCH, 1522), TSN_QUEUED);
        if (blocked) {
            CHECK_EQUAL(fixture_run(&fixture, NOW_NS, &emission, 1), 1);
            CHECK_EQUAL(emission.start_ns, NOW_NS + 126001);
        } else {
            CHECK_EQUAL(fixture_next(&fixture, NOW_NS + 300000, &emission), 1);
        }
        CHECK_EQUAL(emission.outcome, blocked ? TSN_GATE_MISSED : TSN_DROPPED_LATE);
        fixture_free(&fixture);
    }
    free(program);
}

static void should_keep_streams_of_one_class_out_of_each_others_windows(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
    struct tsn_emission emissions[3];
    struct tsn_stream_config neighbour = plc;
    neighbour.offset_ns = plc.offset_ns + plc.window_ns; /* abuts */
    neighbour.late_policy = TSN_LATE_DROP;
    fixture_stream(&fixture, 0, plc);
    fixture_stream(&fixture, 1, neighbour);
    fixture_offer(&fixture, NOW_NS, 0, 10, TSN_NO_LAUNCH, 1522);
    fixture_offer(&fixture, NOW_NS, 1, 11, TSN_NO_LAUNCH, 1522);
    /* The poll thread sleeps through the first window: its frame must not run into the second. */
    CHECK_EQUAL(fixture_run(&fixture, NOW_NS + 130000, emissions, 3), 2);
    CHECK_EQUAL(emissions[0].frame.cookie, 10);
    CHECK_EQUAL(emissions[0].outcome, TSN_DROPPED_LATE);
    CHECK_EQUAL(emissions[1].frame.cookie, 11);
    CHECK_EQUAL(emissions[1].start_ns, NOW_NS + 138336);
    fixture_free(&fixture);
}

static void should_flush_frames_of_a_stream_that_was_removed_or_replaced(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
    struct tsn_emission emissions[4];
    fixture_stream(&fixture, 0, plc);
    fixture_offer(&fixture, NOW_NS, 0, 1, TSN_NO_LAUNCH, 1522);
    fixture_stream(&fixture, 0, plc); /* the same again: nothing changes */
    CHECK_EQUAL(fixture.stream_stats[0].offered, 1);
    struct tsn_stream_config moved = plc;
    moved.offset_ns = 500000;
    fixture_stream(&fixture, 0, moved);
    CHECK_EQUAL(fixture.stream_stats[0].offered, 0);
    fixture_offer(&fixture, NOW_NS, 0, 2, TSN_NO_LAUNCH, 1522);
    CHECK_EQUAL(fixture_run(&fixture, NOW_NS, emissions, 4), 2);
    CHECK_EQUAL(emissions[0].outcome, TSN_FLUSHED);
    CHECK_EQUAL(emissions[1].start_ns, NOW_NS + 500000);
    tsn_egress_remove_stream(fixture.egress, 0);
    CHECK_EQUAL(fixture_offer(&fixture, NOW_NS + MS, 0, 3, TSN_NO_LAUNCH, 1522), TSN_NO_STREAM);
    CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
    fixture_free(&fixture);
}

static void should_leave_streams_room_when_best_effort_floods_the_port(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){.frame_capacity = 16, .untimed_classes = 1}, NOW_NS);
    fixture_stream(&fixture, 0, plc);
    unsigned refused = 0;
    for (uint64_t i = 0; i < 100; i++) {
        struct tsn_frame frame = {.cookie = i, .launch_ns = TSN_NO_LAUNCH, .stream = TSN_STREAM_NONE, .bytes = 1000};
        refused += tsn_egress_enqueue(fixture.egress, NOW_NS, &frame) == TSN_QUEUE_FULL;
    }
    CHECK_EQUAL(refused, 92);
    for (uint64_t i = 0; i < 8; i++)
        CHECK_EQUAL(fixture_offer(&fixture, NOW_NS, 0, 200 + i, TSN_NO_LAUNCH, 1522), TSN_QUEUED);
    fixture_free(&fixture);
}

static void should_order_launch_times_from_nanoseconds_to_a_minute_ahead(void) {
    enum { COUNT = 5000 };
    static struct tsn_emission emissions[COUNT];
    struct fixture fixture = fixture_make((struct tsn_egress_config){.frame_capacity = COUNT,
                                                                     .link_rate_bps = UINT64_C(1000000000000)},
                                          NOW_NS);
    struct test_random random = {test_first_seed()};
    for (uint32_t s = 0; s < FIXTURE_STREAMS; s++)
        fixture_stream(&fixture, s, (struct tsn_stream_config){.queue_limit = COUNT, .late_tolerance_ns = 1000000});
    for (uint64_t i = 0; i < COUNT; i++) {
        int64_t reach_ns = INT64_C(1) << test_random_between(&random, 0, 35);
        int64_t launch_ns = NOW_NS + test_random_between(&random, 0, reach_ns);
        CHECK_EQUAL(fixture_offer(&fixture, NOW_NS, (uint32_t)(i % FIXTURE_STREAMS), i, launch_ns, 64), TSN_QUEUED);
    }
    CHECK_EQUAL(fixture_run(&fixture, NOW_NS, emissions, COUNT), COUNT);
    for (size_t i = 1; i < COUNT; i++) {
        const struct tsn_frame *a = &emissions[i - 1].frame, *b = &emissions[i].frame;
        CHECK(a->launch_ns < b->launch_ns || (a->launch_ns == b->launch_ns && a->cookie < b->cookie),
              "frame %zu: %" PRId64 " before %" PRId64, i, a->launch_ns - NOW_NS, b->launch_ns - NOW_NS);
    }
    CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
    fixture_free(&fixture);
}

static void should_go_on_after_the_clock_stepped_by_the_utc_offset(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
    struct tsn_emission emissions[4];
    struct tsn_stream_config next_window = plc;
    next_window.late_policy = TSN_LATE_NEXT_WINDOW;
    fixture_stream(&fixture, 0, next_window);
    fixture_offer(&fixture, NOW_NS, 0, 1, TSN_NO_LAUNCH, 1522);
    fixture_offer(&fixture, NOW_NS, 0, 2, TSN_NO_LAUNCH, 1522);
    tsn_egress_step(fixture.egress, NOW_NS + TAI_OFFSET_NS);
    CHECK_EQUAL(fixture_run(&fixture, NOW_NS + TAI_OFFSET_NS, emissions, 4), 2);
    CHECK_EQUAL(emissions[0].start_ns, NOW_NS + TAI_OFFSET_NS + 125000);
    CHECK_EQUAL(emissions[1].start_ns, NOW_NS + TAI_OFFSET_NS + 125000 + MS);
    tsn_egress_step(fixture.egress, NOW_NS); /* and back */
    CHECK_EQUAL(fixture_offer(&fixture, NOW_NS, 0, 3, TSN_NO_LAUNCH, 1522), TSN_QUEUED);
    CHECK_EQUAL(fixture_run(&fixture, NOW_NS, emissions, 4), 1);
    CHECK_EQUAL(emissions[0].start_ns, NOW_NS + 125000);
    CHECK_EQUAL(fixture.stats->clock_steps, 2);
    fixture_free(&fixture);
}

#define NOON_NS (NOW_NS + 12 * 3600 * INT64_C(1000000000)) /* room for steps back */

static void should_give_frames_without_launch_time_their_windows_after_a_step_back(void) {
    enum { COUNT = 8 };
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOON_NS);
    struct tsn_emission emissions[COUNT + 2];
    struct tsn_stream_config queue = plc;
    queue.late_policy = TSN_LATE_NEXT_WINDOW;
    queue.queue_limit = COUNT;
    fixture_stream(&fixture, 0, queue);
    for (uint64_t i = 0; i < COUNT; i++)
        CHECK_EQUAL(fixture_offer(&fixture, NOON_NS, 0, i, TSN_NO_LAUNCH, 1522), TSN_QUEUED);
    const int64_t then_ns = NOON_NS - 3600 * INT64_C(1000000000);
    tsn_egress_step(fixture.egress, then_ns);
    CHECK_EQUAL(fixture_run(&fixture, then_ns, emissions, COUNT + 2), COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        CHECK_EQUAL(emissions[i].frame.cookie, i);
        CHECK_EQUAL(emissions[i].start_ns, then_ns + 125000 + (int64_t)i * MS);
    }
    CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
    fixture_free(&fixture);
}

static void should_keep_launch_times_over_a_step_unless_they_are_out_of_reach(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOON_NS);
    struct tsn_emission emissions[4];
    const int64_t launch_ns = NOON_NS + MS + 125000;
    fixture_stream(&fixture, 0, plc);
    CHECK_EQUAL(fixture_offer(&fixture, NOON_NS, 0, 1, launch_ns, 1522), TSN_QUEUED);
    tsn_egress_step(fixture.egress, NOON_NS - 5 * MS); /* in reach */
    CHECK_EQUAL(fixture_run(&fixture, NOON_NS - 5 * MS, emissions, 4), 1);
    CHECK_EQUAL(emissions[0].start_ns, launch_ns);

    CHECK_EQUAL(fixture_offer(&fixture, launch_ns, 0, 2, launch_ns + MS, 1522), TSN_QUEUED);
    tsn_egress_step(fixture.egress, NOON_NS - 10000 * MS);
    CHECK_EQUAL(tsn_egress_next_event(fixture.egress, NOON_NS - 10000 * MS), NOON_NS - 10000 * MS);
    CHECK_EQUAL(tsn_egress_dequeue(fixture.egress, NOON_NS - 10000 * MS, emissions, 4), 1);
    CHECK_EQUAL(emissions[0].frame.cookie, 2);
    CHECK_EQUAL(emissions[0].outcome, TSN_EARLY);

    CHECK_EQUAL(fixture_offer(&fixture, NOON_NS - 10000 * MS, 0, 3, NOON_NS - 9999 * MS + 125000, 1522), TSN_QUEUED);
    tsn_egress_step(fixture.egress, NOON_NS);
    CHECK_EQUAL(tsn_egress_dequeue(fixture.egress, NOON_NS, emissions, 4), 1);
    CHECK_EQUAL(emissions[0].outcome, TSN_DROPPED_LATE);
    CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
    fixture_free(&fixture);
}

/* Whatever is queued, and whichever way the clock jumps: every frame comes back once, and every stream goes on at full rate. */
static void should_lose_no_frame_by_steps(void) {
    enum { STREAMS = 6, MOST = 512 };
    struct test_random random = {7};
    for (int round = 0; round < 200; round++) {
        struct fixture fixture = fixture_make((struct tsn_egress_config){.untimed_classes = 1}, NOON_NS);
        static struct tsn_emission emissions[MOST];
        bool back[MOST] = {false};
        uint64_t offered = 0, returned = 0;
        int64_t now_ns = NOON_NS;
        for (uint32_t s = 0; s < STREAMS; s++) {
            struct tsn_stream_config config = plc;
            config.late_policy = (uint8_t)(s % 3);
            config.offset_ns += (int64_t)s * 20000;
            if (s >= 3) config.window_ns = config.window_period_ns = 0;
            fixture_stream(&fixture, s, config);
        }
        for (int turn = 0; turn < 4; turn++) {
            for (int i = 0; i < 40; i++) {
                uint32_t stream = (uint32_t)test_random_between(&random, 0, STREAMS);
                struct tsn_frame frame = {.cookie = offered,
                                          .launch_ns = now_ns - now_ns % MS + test_random_between(&random, 0, 40) * MS + 125000 +
                                                       (int64_t)stream * 20000,
                                          .stream = stream == STREAMS ? TSN_STREAM_NONE : stream,
                                          .bytes = 1000,
                                          .flags = test_random_between(&random, 0, 4) == 0 ? TSN_FRAME_DEADLINE : 0};
                if (test_random_between(&random, 0, 2) == 0) frame.launch_ns = TSN_NO_LAUNCH;
                if (tsn_egress_enqueue(fixture.egress, now_ns, &frame) == TSN_QUEUED) offered++;
            }
            /* Some leave, some are ready, some wait. */
            int64_t until_ns = now_ns + test_random_between(&random, 0, 20) * MS;
            for (; now_ns < until_ns; now_ns += 50000)
                for (struct tsn_emission emission; fixture_next(&fixture, now_ns, &emission); returned++) {
                    CHECK(!back[emission.frame.cookie], "twice");
                    back[emission.frame.cookie] = true;
                }
            now_ns += test_random_between(&random, -60, 60) * (test_random_between(&random, 0, 1) ? MS : 1000 * MS);
            tsn_egress_step(fixture.egress, now_ns);
        }
        size_t left = fixture_run(&fixture, now_ns, emissions, MOST);
        for (size_t i = 0; i < left; i++) {
            CHECK(!back[emissions[i].frame.cookie], "twice");
            back[emissions[i].frame.cookie] = true;
        }
        CHECK_EQUAL(returned + left, offered);
        CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
        fixture_free(&fixture);
    }
}

static void should_count_a_frame_that_the_port_refused(void) {
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
    struct tsn_emission emission;
    fixture_stream(&fixture, 0, plc);
    fixture_offer(&fixture, NOW_NS, 0, 1, TSN_NO_LAUNCH, 1522);
    CHECK_EQUAL(tsn_egress_dequeue(fixture.egress, NOW_NS + 125000, &emission, 1), 1);
    CHECK_EQUAL(fixture_unaccounted(&fixture), 1);
    tsn_egress_not_sent(fixture.egress, &emission, TSN_PORT_FULL);
    CHECK_EQUAL(fixture.stream_stats[0].outcomes[TSN_PORT_FULL], 1);
    CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
    fixture_free(&fixture);
}

static void should_refuse_configurations_with_one_sentence(void) {
    static const struct {
        const char *part;
        struct tsn_stream_config config;
    } rows[] = {
        {"traffic class '8'", {.traffic_class = 8}},
        {"window period '300'", {.period_ns = 1000, .window_ns = 100, .window_period_ns = 300, .frame_bytes = 64}},
        {"shorter than a frame", {.period_ns = 1000000, .window_ns = 100, .window_period_ns = 1000000, .frame_bytes = 64}},
        {"frame bytes '0'", {.period_ns = 1000000, .window_ns = 100, .window_period_ns = 1000000}},
        {"offset '1000000'", {.period_ns = 1000000, .offset_ns = 1000000}},
        {"late tolerance '-1'", {.late_tolerance_ns = -1}},
    };
    struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
    char error[200];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK(tsn_egress_set_stream(fixture.egress, 0, &rows[i].config, error, sizeof error) != 0, "%s: taken", rows[i].part);
        CHECK(strstr(error, rows[i].part), "'%s' does not say '%s'", error, rows[i].part);
    }
    struct tsn_egress_config unknown_rate = {.frame_capacity = 1, .stats = fixture.stats};
    CHECK_EQUAL(tsn_egress_size(&unknown_rate), 0);
    fixture_free(&fixture);
}

int main(void) {
    RUN(should_compute_the_wire_times_of_the_contract);
    RUN(should_give_a_frame_without_launch_time_its_streams_next_window);
    RUN(should_refuse_what_breaks_the_contract);
    RUN(should_treat_a_late_frame_by_its_policy);
    RUN(should_tell_a_missed_gate_from_a_poll_that_came_late);
    RUN(should_keep_streams_of_one_class_out_of_each_others_windows);
    RUN(should_flush_frames_of_a_stream_that_was_removed_or_replaced);
    RUN(should_leave_streams_room_when_best_effort_floods_the_port);
    RUN(should_order_launch_times_from_nanoseconds_to_a_minute_ahead);
    RUN(should_go_on_after_the_clock_stepped_by_the_utc_offset);
    RUN(should_give_frames_without_launch_time_their_windows_after_a_step_back);
    RUN(should_keep_launch_times_over_a_step_unless_they_are_out_of_reach);
    RUN(should_lose_no_frame_by_steps);
    RUN(should_count_a_frame_that_the_port_refused);
    RUN(should_refuse_configurations_with_one_sentence);
    return 0;
}
