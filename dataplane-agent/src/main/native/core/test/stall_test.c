/*
 * Talkers and a poll thread that stall: what the late policies promise, whatever the timing. Periods of 100 us; the
 * timed class has the first 60 us of each, best effort the rest.
 */
#include "core/test/egress_fixture.h"

#define NOW_NS INT64_C(1000000000)
#define PERIOD_NS INT64_C(100000)
#define WINDOW_NS INT64_C(8000) /* a frame of 500 bytes takes 4,160 ns */

enum { STREAMS = 4, PERIODS = 60, FRAMES_MAX = STREAMS * PERIODS * 2, FRAME_BYTES = 500 };

struct handed_over {
    uint32_t stream;
    int64_t period;    /* in which it is to leave */
    int64_t time_ns, launch_ns;
    bool in_step;      /* must leave in its period */
    int64_t start_ns;  /* -1: did not leave */
};

struct scene {
    struct test_random random;
    uint64_t seed;
    struct tsn_stream_config streams[STREAMS];
    bool launch_times[STREAMS];
    struct handed_over frames[FRAMES_MAX];
    size_t count;
    int64_t poller_stalls_ns, poller_resumes_ns;
};

static int64_t between(struct scene *scene, int64_t low, int64_t high) {
    return test_random_between(&scene->random, low, high);
}

static int64_t window_start(const struct scene *scene, uint32_t stream, int64_t period) {
    return NOW_NS + period * PERIOD_NS + scene->streams[stream].offset_ns;
}

static void hand_over(struct scene *scene, uint32_t stream, int64_t period, int64_t time_ns, bool in_step) {
    int64_t start_ns = window_start(scene, stream, period);
    struct handed_over *frame = &scene->frames[scene->count++];
    *frame = (struct handed_over){.stream = stream, .period = period, .time_ns = time_ns, .in_step = in_step, .start_ns = -1};
    frame->launch_ns = scene->launch_times[stream] ? start_ns + between(scene, 0, 3000) : TSN_NO_LAUNCH;
}

/*
 * A talker hands over one frame per period, up to a period ahead; stalls; hands over at once what it should have sent
 * meanwhile; goes on as before. One that queues (no launch times, policy other than drop) rests afterwards for as many
 * periods as it stalled. From then on it is in step.
 */
static void run_talker(struct scene *scene, uint32_t stream) {
    int64_t stall = between(scene, 5, 20), resume = stall + between(scene, 1, 20);
    bool queues = !scene->launch_times[stream] && scene->streams[stream].late_policy != TSN_LATE_DROP;
    int64_t resumed_ns = window_start(scene, stream, resume - 1) + WINDOW_NS + 1000;
    for (int64_t period = 1; period < PERIODS; period++) {
        int64_t in_time_ns = window_start(scene, stream, period) - between(scene, 0, PERIOD_NS - WINDOW_NS - 1000);
        if (period < stall) hand_over(scene, stream, period, in_time_ns, !queues);
        else if (period < resume) hand_over(scene, stream, period, resumed_ns, false);
        /* Without launch times the first of the backlog is due in the first window; the next frame is in step again. */
        else if (!queues) hand_over(scene, stream, period, in_time_ns > resumed_ns ? in_time_ns : resumed_ns,
                                    scene->launch_times[stream] || period > resume);
        else if (period > 2 * resume - stall) hand_over(scene, stream, period, in_time_ns, true);
    }
}

static int by_time(const void *a, const void *b) {
    const struct handed_over *x = a, *y = b;
    if (x->time_ns != y->time_ns) return x->time_ns < y->time_ns ? -1 : 1;
    return (x->period > y->period) - (x->period < y->period);
}

static struct scene *make_scene(uint64_t seed) {
    struct scene *scene = calloc(1, sizeof *scene);
    scene->random.state = scene->seed = seed;
    for (uint32_t s = 0; s < STREAMS; s++) {
        scene->streams[s] = (struct tsn_stream_config){.period_ns = PERIOD_NS,
                                                       .offset_ns = s * WINDOW_NS, /* abutting */
                                                       .window_ns = WINDOW_NS,
                                                       .window_period_ns = PERIOD_NS,
                                                       .frame_bytes = FRAME_BYTES,
                                                       .traffic_class = 7,
                                                       .late_policy = (uint8_t)between(scene, 0, 2)};
        scene->launch_times[s] = between(scene, 0, 1);
        run_talker(scene, s);
    }
    qsort(scene->frames, scene->count, sizeof scene->frames[0], by_time);
    if (between(scene, 0, 1)) {
        scene->poller_stalls_ns = NOW_NS + between(scene, 5, 30) * PERIOD_NS + between(scene, 0, PERIOD_NS);
        scene->poller_resumes_ns = scene->poller_stalls_ns + between(scene, 1, 10 * PERIOD_NS);
    }
    return scene;
}

