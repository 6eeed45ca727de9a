/* Random streams, gate lists and traffic, exact to the nanosecond against the model. */
#include "core/test/check.h"
#include "core/test/egress_model.h"

enum { STREAMS = 6, FRAMES = 300, ACTIONS = 420, LENGTH_NS = 24000, LISTS = 6, EVENTS = 2048 };
#define ORIGIN_NS INT64_C(1000000)

enum action_kind { OFFER, INSTALL, SET_STREAM, REMOVE_STREAM };

struct action {
    int64_t time_ns;
    enum action_kind kind;
    uint32_t index; /* of the stream, the list */
    struct tsn_frame frame;
    struct tsn_stream_config stream;
};

struct scenario {
    struct test_random random;
    uint64_t seed;
    struct tsn_egress_config config;
    struct action actions[ACTIONS];
    size_t action_count;
    struct gate_model_list lists[LISTS];
    uint32_t list_count;
    bool shaped;
};

/* What the core did. */
struct run {
    struct tsn_egress *egress;
    struct tsn_port_stats stats;
    struct tsn_stream_stats stream_stats[STREAMS];
    struct tsn_gate_program *programs[LISTS];
    struct model_event events[EVENTS];
    size_t event_count;
    uint64_t offered, refused[TSN_OUTCOME_COUNT];
    uint64_t followers; /* handed over together with a frame before them */
};

static int64_t between(struct scenario *scenario, int64_t low, int64_t high) {
    return test_random_between(&scenario->random, low, high);
}

static bool one_in(struct scenario *scenario, int64_t n) { return between(scenario, 1, n) == 1; }

static struct gate_model_list random_list(struct scenario *scenario, int64_t now_ns) {
    struct gate_model_list list = {.count = (uint32_t)between(scenario, 1, 6)};
    for (uint32_t i = 0; i < list.count; i++) {
        list.entries[i].gate_states = (uint8_t)(test_random_next(&scenario->random) | test_random_next(&scenario->random));
        list.entries[i].interval_ns = (uint32_t)between(scenario, 20, 500);
        list.cycle_ns += list.entries[i].interval_ns;
    }
    list.extension_ns = one_in(scenario, 2) ? 0 : between(scenario, 0, 400);
    list.base_ns = between(scenario, now_ns - 900, now_ns + 2000);
    return list;
}

static struct tsn_stream_config random_stream(struct scenario *scenario) {
    struct tsn_stream_config config = {
        .frame_bytes = (uint32_t)between(scenario, 64, 1522),
        .queue_limit = one_in(scenario, 4) ? (uint32_t)between(scenario, 1, 4) : 0,
        .traffic_class = (uint8_t)between(scenario, 0, 7),
        .late_policy = (uint8_t)between(scenario, 0, 2),
        .window_policy = (uint8_t)between(scenario, 0, 1),
        .late_tolerance_ns = one_in(scenario, 2) ? between(scenario, 1, 300) : 0,
    };
    if (one_in(scenario, 6)) return config;
    int64_t parts = between(scenario, 1, 3);
    config.window_period_ns = between(scenario, 130, 900);
    config.period_ns = config.window_period_ns * parts;
    if (one_in(scenario, 4)) {
        config.window_period_ns = 0;
        config.offset_ns = between(scenario, 0, config.period_ns - 1);
        return config;
    }
    int64_t wire_ns = tsn_wire_time_ns(scenario->config.link_rate_bps, 0, config.frame_bytes);
    int64_t longest_ns = config.window_period_ns < wire_ns + 60 ? config.window_period_ns : wire_ns + 60;
    config.window_ns = between(scenario, wire_ns, longest_ns);
    config.offset_ns = between(scenario, 0, config.window_period_ns - 1);
    return config;
}

