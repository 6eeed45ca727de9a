/* The parts of tsn-perf that are functions of values. */
#include "allocation.h"
#include "histogram.h"
#include "message.h"
#include "options.h"
#include "talkers.h"

#include <stdlib.h>
#include <string.h>

static int failures;

#define CHECK(condition)                                                                   \
    do {                                                                               \
        if (!(condition)) {                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            failures++;                                                        \
        }                                                                          \
    } while (0)

static int compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void percentiles_agree_with_a_sorted_list_to_three_digits(void) {
    enum { COUNT = 20000 };
    static struct signed_histogram histogram;
    static int64_t values[COUNT];
    unsigned seed = 20240611;
    for (int i = 0; i < COUNT; i++) {
        int magnitude = rand_r(&seed) % 30;
        values[i] = (int64_t)(rand_r(&seed) % (1 << magnitude)) - (1 << magnitude) / 3;
        signed_histogram_record(&histogram, values[i]);
    }
    qsort(values, COUNT, sizeof(values[0]), compare);
    static const double percentiles[] = {0.1, 1, 10, 33.3, 50, 90, 99, 99.9, 99.99, 100};
    for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
        int64_t rank = (int64_t)(percentiles[i] / 100 * COUNT + 0.999999);
        int64_t exact = values[(rank < 1 ? 1 : rank) - 1];
        int64_t found = signed_histogram_percentile(&histogram, percentiles[i]);
        if (llabs(found - exact) > llabs(exact) / 1000 + 1) {
            fprintf(stderr, "seed 20240611: p%g is %lld, expected %lld\n", percentiles[i], (long long)found,
                    (long long)exact);
            failures++;
        }
    }
    CHECK(signed_histogram_min(&histogram) == values[0]);
    CHECK(signed_histogram_max(&histogram) == values[COUNT - 1]);
}

static void an_empty_histogram_answers_zero(void) {
    static struct signed_histogram histogram;
    CHECK(signed_histogram_percentile(&histogram, 99) == 0);
    CHECK(histogram_percentile(&histogram.late, 99) == 0);
}

static void a_value_beyond_the_range_keeps_its_exact_maximum(void) {
    static struct histogram histogram;
    histogram_record(&histogram, 1LL << 50);
    CHECK(histogram_percentile(&histogram, 50) == 1LL << 50);
}

static void a_percentile_file_ends_with_every_value_counted(void) {
    static struct histogram histogram;
    char *text = NULL;
    size_t size = 0;
    for (int i = 1; i <= 1000; i++)
        histogram_record(&histogram, i * 1000);
    FILE *file = open_memstream(&text, &size);
    CHECK(histogram_write_hgrm(&histogram, file) == 0);
    fclose(file);
    CHECK(strstr(text, "    1000.000 1.000000000000       1000\n") != NULL);
    CHECK(strstr(text, "Total count    =         1000]") != NULL);
    free(text);
}

static void a_message_is_read_as_it_was_written(void) {
    uint8_t bytes[MESSAGE_SIZE];
    struct message read, written = {.launch_time = true,
                                    .last = true,
                                    .run = 0x2a,
                                    .sequence = 0xfedcba98,
                                    .launch_tai_ns = 1795246508187000000,
                                    .send_tai_ns = 1795246508186573778};
    message_write(&written, bytes);
    CHECK(message_read(&read, bytes, sizeof(bytes)));
    CHECK(read.launch_time && read.last && read.run == 0x2a && read.sequence == 0xfedcba98);
    CHECK(read.launch_tai_ns == written.launch_tai_ns && read.send_tai_ns == written.send_tai_ns);
    CHECK(!message_read(&read, bytes, MESSAGE_SIZE - 1));
    bytes[0] ^= 1;
    CHECK(!message_read(&read, bytes, sizeof(bytes)));
}

static void a_late_frame_and_a_copy_are_told_apart(void) {
    static struct talker_seen talker;
    CHECK(talker_seen_count(&talker, 0) == PLACE_IN_ORDER);
    CHECK(talker_seen_count(&talker, 3) == PLACE_IN_ORDER);
    CHECK(talker_seen_count(&talker, 1) == PLACE_LATE);
    CHECK(talker_seen_count(&talker, 1) == PLACE_DUPLICATE);
    CHECK(talker_seen_count(&talker, 3) == PLACE_DUPLICATE);
    CHECK(talker_seen_count(&talker, SEQUENCE_WINDOW + 3) == PLACE_IN_ORDER);
    CHECK(talker_seen_count(&talker, 4) == PLACE_LATE);
    CHECK(talker_seen_count(&talker, 100 * SEQUENCE_WINDOW) == PLACE_IN_ORDER);
    CHECK(talker_seen_count(&talker, 100 * SEQUENCE_WINDOW - 5) == PLACE_LATE);
    CHECK(talker_seen_count(&talker, 2) == PLACE_LATE); /* beyond the window: cannot be told, counted as late */
    CHECK(talker.received == 8 && talker.reordered == 4 && talker.duplicates == 2);
}