static bool stalled(const struct scene *scene, int64_t time_ns) {
    return time_ns >= scene->poller_stalls_ns && time_ns < scene->poller_resumes_ns;
}

static void poll(struct scene *scene, struct fixture *fixture, int64_t now_ns) {
    struct tsn_emission emission;
    while (fixture_next(fixture, now_ns, &emission))
        if (emission.outcome == TSN_QUEUED) scene->frames[emission.frame.cookie].start_ns = emission.start_ns;
}

/* Polls whenever the core asks for it, but for the stall; what is handed over meanwhile is taken when it ends. */
static void run_scene(struct scene *scene, struct fixture *fixture) {
    int64_t now_ns = NOW_NS;
    for (size_t i = 0; i <= scene->count; i++) {
        int64_t until_ns = i < scene->count ? scene->frames[i].time_ns : NOW_NS + 3 * PERIODS * PERIOD_NS;
        if (i < scene->count && stalled(scene, until_ns)) until_ns = scene->poller_resumes_ns;
        for (;;) {
            int64_t event_ns = tsn_egress_next_event(fixture->egress, now_ns);
            if (event_ns != TSN_NEVER && stalled(scene, event_ns)) event_ns = scene->poller_resumes_ns;
            if (event_ns >= until_ns) break;
            now_ns = event_ns;
            poll(scene, fixture, now_ns);
        }
        if (i == scene->count) break;
        now_ns = until_ns;
        const struct handed_over *frame = &scene->frames[i];
        fixture_offer(fixture, now_ns, frame->stream, i, frame->launch_ns, FRAME_BYTES);
        poll(scene, fixture, now_ns);
    }
}

static void check_places(const struct scene *scene) {
    int64_t last_period[STREAMS], last_of_stream[STREAMS];
    for (uint32_t s = 0; s < STREAMS; s++) last_period[s] = last_of_stream[s] = -1;
    int64_t wire_ns = tsn_wire_time_ns(1000000000, 0, FRAME_BYTES);
    for (int64_t moment = 0;;) {
        /* Next frame that left, in order of time. */
        const struct handed_over *next = NULL;
        for (size_t i = 0; i < scene->count; i++) {
            const struct handed_over *frame = &scene->frames[i];
            if (frame->start_ns > moment && (!next || frame->start_ns < next->start_ns)) next = frame;
        }
        if (!next) return;
        CHECK(next->start_ns >= moment + (moment ? wire_ns : 0), "seed %" PRIu64 ": two frames at once", scene->seed);
        moment = next->start_ns;
        uint32_t s = next->stream;
        CHECK(next->period > last_of_stream[s], "seed %" PRIu64 ": stream %u: frame %" PRId64 " after frame %" PRId64,
              scene->seed, s, next->period, last_of_stream[s]);
        last_of_stream[s] = next->period;
        int64_t cycle_ns = (next->start_ns - NOW_NS) % PERIOD_NS;
        if (cycle_ns >= 60000) { /* late, in best effort's time */
            CHECK(scene->streams[s].late_policy == TSN_LATE_SEND_NOW && cycle_ns + wire_ns <= PERIOD_NS,
                  "seed %" PRIu64 ": stream %u outside its windows", scene->seed, s);
            continue;
        }
        int64_t into_ns = cycle_ns - scene->streams[s].offset_ns, period = (next->start_ns - NOW_NS) / PERIOD_NS;
        CHECK(into_ns >= 0 && into_ns + wire_ns <= WINDOW_NS, "seed %" PRIu64 ": stream %u in a neighbour's window",
              scene->seed, s);
        CHECK(period > last_period[s], "seed %" PRIu64 ": stream %u: two frames in period %" PRId64, scene->seed, s, period);
        last_period[s] = period;
    }
}

