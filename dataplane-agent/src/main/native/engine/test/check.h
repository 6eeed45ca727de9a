/* Assertions of tests: a sentence, the place, and the end of the program. */
#ifndef TSN_ENGINE_TEST_CHECK_H
#define TSN_ENGINE_TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition, ...)                                                         \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: %s does not hold: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                             \
            fputc('\n', stderr);                                                      \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

#define CHECK_EQUAL(actual, expected, ...)                                                                         \
    do {                                                                                                           \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);                                \
        if (actual_ != expected_) {                                                                                \
            fprintf(stderr, "%s:%d: %s is %lld, expected %lld: ", __FILE__, __LINE__, #actual, actual_, expected_); \
            fprintf(stderr, __VA_ARGS__);                                                                          \
            fputc('\n', stderr);                                                                                   \
            exit(1);                                                                                               \
        }                                                                                                          \
    } while (0)

/* Runs a test function and says its name. */
#define RUN(test)                    \
    do {                             \
        fprintf(stderr, "%s\n", #test); \
        test();                      \
    } while (0)

#endif