static struct tsn_frame random_frame(struct scenario *scenario, uint64_t cookie, int64_t now_ns,
                                     const struct tsn_stream_config *streams) {
    struct tsn_frame frame = {.cookie = cookie, .launch_ns = TSN_NO_LAUNCH, .stream = TSN_STREAM_NONE};
    frame.bytes = (uint16_t)between(scenario, 40, one_in(scenario, 12) ? 1600 : 700);
    frame.traffic_class = (uint8_t)between(scenario, 0, one_in(scenario, 20) ? 9 : 2);
    if (one_in(scenario, 4)) {
        if (one_in(scenario, 4)) frame.launch_ns = now_ns + between(scenario, -100, 3000);
        return frame;
    }
    frame.stream = (uint32_t)between(scenario, 0, one_in(scenario, 30) ? STREAMS + 1 : STREAMS - 1);
    const struct tsn_stream_config *config = &streams[frame.stream % STREAMS];
    if (frame.bytes > config->frame_bytes && !one_in(scenario, 10)) frame.bytes = (uint16_t)config->frame_bytes;
    switch (between(scenario, 0, 5)) {
    case 0: break;
    case 1: frame.launch_ns = now_ns + between(scenario, -500, 2000); break;
    case 2:
        frame.flags = TSN_FRAME_DEADLINE;
        frame.launch_ns = now_ns + between(scenario, -50, 1500);
        break;
    default: /* in one of the next windows, or a little beside it */
        frame.launch_ns = now_ns + between(scenario, 0, 1200);
        if (config->window_ns) {
            int64_t into_ns = (frame.launch_ns - config->offset_ns) % config->window_period_ns;
            frame.launch_ns += between(scenario, 0, 1) * config->window_period_ns - into_ns + between(scenario, 0, 12);
        }
    }
    if (one_in(scenario, 60)) frame.launch_ns = now_ns + between(scenario, 20000, 60000);
    if (one_in(scenario, 200)) frame.launch_ns = one_in(scenario, 2) ? INT64_MAX : INT64_MIN + 1;
    return frame;
}

static int by_time(const void *a, const void *b) {
    const struct action *x = a, *y = b;
    return x->time_ns != y->time_ns ? (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns)
                                    : (x->frame.cookie > y->frame.cookie) - (x->frame.cookie < y->frame.cookie);
}

static void make_scenario(struct scenario *scenario, uint64_t seed, bool shaped) {
    *scenario = (struct scenario){.random = {seed}, .seed = seed, .shaped = shaped};
    scenario->config = (struct tsn_egress_config){
        .link_rate_bps = UINT64_C(100000000000),
        .frame_capacity = (uint32_t)(one_in(scenario, 4) ? between(scenario, 2, 12) : 200),
        .untimed_limit = 100,
        .stream_capacity = STREAMS,
        .max_frame_bytes = 1522,
        .admin_gate_states = (uint8_t)(one_in(scenario, 3) ? 0xff : test_random_next(&scenario->random)),
        .untimed_classes = 0x07,
        .late_class = (uint8_t)between(scenario, 0, 2),
    };
    if (scenario->config.untimed_limit > scenario->config.frame_capacity)
        scenario->config.untimed_limit = scenario->config.frame_capacity;
    if (one_in(scenario, 3)) scenario->config.queue_max_sdu[between(scenario, 0, 7)] = (uint32_t)between(scenario, 64, 900);
    if (shaped)
        for (unsigned c = 0; c < 8; c++)
            if (one_in(scenario, 2)) scenario->config.idle_slope_bps[c] = (uint64_t)between(scenario, 1, 60) * 1000000000u;

    struct tsn_stream_config streams[STREAMS];
    struct action *action = scenario->actions;
    for (uint32_t i = 0; i < STREAMS; i++) {
        streams[i] = random_stream(scenario);
        *action++ = (struct action){.time_ns = ORIGIN_NS, .kind = SET_STREAM, .index = i, .stream = streams[i]};
    }
    uint32_t lists = shaped ? 1 : (uint32_t)between(scenario, 0, LISTS);
    for (; scenario->list_count < lists; scenario->list_count++) {
        int64_t time_ns = shaped ? ORIGIN_NS : ORIGIN_NS + between(scenario, 0, LENGTH_NS / 2);
        scenario->lists[scenario->list_count] = random_list(scenario, time_ns);
        if (shaped) scenario->lists[scenario->list_count].base_ns = ORIGIN_NS;
        *action++ = (struct action){.time_ns = time_ns, .kind = INSTALL, .index = scenario->list_count};
    }
    for (int64_t changes = between(scenario, 0, 4); changes > 0; changes--) {
        action->time_ns = ORIGIN_NS + between(scenario, 0, LENGTH_NS / 2);
        action->kind = one_in(scenario, 2) ? SET_STREAM : REMOVE_STREAM;
        action->index = (uint32_t)between(scenario, 0, STREAMS - 1);
        action->stream = random_stream(scenario);
        action++;
    }
    for (uint64_t cookie = 0; cookie < FRAMES; cookie++) {
        action->kind = OFFER;
        action->time_ns = ORIGIN_NS + between(scenario, 0, LENGTH_NS / 2);
        action->frame = random_frame(scenario, cookie, action->time_ns, streams);
        action++;
    }
    scenario->action_count = (size_t)(action - scenario->actions);
    qsort(scenario->actions, scenario->action_count, sizeof *action, by_time);
}

