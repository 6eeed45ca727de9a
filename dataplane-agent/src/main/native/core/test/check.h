/* Checks for test programs: a failed one says where and what, and ends the program with 1. */
#ifndef TSN_TEST_CHECK_H
#define TSN_TEST_CHECK_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition, ...)                                                       \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n  ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                           \
            fputc('\n', stderr);                                                    \
            exit(1);                                                                \
        }                                                                           \
    } while (0)

#define CHECK_EQUAL(actual, expected)                                                              \
    do {                                                                                           \
        int64_t actual_ = (int64_t)(actual), expected_ = (int64_t)(expected);                      \
        CHECK(actual_ == expected_, "%s is %" PRId64 ", expected %s = %" PRId64, #actual, actual_, \
              #expected, expected_);                                                               \
    } while (0)

/* Runs a test function and says so; its name is the sentence. */
#define RUN(test)                   \
    do {                            \
        printf("%s\n", #test);      \
        fflush(stdout);             \
        test();                     \
    } while (0)

/* splitmix64: the same seed gives the same test everywhere. */
struct test_random {
    uint64_t state;
};

static inline uint64_t test_random_next(struct test_random *random) {
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* From low to high, both possible. */
static inline int64_t test_random_between(struct test_random *random, int64_t low, int64_t high) {
    return low + (int64_t)(test_random_next(random) % (uint64_t)(high - low + 1));
}

/* Number of random rounds: TEST_ROUNDS, else as given. TEST_SEED runs that seed alone. */
static inline uint64_t test_first_seed(void) {
    const char *text = getenv("TEST_SEED");
    return text ? strtoull(text, NULL, 0) : 1;
}

static inline uint64_t test_last_seed(uint64_t rounds) {
    const char *text = getenv("TEST_ROUNDS");
    if (getenv("TEST_SEED")) return test_first_seed();
    return text ? strtoull(text, NULL, 0) : rounds;
}

#endif
