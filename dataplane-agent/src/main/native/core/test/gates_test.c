#include "core/gates.h"
#include "core/test/check.h"
#include "core/test/gate_model.h"

#include <errno.h>

enum { LENGTH_NS = 6000 };
#define ORIGIN_NS INT64_C(1000000)

static struct gate_model_list random_list(struct test_random *random, int64_t now_ns) {
    struct gate_model_list list = {.count = (uint32_t)test_random_between(random, 1, 6)};
    int64_t sum_ns = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        list.entries[i].operation = (enum tsn_gate_operation)test_random_between(random, 0, 2);
        list.entries[i].gate_states = (uint8_t)(test_random_next(random) & test_random_next(random));
        list.entries[i].interval_ns = (uint32_t)test_random_between(random, 1, 60);
        sum_ns += list.entries[i].interval_ns;
    }
    /* Equal to the sum, shorter (the list is cut) or longer (the last entry holds). */
    list.cycle_ns = sum_ns;
    if (test_random_between(random, 0, 2) == 0) list.cycle_ns = test_random_between(random, 1, 2 * sum_ns);
    list.extension_ns = test_random_between(random, 0, 2) == 0 ? 0 : test_random_between(random, 0, 2 * list.cycle_ns);
    list.base_ns = test_random_between(random, now_ns - 500, now_ns + 700);
    return list;
}

static void compare(const struct tsn_gates *gates, const struct gate_model *model, int64_t now_ns, uint64_t seed) {
    CHECK(gates->open == gate_model_states(model, now_ns), "seed %" PRIu64 " at %" PRId64 ": open %02x, model %02x", seed,
          now_ns - ORIGIN_NS, gates->open, gate_model_states(model, now_ns));
    for (int64_t t = now_ns; t < gates->segment_end_ns && t < ORIGIN_NS + LENGTH_NS; t++)
        CHECK(gate_model_states(model, t) == gates->open, "seed %" PRIu64 ": segment of %" PRId64 " changes at %" PRId64, seed,
              now_ns - ORIGIN_NS, t - ORIGIN_NS);
    for (unsigned c = 0; c < 8; c++) {
        bool open = gates->open >> c & 1;
        int64_t next_ns = gate_model_next(model, c, !open, now_ns);
        bool in_sight = next_ns < ORIGIN_NS + LENGTH_NS;
        if (open)
            CHECK(in_sight ? gates->close_ns[c] == next_ns : gates->close_ns[c] >= next_ns,
                  "seed %" PRIu64 " at %" PRId64 " class %u: closes at %" PRId64 ", model %" PRId64, seed, now_ns - ORIGIN_NS,
                  c, gates->close_ns[c] - ORIGIN_NS, next_ns - ORIGIN_NS);
        else
            CHECK(gates->open_ns[c] > now_ns && (!in_sight || gates->open_ns[c] <= next_ns),
                  "seed %" PRIu64 " at %" PRId64 " class %u: opens from %" PRId64 ", model %" PRId64, seed,
                  now_ns - ORIGIN_NS, c, gates->open_ns[c] - ORIGIN_NS, next_ns - ORIGIN_NS);
    }
}

/* Lists installed at random times, with base times past and future, looked at after random steps. */
static void should_agree_with_the_model_at_every_nanosecond(void) {
    uint64_t last = test_last_seed(150);
    for (uint64_t seed = test_first_seed(); seed <= last; seed++) {
        struct test_random random = {seed};
        struct gate_model model;
        struct tsn_gates gates;
        struct tsn_gate_program *programs[8];
        unsigned installed = 0;
        uint8_t admin_states = (uint8_t)test_random_next(&random);
        int64_t step_ns = test_random_between(&random, 1, 40);
        gate_model_init(&model, admin_states, ORIGIN_NS, LENGTH_NS);
        tsn_gates_init(&gates, admin_states, ORIGIN_NS);
        for (int64_t now_ns = ORIGIN_NS; now_ns < ORIGIN_NS + LENGTH_NS - 1500;
             now_ns += test_random_between(&random, 1, step_ns)) {
            if (installed < 8 && test_random_between(&random, 0, 60) == 0) {
                struct gate_model_list list = random_list(&random, now_ns);
                while (tsn_gates_take_retired(&gates)) continue;
                programs[installed] = gate_model_compile(&list);
                CHECK_EQUAL(tsn_gates_install(&gates, programs[installed++], now_ns), 0);
                gate_model_install(&model, &list, now_ns);
                CHECK_EQUAL(gates.config_change_errors, model.change_errors);
            }
            tsn_gates_advance(&gates, now_ns);
            compare(&gates, &model, now_ns, seed);
        }
        gate_model_free(&model);
        while (installed) free(programs[--installed]);
    }
}