static void act_on_core(struct scenario *scenario, struct run *run, const struct action *action,
                        enum tsn_outcome *outcome) {
    char error[200];
    switch (action->kind) {
    case OFFER:
        run->offered++;
        *outcome = tsn_egress_enqueue(run->egress, action->time_ns, &action->frame);
        if (*outcome != TSN_QUEUED) run->refused[*outcome]++;
        break;
    case INSTALL:
        while (tsn_egress_take_retired_gates(run->egress)) continue;
        run->programs[action->index] = gate_model_compile(&scenario->lists[action->index]);
        CHECK_EQUAL(tsn_egress_install_gates(run->egress, action->time_ns, run->programs[action->index]), 0);
        break;
    case SET_STREAM:
        CHECK(tsn_egress_set_stream(run->egress, action->index, &action->stream, error, sizeof error) == 0, "%s", error);
        break;
    case REMOVE_STREAM: tsn_egress_remove_stream(run->egress, action->index); break;
    }
}

static void act_on_model(const struct scenario *scenario, struct egress_model *model, const struct action *action,
                         enum tsn_outcome *outcome) {
    switch (action->kind) {
    case OFFER: *outcome = egress_model_enqueue(model, action->time_ns, &action->frame); break;
    case INSTALL: gate_model_install(&model->gates, &scenario->lists[action->index], action->time_ns); break;
    case SET_STREAM: egress_model_set_stream(model, action->index, &action->stream); break;
    case REMOVE_STREAM: egress_model_remove_stream(model, action->index); break;
    }
}

/* Up to until_ns nothing else happens: so far frames may be handed over together. */
static void poll_core(struct run *run, int64_t now_ns, int64_t until_ns) {
    struct tsn_emission emissions[3];
    size_t count, followers;
    do {
        count = tsn_egress_dequeue(run->egress, now_ns, emissions, 3);
        followers = tsn_egress_dequeue_followers(run->egress, now_ns, until_ns, emissions + count, 3 - count);
        run->followers += followers;
        count += followers;
        for (size_t i = 0; i < count; i++) {
            const struct tsn_emission *emission = &emissions[i];
            CHECK(run->event_count < EVENTS, "too many events");
            run->events[run->event_count++] =
                (struct model_event){emission->frame.cookie, emission->start_ns, (enum tsn_outcome)emission->outcome};
            if (emission->outcome == TSN_QUEUED) tsn_egress_sent(run->egress, emission, emission->start_ns);
        }
    } while (count == 3);
}

static void compare(const struct scenario *scenario, const struct run *run, const struct model_event *expected,
                    size_t expected_count) {
    size_t common = run->event_count < expected_count ? run->event_count : expected_count;
    for (size_t i = 0; i < common; i++) {
        const struct model_event *a = &run->events[i], *b = &expected[i];
        CHECK(a->cookie == b->cookie && a->start_ns == b->start_ns && a->outcome == b->outcome,
              "seed %" PRIu64 " event %zu: frame %" PRIu64 " at %" PRId64 " %s, model: frame %" PRIu64 " at %" PRId64 " %s",
              scenario->seed, i, a->cookie, a->start_ns - ORIGIN_NS, tsn_outcome_name(a->outcome), b->cookie,
              b->start_ns - ORIGIN_NS, tsn_outcome_name(b->outcome));
    }
    CHECK(run->event_count == expected_count, "seed %" PRIu64 ": %zu events, model %zu", scenario->seed, run->event_count,
          expected_count);
}

