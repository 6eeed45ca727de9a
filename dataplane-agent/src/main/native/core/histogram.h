/*
 * Log-linear histogram of durations, as HdrHistogram lays them out: 16 sub-buckets per power of two, so a value is
 * known to 1/16. Bucket i < 16 holds the value i; bucket 16*e + s (e >= 1) holds [(16 + s) << (e - 1), … ) of width
 * 1 << (e - 1). Values of TSN_HISTOGRAM_MAX_NS and above share the last bucket.
 *
 * One writer; readers in other threads or processes see each bucket whole (relaxed atomics), not all at one instant.
 */
#ifndef TSN_CORE_HISTOGRAM_H
#define TSN_CORE_HISTOGRAM_H

#include <stdint.h>

enum { TSN_HISTOGRAM_SUB_BITS = 4, TSN_HISTOGRAM_BUCKETS = 432 };
#define TSN_HISTOGRAM_MAX_NS ((int64_t)1 << 30)

/* Emission error: time on the wire minus launch time. */
struct tsn_histogram {
    int64_t max_early_ns;
    int64_t max_late_ns;
    uint64_t late[TSN_HISTOGRAM_BUCKETS];  /* by error, errors from 0 */
    uint64_t early[TSN_HISTOGRAM_BUCKETS]; /* by -error, errors below 0 */
};

/* Bucket of a duration of 0 ns or more. */
static inline unsigned tsn_histogram_bucket(int64_t value_ns) {
    if (value_ns < 16) return (unsigned)value_ns;
    if (value_ns >= TSN_HISTOGRAM_MAX_NS) return TSN_HISTOGRAM_BUCKETS - 1;
    unsigned exponent = 63u - (unsigned)__builtin_clzll((unsigned long long)value_ns) - TSN_HISTOGRAM_SUB_BITS;
    return (exponent << TSN_HISTOGRAM_SUB_BITS) + (unsigned)(value_ns >> exponent);
}

/* Smallest duration that falls into a bucket. */
static inline int64_t tsn_histogram_lowest_ns(unsigned bucket) {
    if (bucket < 32) return bucket;
    unsigned exponent = (bucket >> TSN_HISTOGRAM_SUB_BITS) - 1;
    return (int64_t)((bucket & 15u) | 16u) << exponent;
}

/* Where an error counts, for several histograms. */
struct tsn_histogram_place {
    int64_t size_ns;
    unsigned bucket;
    unsigned early; /* 1, or 0: late */
};

static inline struct tsn_histogram_place tsn_histogram_place(int64_t error_ns) {
    int64_t size_ns = error_ns < 0 ? -error_ns : error_ns;
    return (struct tsn_histogram_place){size_ns, tsn_histogram_bucket(size_ns), error_ns < 0};
}

static inline uint64_t *tsn_histogram_bucket_at(struct tsn_histogram *histogram, struct tsn_histogram_place place) {
    return (place.early ? histogram->early : histogram->late) + place.bucket;
}

static inline void tsn_histogram_add_at(struct tsn_histogram *histogram, struct tsn_histogram_place place) {
    uint64_t *bucket = tsn_histogram_bucket_at(histogram, place);
    int64_t *max = place.early ? &histogram->max_early_ns : &histogram->max_late_ns;
    __atomic_store_n(bucket, *bucket + 1, __ATOMIC_RELAXED);
    if (place.size_ns > *max) __atomic_store_n(max, place.size_ns, __ATOMIC_RELAXED);
}

static inline void tsn_histogram_add(struct tsn_histogram *histogram, int64_t error_ns) {
    tsn_histogram_add_at(histogram, tsn_histogram_place(error_ns));
}

#endif
