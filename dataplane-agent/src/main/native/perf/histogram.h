#ifndef TSN_PERF_HISTOGRAM_H
#define TSN_PERF_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

/*
 * Log-linear histogram of nanoseconds with three significant digits, in the bucket layout of HdrHistogram (2048
 * sub-buckets), so that its percentile files can be plotted and compared with the tools users already have.
 * Not thread-safe. A value above 2^42 ns (73 min) counts in the last slot; `max` stays exact.
 */
#define HISTOGRAM_SLOTS (2048 + 31 * 1024)

struct histogram {
    uint64_t count;
    int64_t min_ns;
    int64_t max_ns;
    double sum_ns;
    double square_sum_ns;
    uint64_t slots[HISTOGRAM_SLOTS];
};

/* Counts one value. A negative one counts as 0: callers keep signs in a signed_histogram. */
void histogram_record(struct histogram *histogram, int64_t value_ns);

/* The value that `percentile` percent (0 to 100) of the counted ones do not exceed, to three digits; 0 when empty. */
int64_t histogram_percentile(const struct histogram *histogram, double percentile);

/* Writes the percentile distribution (HdrHistogram's .hgrm text form) in microseconds. Returns 0 or -EIO. */
int histogram_write_hgrm(const struct histogram *histogram, FILE *file);

/* Errors that can be early (negative) or late (positive). */
struct signed_histogram {
    struct histogram early;     /* magnitudes of the values below 0 */
    struct histogram late;      /* values from 0 */
    struct histogram magnitude; /* all, without sign */
};

void signed_histogram_record(struct signed_histogram *histogram, int64_t value_ns);
int64_t signed_histogram_percentile(const struct signed_histogram *histogram, double percentile);
int64_t signed_histogram_min(const struct signed_histogram *histogram);
int64_t signed_histogram_max(const struct signed_histogram *histogram);

#endif