/* offered = still queued + every outcome, for the port; each frame ends once. */
static void check_conservation(const struct scenario *scenario, struct run *run, uint64_t still_queued) {
    uint64_t offered = 0, ended = 0;
    bool seen[FRAMES] = {false};
    for (unsigned c = 0; c < TSN_CLASSES; c++) {
        offered += run->stats.classes[c].offered;
        for (unsigned o = 0; o < TSN_OUTCOME_COUNT; o++) ended += run->stats.classes[c].outcomes[o];
    }
    CHECK(offered == run->offered && offered == ended + still_queued,
          "seed %" PRIu64 ": offered %" PRIu64 ", ended %" PRIu64 ", queued %" PRIu64, scenario->seed, offered, ended,
          still_queued);
    for (size_t i = 0; i < run->event_count; i++) {
        CHECK(!seen[run->events[i].cookie], "seed %" PRIu64 ": frame %" PRIu64 " twice", scenario->seed,
              run->events[i].cookie);
        seen[run->events[i].cookie] = true;
    }
    struct tsn_emission emissions[7];
    uint64_t flushed = 0;
    for (size_t count; (count = tsn_egress_flush(run->egress, emissions, 7)) > 0;) flushed += count;
    CHECK(flushed == still_queued, "seed %" PRIu64 ": flushed %" PRIu64 " of %" PRIu64, scenario->seed, flushed,
          still_queued);
    CHECK_EQUAL(tsn_egress_next_event(run->egress, ORIGIN_NS + LENGTH_NS), TSN_NEVER);
}

static struct run *start_core(struct scenario *scenario) {
    char error[200];
    struct run *run = calloc(1, sizeof *run);
    scenario->config.stats = &run->stats;
    scenario->config.stream_stats = run->stream_stats;
    size_t size = tsn_egress_size(&scenario->config);
    run->egress = aligned_alloc(64, (size + 63) & ~(size_t)63);
    CHECK(tsn_egress_init(run->egress, &scenario->config, ORIGIN_NS, error, sizeof error) == 0, "%s", error);
    return run;
}

static struct egress_model *start_model(const struct scenario *scenario) {
    struct egress_model *model = calloc(1, sizeof *model);
    model->config = scenario->config;
    model->wire_free_ns = model->time_ns = ORIGIN_NS;
    gate_model_init(&model->gates, scenario->config.admin_gate_states, ORIGIN_NS, LENGTH_NS + 4000);
    if (!scenario->shaped) return model;
    struct gate_model_list list = scenario->lists[0];
    gate_model_measure(&list);
    for (unsigned c = 0; c < 8; c++) {
        uint64_t slope = scenario->config.idle_slope_bps[c];
        if (list.open_per_cycle_ns[c]) slope = slope * (uint64_t)list.cycle_ns / (uint64_t)list.open_per_cycle_ns[c];
        model->idle_slope_bps[c] = slope > scenario->config.link_rate_bps ? scenario->config.link_rate_bps : slope;
    }
    return model;
}

static void end(struct run *run, struct egress_model *model) {
    for (size_t i = 0; i < LISTS; i++) free(run->programs[i]);
    free(run->egress);
    free(run);
    gate_model_free(&model->gates);
    free(model);
}

/*
 * The model is polled every nanosecond; the core only after each action and when tsn_egress_next_event says so; frames
 * that follow one another are taken together. The same frames leave at the same nanosecond: so the core's decisions and its
 * wake-up times are exact.
 */