/* A talker in step stays so, unless the poll thread was away: then until the windows that it slept through have passed. */
static void check_recovery(const struct scene *scene) {
    for (size_t i = 0; i < scene->count; i++) {
        const struct handed_over *frame = &scene->frames[i];
        int64_t start_ns = window_start(scene, frame->stream, frame->period);
        bool queues = !scene->launch_times[frame->stream] && scene->streams[frame->stream].late_policy != TSN_LATE_DROP;
        bool missed = frame->time_ns < scene->poller_resumes_ns && start_ns + WINDOW_NS > scene->poller_stalls_ns;
        if (!frame->in_step || missed) continue;
        if (queues && scene->poller_resumes_ns) continue; /* frames that were taken at once are queued */
        if (!scene->launch_times[frame->stream] && start_ns < scene->poller_resumes_ns + 2 * PERIOD_NS &&
            start_ns > scene->poller_stalls_ns - PERIOD_NS)
            continue;
        CHECK(frame->start_ns >= start_ns && frame->start_ns < start_ns + WINDOW_NS,
              "seed %" PRIu64 ": stream %u, policy %u: frame %" PRId64 " left at %" PRId64 ", its window is at %" PRId64,
              scene->seed, frame->stream, scene->streams[frame->stream].late_policy, frame->period,
              frame->start_ns - NOW_NS, start_ns - NOW_NS);
    }
}

static void should_keep_order_and_windows_and_be_in_step_again_after_any_stall(void) {
    struct tsn_gate_entry entries[] = {{TSN_SET_GATE_STATES, 0x80, 60000}, {TSN_SET_GATE_STATES, 0x01, 40000}};
    struct tsn_gate_list list = {.base_time_ns = NOW_NS, .entry_count = 2, .entries = entries};
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(2));
    CHECK_EQUAL(tsn_gate_program_compile(&list, program, NULL, 0), 0);
    uint64_t last = test_last_seed(400);
    for (uint64_t seed = test_first_seed(); seed <= last; seed++) {
        struct scene *scene = make_scene(seed);
        struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
        for (uint32_t s = 0; s < STREAMS; s++) fixture_stream(&fixture, s, scene->streams[s]);
        CHECK_EQUAL(tsn_egress_install_gates(fixture.egress, NOW_NS, program), 0);
        run_scene(scene, &fixture);
        check_places(scene);
        check_recovery(scene);
        CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
        fixture_free(&fixture);
        free(scene);
    }
    free(program);
}

/* What a stream at full rate gets after its talker was k periods late, policy by policy. */
static void should_say_what_each_policy_makes_of_a_late_frame_at_full_rate(void) {
    static const struct {
        const char *name;
        enum tsn_late_policy policy;
        bool launch_times;
        /* Frame 3 is handed over after its window, the others in time. Period in which each of six frames leaves; -1: not. */
        int left[6];
    } rows[] = {
        {"drop, launch times: the late frame is lost", TSN_LATE_DROP, true, {0, 1, 2, -1, 4, 5}},
        {"next window, launch times: the frame due there claims it", TSN_LATE_NEXT_WINDOW, true, {0, 1, 2, -1, 4, 5}},
        {"send now: in best effort's time", TSN_LATE_SEND_NOW, true, {0, 1, 2, 3, 4, 5}},
        {"drop, no launch times: one of two in a period waits, and is lost to the next", TSN_LATE_DROP, false,
         {0, 1, 2, 4, -1, 5}},
        {"next window, no launch times: they queue", TSN_LATE_NEXT_WINDOW, false, {0, 1, 2, 4, 5, 6}},
    };
    struct tsn_gate_entry entries[] = {{TSN_SET_GATE_STATES, 0x80, 60000}, {TSN_SET_GATE_STATES, 0x01, 40000}};
    struct tsn_gate_list list = {.base_time_ns = NOW_NS, .entry_count = 2, .entries = entries};
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(2));
    CHECK_EQUAL(tsn_gate_program_compile(&list, program, NULL, 0), 0);
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
        struct tsn_stream_config config = {.period_ns = PERIOD_NS, .offset_ns = 20000, .window_ns = WINDOW_NS,
                                           .window_period_ns = PERIOD_NS, .frame_bytes = FRAME_BYTES, .traffic_class = 7,
                                           .late_policy = (uint8_t)rows[row].policy};
        fixture_stream(&fixture, 0, config);
        CHECK_EQUAL(tsn_egress_install_gates(fixture.egress, NOW_NS, program), 0);
        int left[6] = {-1, -1, -1, -1, -1, -1};
        struct tsn_emission emission;
        for (int64_t tenth = 0; tenth < 90; tenth++) { /* of a period */
            int64_t now_ns = NOW_NS + tenth * PERIOD_NS / 10, frame = tenth / 10;
            bool due = frame < 6 && (frame == 3 ? tenth == 35 : tenth % 10 == 0);
            int64_t launch_ns = rows[row].launch_times ? NOW_NS + frame * PERIOD_NS + 20000 : TSN_NO_LAUNCH;
            if (due) fixture_offer(&fixture, now_ns, 0, (uint64_t)frame, launch_ns, FRAME_BYTES);
            while (fixture_next(&fixture, now_ns, &emission))
                if (emission.outcome == TSN_QUEUED) left[emission.frame.cookie] = (int)(emission.start_ns - NOW_NS) / (int)PERIOD_NS;
        }
        for (int i = 0; i < 6; i++)
            CHECK(left[i] == rows[row].left[i], "%s: frame %d left in period %d, not %d", rows[row].name, i, left[i],
                  rows[row].left[i]);
        CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
        fixture_free(&fixture);
    }
    free(program);
}