static struct gate_model_list two_entries(int64_t base_ns, int64_t extension_ns) {
    return (struct gate_model_list){.base_ns = base_ns,
                                    .cycle_ns = 100,
                                    .extension_ns = extension_ns,
                                    .count = 2,
                                    .entries = {{TSN_SET_GATE_STATES, 0x80, 30}, {TSN_SET_GATE_STATES, 0x01, 70}}};
}

static void should_hold_admin_states_before_the_base_time(void) {
    struct gate_model_list list = two_entries(1000, 0);
    struct tsn_gate_program *program = gate_model_compile(&list);
    struct tsn_gates gates;
    tsn_gates_init(&gates, 0x0f, 500);
    CHECK_EQUAL(tsn_gates_install(&gates, program, 500), 0);
    CHECK_EQUAL(gates.config_change_time_ns, 1000);
    CHECK_EQUAL(gates.open, 0x0f);
    CHECK_EQUAL(gates.close_ns[0], 1000);
    tsn_gates_advance(&gates, 999);
    CHECK_EQUAL(gates.open, 0x0f);
    tsn_gates_advance(&gates, 1000);
    CHECK_EQUAL(gates.open, 0x80);
    CHECK_EQUAL(gates.close_ns[7], 1030);
    CHECK_EQUAL(gates.config_changes, 1);
    free(program);
}

static void should_start_a_past_base_time_at_the_next_cycle_and_count_no_error_without_a_running_list(void) {
    struct gate_model_list list = two_entries(40, 0);
    struct tsn_gate_program *program = gate_model_compile(&list);
    struct tsn_gates gates;
    tsn_gates_init(&gates, 0xff, 1001);
    tsn_gates_install(&gates, program, 1001);
    CHECK_EQUAL(gates.config_change_time_ns, 1040);
    CHECK_EQUAL(gates.config_change_errors, 0);
    tsn_gates_init(&gates, 0xff, 1040);
    tsn_gates_install(&gates, program, 1040);
    CHECK_EQUAL(gates.config_change_time_ns, 1040);
    CHECK_EQUAL(gates.open, 0x80);
    free(program);
}

/* Old cycles 1000, 1100, …; the change at 1250: with extension 49 the cycle of 1200 is cut, with 50 that of 1100 is stretched. */
static void should_stretch_the_last_cycle_by_at_most_its_extension(void) {
    static const struct {
        const char *name;
        int64_t extension_ns;
        uint8_t states_at_1201;
        int64_t close_of_class_0_from_1150;
    } rows[] = {
        {"an extension too short cuts the next cycle", 49, 0x80, 1200},
        {"an extension that reaches stretches the last entry", 50, 0x01, 1250},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gate_model_list old = two_entries(1000, rows[i].extension_ns), new = two_entries(1250, 0);
        struct tsn_gate_program *old_program = gate_model_compile(&old), *new_program = gate_model_compile(&new);
        struct tsn_gates gates;
        tsn_gates_init(&gates, 0xff, 1000);
        tsn_gates_install(&gates, old_program, 1000);
        tsn_gates_install(&gates, new_program, 1010);
        tsn_gates_advance(&gates, 1150);
        CHECK(gates.close_ns[0] == rows[i].close_of_class_0_from_1150, "%s: %" PRId64, rows[i].name, gates.close_ns[0]);
        tsn_gates_advance(&gates, 1201);
        CHECK(gates.open == rows[i].states_at_1201, "%s: %02x", rows[i].name, gates.open);
        tsn_gates_advance(&gates, 1250);
        CHECK_EQUAL(gates.oper == new_program, 1);
        CHECK_EQUAL(gates.open, 0x80);
        CHECK_EQUAL(tsn_gates_take_retired(&gates) == old_program, 1);
        CHECK_EQUAL(tsn_gates_take_retired(&gates) == NULL, 1);
        free(old_program);
        free(new_program);
    }
}