static uint64_t run_by_events(uint64_t seed, bool shaped) {
    struct scenario *scenario = malloc(sizeof *scenario);
    make_scenario(scenario, seed, shaped);
    struct run *run = start_core(scenario);
    struct egress_model *model = start_model(scenario);
    struct model_event *expected = malloc(EVENTS * sizeof *expected);
    enum tsn_outcome outcomes[ACTIONS], wanted = TSN_QUEUED;
    size_t expected_count = 0, next = 0;

    int64_t event_ns = TSN_NEVER;
    for (size_t i = 0; i <= scenario->action_count; i++) {
        int64_t until_ns = i < scenario->action_count ? scenario->actions[i].time_ns : ORIGIN_NS + LENGTH_NS;
        while (event_ns < until_ns) {
            poll_core(run, event_ns, until_ns - 1);
            int64_t later_ns = tsn_egress_next_event(run->egress, event_ns);
            CHECK(later_ns > event_ns, "seed %" PRIu64 ": next event does not move on from %" PRId64, seed,
                  event_ns - ORIGIN_NS);
            event_ns = later_ns;
        }
        if (i == scenario->action_count) break;
        act_on_core(scenario, run, &scenario->actions[i], &outcomes[i]);
        bool last_of_time = i + 1 == scenario->action_count || scenario->actions[i + 1].time_ns != until_ns;
        if (!last_of_time) continue;
        poll_core(run, until_ns, until_ns);
        event_ns = tsn_egress_next_event(run->egress, until_ns);
    }
    for (int64_t t = ORIGIN_NS; t < ORIGIN_NS + LENGTH_NS; t++) {
        for (; next < scenario->action_count && scenario->actions[next].time_ns == t; next++) {
            act_on_model(scenario, model, &scenario->actions[next], &wanted);
            if (scenario->actions[next].kind == OFFER)
                CHECK(outcomes[next] == wanted, "seed %" PRIu64 " frame %" PRIu64 " at %" PRId64 ": %s, model: %s", seed,
                      scenario->actions[next].frame.cookie, t - ORIGIN_NS, tsn_outcome_name(outcomes[next]),
                      tsn_outcome_name(wanted));
        }
        expected_count += egress_model_poll(model, t, expected + expected_count, EVENTS - expected_count);
        if (shaped) egress_model_tick(model, t);
    }
    compare(scenario, run, expected, expected_count);
    check_conservation(scenario, run, model->queued);
    uint64_t followers = run->followers;
    end(run, model);
    free(expected);
    free(scenario);
    return followers;
}

static void should_send_the_same_frames_at_the_same_nanosecond_as_the_model(void) {
    uint64_t last = test_last_seed(60), followers = 0, seeds = 0;
    for (uint64_t seed = test_first_seed(); seed <= last; seed++, seeds++) followers += run_by_events(seed, false);
    CHECK(followers > seeds, "%" PRIu64 " frames in %" PRIu64 " scenarios went together with another", followers, seeds);
}

static void should_do_so_with_credit_based_shapers_inside_the_gates(void) {
    uint64_t last = test_last_seed(60);
    for (uint64_t seed = test_first_seed(); seed <= last; seed++) run_by_events(seed, true);
}

/* A poll thread that comes late, and one that may hand over ahead of the wire. */
static void should_agree_with_the_model_when_polled_at_random_times(void) {
    uint64_t last = test_last_seed(60);
    for (uint64_t seed = test_first_seed(); seed <= last; seed++) {
        struct scenario *scenario = malloc(sizeof *scenario);
        make_scenario(scenario, seed, false);
        scenario->config.ahead_ns = one_in(scenario, 2) ? 0 : between(scenario, 1, 400);
        struct run *run = start_core(scenario);
        struct egress_model *model = start_model(scenario);
        struct model_event *expected = malloc(EVENTS * sizeof *expected);
        enum tsn_outcome outcome = TSN_QUEUED, wanted = TSN_QUEUED;
        size_t expected_count = 0, next = 0;
        int64_t widest_ns = between(scenario, 1, 800);
        for (int64_t now_ns = ORIGIN_NS; now_ns < ORIGIN_NS + LENGTH_NS; now_ns += between(scenario, 1, widest_ns)) {
            for (; next < scenario->action_count && scenario->actions[next].time_ns <= now_ns; next++) {
                struct action action = scenario->actions[next];
                if (action.kind == INSTALL && now_ns < model->time_ns) now_ns = model->time_ns;
                action.time_ns = now_ns;
                act_on_core(scenario, run, &action, &outcome);
                act_on_model(scenario, model, &action, &wanted);
                if (action.kind == OFFER)
                    CHECK(outcome == wanted, "seed %" PRIu64 " frame %" PRIu64 " at %" PRId64 ": %s, model: %s", seed,
                          action.frame.cookie, now_ns - ORIGIN_NS, tsn_outcome_name(outcome), tsn_outcome_name(wanted));
            }
            poll_core(run, now_ns, now_ns);
            expected_count += egress_model_poll(model, now_ns, expected + expected_count, EVENTS - expected_count);
        }
        compare(scenario, run, expected, expected_count);
        check_conservation(scenario, run, model->queued);
        end(run, model);
        free(expected);
        free(scenario);
    }
}

int main(void) {
    RUN(should_send_the_same_frames_at_the_same_nanosecond_as_the_model);
    RUN(should_agree_with_the_model_when_polled_at_random_times);
    RUN(should_do_so_with_credit_based_shapers_inside_the_gates);
    return 0;
}