static void durations_are_read(void) {
    static const struct {
        const char *text;
        int result;
        int64_t ns;
    } rows[] = {
        {"250", 0, 250},      {"250ns", 0, 250}, {"250us", 0, 250000}, {"250\xc2\xb5s", 0, 250000},
        {"1ms", 0, 1000000},  {"2s", 0, 2000000000},
        {"", -22, 0},         {"-1", -22, 0},    {"1.5ms", -22, 0},    {"1 ms", -22, 0},
        {"+1", -22, 0},       {" 1", -22, 0},    {"1m", -22, 0},       {"99999999999s", -22, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ns = 0;
        int result = duration_read(rows[i].text, &ns);
        if (result != rows[i].result || (result == 0 && ns != rows[i].ns)) {
            fprintf(stderr, "duration \"%s\": %d, %lld ns\n", rows[i].text, result, (long long)ns);
            failures++;
        }
    }
}

static void a_stream_is_found_in_the_allocation(void) {
    static const char two[] = "{\"version\":1,\"podUid\":\"a\\\"]}\",\"interfaces\":[[],{\"x\":[1.5e3,null]}],\"streams\":["
                              "{\"name\":\"s0\",\"port\":\"uplink0\",\"periodNs\":1000000,\"offsetNs\":125000,\"trafficClass\":7},"
                              "{ \"offsetNs\" : 5, \"name\" : \"s1\", \"periodNs\" : 250000 } ] }\n";
    static const struct {
        const char *text, *stream;
        int result;
        int64_t period_ns, offset_ns;
        const char *fault;
    } rows[] = {
        {two, "s0", 0, 1000000, 125000, NULL},
        {two, "s1", 0, 250000, 5, NULL},
        {two, NULL, -22, 0, 0, "has 2 streams"},
        {two, "s2", -22, 0, 0, "has no stream s2"},
        {"{\"streams\":[]}", NULL, -22, 0, 0, "has 0 streams"},
        {"{\"streams\":[{\"periodNs\":100,\"offsetNs\":100}]}", NULL, -22, 0, 0, "offsetNs below it"},
        {"{\"streams\":[{\"periodNs\":1.5,\"offsetNs\":0}]}", NULL, -22, 0, 0, "not the JSON"},
        {"{\"streams\":[{\"periodNs\":100", NULL, -22, 0, 0, "not the JSON"},
        {"{\"a\":\"\\", NULL, -22, 0, 0, "not the JSON"},
        {"{} {}", NULL, -22, 0, 0, "not the JSON"},
        {"", NULL, -22, 0, 0, "not the JSON"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct allocation_stream found = {0};
        char fault[256] = "";
        int result = allocation_read(rows[i].text, rows[i].stream, &found, fault, sizeof(fault));
        CHECK(result == rows[i].result);
        CHECK(result != 0 || (found.period_ns == rows[i].period_ns && found.offset_ns == rows[i].offset_ns));
        if (rows[i].fault && !strstr(fault, rows[i].fault)) {
            fprintf(stderr, "row %zu: %s\n", i, fault);
            failures++;
        }
    }
    for (size_t cut = 0; cut + 2 < sizeof(two) - 1; cut++) { /* no beginning of it is taken for the whole */
        char text[512], fault[256];
        struct allocation_stream found;
        snprintf(text, sizeof(text), "%.*s", (int)cut, two);
        CHECK(allocation_read(text, "s0", &found, fault, sizeof(fault)) != 0);
    }
    char deep[200], fault[256];
    struct allocation_stream found;
    memset(deep, '[', sizeof(deep) - 1);
    memcpy(deep, "{\"a\":", 5);
    deep[sizeof(deep) - 1] = '\0';
    CHECK(allocation_read(deep, NULL, &found, fault, sizeof(fault)) != 0);
}

int main(void) {
    percentiles_agree_with_a_sorted_list_to_three_digits();
    an_empty_histogram_answers_zero();
    a_value_beyond_the_range_keeps_its_exact_maximum();
    a_percentile_file_ends_with_every_value_counted();
    a_message_is_read_as_it_was_written();
    a_late_frame_and_a_copy_are_told_apart();
    durations_are_read();
    a_stream_is_found_in_the_allocation();
    return failures != 0;
}