static void should_replace_a_pending_list_and_give_it_back(void) {
    struct gate_model_list first = two_entries(5000, 0), second = two_entries(2000, 0);
    struct tsn_gate_program *a = gate_model_compile(&first), *b = gate_model_compile(&second);
    struct tsn_gates gates;
    tsn_gates_init(&gates, 0xff, 1000);
    CHECK_EQUAL(tsn_gates_install(&gates, a, 1000), 0);
    CHECK_EQUAL(tsn_gates_install(&gates, b, 1001), 0);
    CHECK_EQUAL(gates.config_change_time_ns, 2000);
    CHECK_EQUAL(tsn_gates_install(&gates, a, 1002), -EBUSY);
    CHECK_EQUAL(tsn_gates_disable(&gates, 1002), -EBUSY);
    CHECK_EQUAL(tsn_gates_take_retired(&gates) == a, 1);
    CHECK_EQUAL(tsn_gates_disable(&gates, 1003), 0);
    CHECK_EQUAL(gates.open, 0xff);
    CHECK_EQUAL(tsn_gates_take_retired(&gates) == b, 1);
    free(a);
    free(b);
}

static void should_count_a_new_base_time_in_the_past_while_a_list_runs(void) {
    struct gate_model_list list = two_entries(1000, 0);
    struct tsn_gate_program *a = gate_model_compile(&list), *b = gate_model_compile(&list);
    struct tsn_gates gates;
    tsn_gates_init(&gates, 0xff, 1000);
    tsn_gates_install(&gates, a, 1000);
    tsn_gates_install(&gates, b, 1050);
    CHECK_EQUAL(gates.config_change_errors, 1);
    CHECK_EQUAL(gates.config_change_time_ns, 1100);
    free(a);
    free(b);
}

static void should_keep_the_phase_of_the_base_time_over_a_step_of_the_clock(void) {
    struct gate_model_list list = two_entries(1000, 0);
    struct tsn_gate_program *program = gate_model_compile(&list);
    static const int64_t times_ns[] = {37000001033, 329, 1030, 5};
    struct tsn_gates gates;
    tsn_gates_init(&gates, 0xff, 1000);
    tsn_gates_install(&gates, program, 1000);
    for (size_t i = 0; i < sizeof times_ns / sizeof times_ns[0]; i++) {
        tsn_gates_step(&gates, times_ns[i]);
        CHECK_EQUAL(gates.open, times_ns[i] % 100 < 30 ? 0x80 : 0x01);
        CHECK_EQUAL(gates.segment_end_ns, times_ns[i] / 100 * 100 + (times_ns[i] % 100 < 30 ? 30 : 100));
    }
    free(program);
}

static void should_let_years_pass_at_once(void) {
    struct gate_model_list list = two_entries(1000, 0);
    struct tsn_gate_program *program = gate_model_compile(&list);
    struct tsn_gates gates;
    tsn_gates_init(&gates, 0xff, 1000);
    tsn_gates_install(&gates, program, 1000);
    tsn_gates_advance(&gates, INT64_C(1800000000000000031));
    CHECK_EQUAL(gates.open, 0x01);
    CHECK_EQUAL(gates.segment_end_ns, INT64_C(1800000000000000100));
    CHECK_EQUAL(gates.cycles, (INT64_C(1800000000000000031) - 1000) / 100 + 1);
    free(program);
}

static void should_say_what_never_opens_and_what_never_closes(void) {
    struct gate_model_list list = {.base_ns = 0, .cycle_ns = 100, .count = 3,
                                   .entries = {{TSN_SET_GATE_STATES, 0x03, 20},
                                               {TSN_SET_AND_HOLD_MAC, 0x81, 30},
                                               {TSN_SET_AND_RELEASE_MAC, 0x03, 50}}};
    struct tsn_gate_program *program = gate_model_compile(&list);
    CHECK_EQUAL(tsn_gate_program_uses_preemption(program), 1);
    CHECK_EQUAL(tsn_gate_program_longest_open_ns(program, 0), TSN_NEVER);
    CHECK_EQUAL(tsn_gate_program_longest_open_ns(program, 1), 70); /* across the end of the cycle */
    CHECK_EQUAL(tsn_gate_program_longest_open_ns(program, 7), 30);
    CHECK_EQUAL(tsn_gate_program_longest_open_ns(program, 4), 0);
    free(program);
}

int main(void) {
    RUN(should_hold_admin_states_before_the_base_time);
    RUN(should_start_a_past_base_time_at_the_next_cycle_and_count_no_error_without_a_running_list);
    RUN(should_stretch_the_last_cycle_by_at_most_its_extension);
    RUN(should_replace_a_pending_list_and_give_it_back);
    RUN(should_count_a_new_base_time_in_the_past_while_a_list_runs);
    RUN(should_keep_the_phase_of_the_base_time_over_a_step_of_the_clock);
    RUN(should_let_years_pass_at_once);
    RUN(should_say_what_never_opens_and_what_never_closes);
    RUN(should_agree_with_the_model_at_every_nanosecond);
    return 0;
}
