#include "core/gates.h"
#include "core/histogram.h"
#include "core/outcome.h"
#include "core/test/check.h"

static int parse(const char *text, struct tsn_gate_list *list, uint32_t room, char *error, size_t size) {
    return tsn_gate_list_parse(text, strlen(text), list, room, error, size);
}

static void should_read_a_whole_taprio_line(void) {
    struct tsn_gate_entry entries[4];
    struct tsn_gate_list list = {.entries = entries};
    char error[200] = "";
    const char *line = "tc qdisc replace dev eth0 parent root handle 100 stab overhead 24 taprio num_tc 3 \\\n"
                       "  map 2 2 1 0 2 2 2 2 2 2 2 2 2 2 2 2 queues 1@0 1@1 2@2 base-time 1528743495910289987 \\\n"
                       "  cycle-time 1000000 cycle-time-extension 500 sched-entry S 01 300000 sched-entry H 0x02 300000 \\\n"
                       "  sched-entry R fC 400000 flags 0x1 txtime-delay 500000 clockid CLOCK_TAI # as in the manual page";
    CHECK(parse(line, &list, 4, error, sizeof error) == 0, "%s", error);
    CHECK_EQUAL(list.base_time_ns, INT64_C(1528743495910289987));
    CHECK_EQUAL(list.cycle_time_ns, 1000000);
    CHECK_EQUAL(list.cycle_time_extension_ns, 500);
    CHECK_EQUAL(list.entry_count, 3);
    CHECK_EQUAL(entries[1].operation, TSN_SET_AND_HOLD_MAC);
    CHECK_EQUAL(entries[2].operation, TSN_SET_AND_RELEASE_MAC);
    CHECK_EQUAL(entries[2].gate_states, 0xfc);
    CHECK_EQUAL(entries[2].interval_ns, 400000);
}

static void should_say_what_is_wrong_in_one_sentence(void) {
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"", "no sched-entry"},
        {"base-time", "base-time: a number is missing"},
        {"base-time 12x sched-entry S 01 1", "base-time: '12x' must be a decimal number"},
        {"base-time 99999999999999999999 sched-entry S 01 1", "base-time: '99999999999999999999' must be"},
        {"base-time -5 sched-entry S 01 1", "base-time: '-5' must be"},
        {"sched-entry X 01 1", "sched-entry: 'X' must be S, H or R"},
        {"sched-entry S 100 1", "gate mask: '100' must be a hexadecimal number of at most 255"},
        {"sched-entry S 01 0", "interval: '0' must be 1 ns or more"},
        {"sched-entry S 01 1000000001", "interval: '1000000001' must be"},
        {"sched-entry S 01", "a number is missing"},
        {"sched-entry", "'S|H|R MASK NS' is missing"},
        {"sched-entry S 01 1 sched-entry S 01 1 sched-entry S 01 1", "more than 2 entries"},
        {"base-tme 5 sched-entry S 01 1", "'base-tme' is no word"},
        {"sched-entry S 01 1 clockid CLOCK_REALTIME", "clockid: 'CLOCK_REALTIME' must be CLOCK_TAI"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tsn_gate_entry entries[2];
        struct tsn_gate_list list = {.entries = entries};
        char error[200] = "";
        CHECK(parse(rows[i].text, &list, 2, error, sizeof error) < 0, "taken: %s", rows[i].text);
        CHECK(strstr(error, rows[i].sentence), "'%s' gave '%s'", rows[i].text, error);
    }
}

static void should_refuse_lists_that_no_port_can_run(void) {
    struct tsn_gate_entry entry = {TSN_SET_GATE_STATES, 1, 1};
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(1));
    static const struct {
        struct tsn_gate_list list;
        const char *sentence;
    } rows[] = {
        {{.entry_count = 0}, "0 entries"},
        {{.entry_count = 1, .base_time_ns = -1}, "base-time: '-1'"},
        {{.entry_count = 1, .cycle_time_ns = TSN_GATE_CYCLE_MAX_NS + 1}, "cycle-time"},
        {{.entry_count = 1, .cycle_time_extension_ns = -1}, "cycle-time-extension: '-1'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tsn_gate_list list = rows[i].list;
        char error[200] = "";
        list.entries = &entry;
        CHECK(tsn_gate_program_compile(&list, program, error, sizeof error) < 0, "row %zu taken", i);
        CHECK(strstr(error, rows[i].sentence), "'%s' does not say '%s'", error, rows[i].sentence);
    }
    free(program);
}

static void should_put_every_duration_into_its_histogram_bucket(void) {
    for (unsigned bucket = 0; bucket + 1 < TSN_HISTOGRAM_BUCKETS; bucket++) {
        int64_t lowest_ns = tsn_histogram_lowest_ns(bucket), next_ns = tsn_histogram_lowest_ns(bucket + 1);
        CHECK_EQUAL(tsn_histogram_bucket(lowest_ns), bucket);
        CHECK_EQUAL(tsn_histogram_bucket(next_ns - 1), bucket);
        CHECK(next_ns - lowest_ns <= 1 + lowest_ns / 16, "bucket %u is too wide", bucket);
    }
    CHECK_EQUAL(tsn_histogram_bucket(TSN_HISTOGRAM_MAX_NS - 1), TSN_HISTOGRAM_BUCKETS - 1);
    CHECK_EQUAL(tsn_histogram_bucket(INT64_MAX), TSN_HISTOGRAM_BUCKETS - 1);
}

static void should_name_every_outcome(void) {
    CHECK(strcmp(tsn_outcome_name(TSN_SENT_LATE), "sent_late") == 0, "%s", tsn_outcome_name(TSN_SENT_LATE));
    CHECK(strcmp(tsn_outcome_name(TSN_QUEUED), "queued") == 0, "queued");
    for (int i = 0; i < TSN_OUTCOME_COUNT; i++)
        for (int j = 0; j < i; j++)
            CHECK(strcmp(tsn_outcome_name((enum tsn_outcome)i), tsn_outcome_name((enum tsn_outcome)j)) != 0, "%d %d", i, j);
}

int main(void) {
    RUN(should_read_a_whole_taprio_line);
    RUN(should_say_what_is_wrong_in_one_sentence);
    RUN(should_refuse_lists_that_no_port_can_run);
    RUN(should_put_every_duration_into_its_histogram_bucket);
    RUN(should_name_every_outcome);
    return 0;
}
