#include "core/clock.h"
#include "core/test/check.h"

#define TAI_OFFSET_NS INT64_C(37000000000)
#define REALTIME_NS INT64_C(1800000000000000000)
#define STEP_NS 100000

/* A counter of 2,596,134,000 Hz where the vendor's table says 2,600,000,000, and clocks that started long ago. */
struct world {
    double hertz;
    int64_t realtime_at_0_ns;
};

static struct tsn_clock_sample sample_at(const struct world *world, int64_t monotonic_ns) {
    return (struct tsn_clock_sample){.cycles = UINT64_C(1) << 62 | (uint64_t)((double)monotonic_ns * world->hertz / 1e9),
                                     .monotonic_ns = monotonic_ns,
                                     .realtime_ns = world->realtime_at_0_ns + monotonic_ns};
}

static struct tsn_clock make(const struct world *world) {
    struct tsn_clock clock;
    struct tsn_clock_sample first = sample_at(world, 1000000000), second = sample_at(world, 1100000000);
    CHECK_EQUAL(tsn_clock_init(&clock, &first, &second, TAI_OFFSET_NS, STEP_NS), 0);
    return clock;
}

static void should_measure_the_counters_rate_and_add_the_utc_offset(void) {
    struct world world = {2596134000.0, REALTIME_NS};
    struct tsn_clock clock = make(&world);
    for (int64_t t = 1100000000; t <= 1200000000; t += 10000000) {
        struct tsn_clock_sample sample = sample_at(&world, t);
        int64_t off_ns = tsn_clock_tai_ns(&clock, sample.cycles) - (REALTIME_NS + t + TAI_OFFSET_NS);
        CHECK(off_ns > -200 && off_ns < 200, "%" PRId64 " ns off at %" PRId64, off_ns, t);
    }
}

static void should_find_the_counter_value_of_a_time_and_never_one_before_it(void) {
    struct world world = {2596134000.0, REALTIME_NS};
    struct tsn_clock clock = make(&world);
    for (int64_t ahead_ns = -1000000; ahead_ns < 2000000; ahead_ns += 12347) {
        int64_t tai_ns = clock.base_tai_ns + ahead_ns;
        uint64_t cycles = tsn_clock_cycles_at(&clock, tai_ns);
        CHECK(tsn_clock_tai_ns(&clock, cycles) >= tai_ns - 1, "ahead %" PRId64, ahead_ns);
        CHECK(tsn_clock_tai_ns(&clock, cycles - 2) <= tai_ns, "ahead %" PRId64, ahead_ns);
    }
}

static void should_follow_a_drifting_clock_without_ever_going_back(void) {
    struct world world = {2596134000.0, REALTIME_NS};
    struct tsn_clock clock = make(&world);
    int64_t last_ns = 0;
    for (int64_t t = 1200000000; t < 21000000000; t += 100000000) {
        world.realtime_at_0_ns += t / 100000000 % 2 ? 20000 : 5000; /* REALTIME is slewed by 50 to 200 ppm */
        struct tsn_clock_sample sample = sample_at(&world, t);
        int64_t before_ns = tsn_clock_tai_ns(&clock, sample.cycles);
        CHECK_EQUAL(tsn_clock_update(&clock, &sample), 0);
        CHECK_EQUAL(tsn_clock_tai_ns(&clock, sample.cycles), before_ns); /* continuous */
        CHECK(before_ns > last_ns, "went back");
        last_ns = before_ns;
        int64_t off_ns = before_ns - (sample.realtime_ns + TAI_OFFSET_NS);
        CHECK(off_ns > -60000 && off_ns < 60000, "%" PRId64 " ns off at %" PRId64, off_ns, t);
    }
}

static void should_report_a_step_and_take_it_over_when_told(void) {
    struct world world = {2596134000.0, REALTIME_NS};
    struct tsn_clock clock = make(&world);
    world.realtime_at_0_ns -= 2 * INT64_C(1000000000);
    struct tsn_clock_sample sample = sample_at(&world, 1200000000);
    int64_t before_ns = tsn_clock_tai_ns(&clock, sample.cycles);
    CHECK_EQUAL(tsn_clock_update(&clock, &sample), 1);
    CHECK_EQUAL(tsn_clock_tai_ns(&clock, sample.cycles), before_ns);
    int64_t step_ns = tsn_clock_take_step(&clock);
    CHECK(step_ns < -1999000000 && step_ns > -2001000000, "%" PRId64, step_ns);
    CHECK_EQUAL(tsn_clock_tai_ns(&clock, sample.cycles), before_ns + step_ns);
    CHECK_EQUAL(clock.steps, 1);
    sample = sample_at(&world, 1300000000);
    CHECK_EQUAL(tsn_clock_update(&clock, &sample), 0);
}

static void should_convert_launch_times_of_every_clock(void) {
    struct world world = {2596134000.0, REALTIME_NS};
    struct tsn_clock clock = make(&world);
    CHECK_EQUAL(tsn_clock_to_tai_ns(&clock, TSN_CLOCK_TAI, 5), 5);
    CHECK_EQUAL(tsn_clock_to_tai_ns(&clock, TSN_CLOCK_REALTIME, REALTIME_NS), REALTIME_NS + TAI_OFFSET_NS);
    CHECK_EQUAL(tsn_clock_to_tai_ns(&clock, TSN_CLOCK_MONOTONIC, 7), REALTIME_NS + TAI_OFFSET_NS + 7);
    tsn_clock_to_tai_ns(&clock, TSN_CLOCK_MONOTONIC, INT64_MAX); /* wraps, no undefined behaviour */
}

static void should_refuse_samples_that_give_no_rate(void) {
    struct world world = {2596134000.0, REALTIME_NS}, slow = {1000000.0, REALTIME_NS};
    struct tsn_clock clock;
    struct tsn_clock_sample first = sample_at(&world, 1000000000), soon = sample_at(&world, 1000500000);
    CHECK(tsn_clock_init(&clock, &first, &soon, 0, STEP_NS) < 0, "too close together");
    CHECK(tsn_clock_init(&clock, &soon, &first, 0, STEP_NS) < 0, "backwards");
    struct tsn_clock_sample a = sample_at(&slow, 1000000000), b = sample_at(&slow, 1100000000);
    CHECK(tsn_clock_init(&clock, &a, &b, 0, STEP_NS) < 0, "1 MHz");
}

int main(void) {
    RUN(should_measure_the_counters_rate_and_add_the_utc_offset);
    RUN(should_find_the_counter_value_of_a_time_and_never_one_before_it);
    RUN(should_follow_a_drifting_clock_without_ever_going_back);
    RUN(should_report_a_step_and_take_it_over_when_told);
    RUN(should_convert_launch_times_of_every_clock);
    RUN(should_refuse_samples_that_give_no_rate);
    return 0;
}