/* A talker that always has a few frames queued, under a poll thread that stalls again and again. */
static void should_lose_nothing_of_a_queue_without_launch_times_over_any_stalls(void) {
    enum { COUNT = 300, AHEAD = 8 };
    uint64_t last = test_last_seed(300);
    for (uint64_t seed = test_first_seed(); seed <= last; seed++) {
        struct test_random random = {seed};
        struct fixture fixture = fixture_make((struct tsn_egress_config){0}, NOW_NS);
        struct tsn_stream_config config = {.period_ns = PERIOD_NS, .offset_ns = 20000, .window_ns = WINDOW_NS,
                                           .window_period_ns = PERIOD_NS, .frame_bytes = FRAME_BYTES, .traffic_class = 7,
                                           .late_policy = TSN_LATE_NEXT_WINDOW};
        fixture_stream(&fixture, 0, config);
        struct tsn_emission emission;
        uint64_t offered = 0, sent = 0;
        int64_t now_ns = NOW_NS, last_period = -1;
        while (sent < COUNT) {
            while (offered < COUNT && offered < sent + AHEAD)
                CHECK_EQUAL(fixture_offer(&fixture, now_ns, 0, offered++, TSN_NO_LAUNCH, FRAME_BYTES), TSN_QUEUED);
            while (fixture_next(&fixture, now_ns, &emission)) {
                CHECK(emission.outcome == TSN_QUEUED, "seed %" PRIu64 ": frame %" PRIu64 " %s", seed, emission.frame.cookie,
                      tsn_outcome_name((enum tsn_outcome)emission.outcome));
                CHECK(emission.frame.cookie == sent, "seed %" PRIu64 ": frame %" PRIu64 ", not %" PRIu64, seed,
                      emission.frame.cookie, sent);
                int64_t into_ns = (emission.start_ns - NOW_NS) % PERIOD_NS - 20000, period = (emission.start_ns - NOW_NS) / PERIOD_NS;
                CHECK(into_ns >= 0 && into_ns < WINDOW_NS && period > last_period, "seed %" PRIu64 ": outside its windows", seed);
                last_period = period;
                sent++;
            }
            int64_t event_ns = tsn_egress_next_event(fixture.egress, now_ns);
            now_ns = event_ns == TSN_NEVER || event_ns < now_ns ? now_ns + 1 : event_ns;
            if (test_random_between(&random, 1, 10) == 1) now_ns += test_random_between(&random, 1, 20 * PERIOD_NS);
        }
        CHECK_EQUAL(fixture_unaccounted(&fixture), 0);
        fixture_free(&fixture);
    }
}

int main(void) {
    RUN(should_say_what_each_policy_makes_of_a_late_frame_at_full_rate);
    RUN(should_lose_nothing_of_a_queue_without_launch_times_over_any_stalls);
    RUN(should_keep_order_and_windows_and_be_in_step_again_after_any_stall);
    return 0;
}
