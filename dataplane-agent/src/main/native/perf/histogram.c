#include "histogram.h"

#include <errno.h>
#include <math.h>

static unsigned slot_of(int64_t value_ns) {
    uint64_t value = (uint64_t)value_ns;
    if (value < 2048)
        return (unsigned)value;
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - 10U;
    if (shift > 31)
        return HISTOGRAM_SLOTS - 1;
    return 2048 + (shift - 1) * 1024 + (unsigned)((value >> shift) - 1024);
}

/* The largest value that shares the slot: percentiles err upwards, never flatter. */
static int64_t highest_of(unsigned slot) {
    if (slot < 2048)
        return slot;
    unsigned shift = (slot - 2048) / 1024 + 1;
    uint64_t base = (slot - 2048) % 1024 + 1024;
    return (int64_t)(((base + 1) << shift) - 1);
}

void histogram_record(struct histogram *histogram, int64_t value_ns) {
    if (value_ns < 0)
        value_ns = 0;
    if (histogram->count == 0 || value_ns < histogram->min_ns)
        histogram->min_ns = value_ns;
    if (histogram->count == 0 || value_ns > histogram->max_ns)
        histogram->max_ns = value_ns;
    histogram->count++;
    histogram->sum_ns += (double)value_ns;
    histogram->square_sum_ns += (double)value_ns * (double)value_ns;
    histogram->slots[slot_of(value_ns)]++;
}

static int64_t capped(const struct histogram *histogram, unsigned slot) {
    int64_t value = highest_of(slot);
    return value > histogram->max_ns || slot == HISTOGRAM_SLOTS - 1 ? histogram->max_ns : value;
}

static uint64_t rank_of(uint64_t count, double percentile) {
    /* 99.9 is no binary fraction: without the tiny discount 99.9% of 20,000 would be rank 19,981. */
    uint64_t rank = (uint64_t)ceil(percentile / 100.0 * (double)count * (1 - 1e-12));
    return rank == 0 ? 1 : rank;
}

static int64_t value_at_rank(const struct histogram *histogram, uint64_t rank) {
    uint64_t seen = 0;
    for (unsigned slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        seen += histogram->slots[slot];
        if (seen >= rank)
            return capped(histogram, slot);
    }
    return histogram->max_ns;
}

int64_t histogram_percentile(const struct histogram *histogram, double percentile) {
    return histogram->count == 0 ? 0 : value_at_rank(histogram, rank_of(histogram->count, percentile));
}

int histogram_write_hgrm(const struct histogram *histogram, FILE *file) {
    fprintf(file, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    uint64_t seen = 0;
    double level = 0; /* next percentile to print: five ticks to every halving of the rest */
    for (unsigned slot = 0; slot < HISTOGRAM_SLOTS && histogram->count > 0; slot++) {
        if (histogram->slots[slot] == 0)
            continue;
        seen += histogram->slots[slot];
        double reached = 100.0 * (double)seen / (double)histogram->count;
        double value_us = (double)capped(histogram, slot) / 1000.0;
        if (seen == histogram->count) {
            fprintf(file, "%12.3f %2.12f %10llu\n", value_us, 1.0, (unsigned long long)seen);
            break;
        }
        while (level <= reached) {
            fprintf(file, "%12.3f %2.12f %10llu %14.2f\n", value_us, level / 100.0,
                    (unsigned long long)seen, 1.0 / (1.0 - level / 100.0));
            double halvings = floor(log2(100.0 / (100.0 - level))) + 1;
            level += 100.0 / (5 * exp2(halvings));
        }
    }
    double count = histogram->count ? (double)histogram->count : 1;
    double mean = histogram->sum_ns / count;
    double variance = histogram->square_sum_ns / count - mean * mean;
    fprintf(file, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / 1000.0,
            sqrt(variance > 0 ? variance : 0) / 1000.0);
    fprintf(file, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)histogram->max_ns / 1000.0,
            (unsigned long long)histogram->count);
    fprintf(file, "#[Buckets = %12d, SubBuckets     = %12d]\n", 32, 2048);
    return ferror(file) ? -EIO : 0;
}

void signed_histogram_record(struct signed_histogram *histogram, int64_t value_ns) {
    if (value_ns < 0) {
        histogram_record(&histogram->early, -value_ns);
        histogram_record(&histogram->magnitude, -value_ns);
    } else {
        histogram_record(&histogram->late, value_ns);
        histogram_record(&histogram->magnitude, value_ns);
    }
}

int64_t signed_histogram_percentile(const struct signed_histogram *histogram, double percentile) {
    if (histogram->magnitude.count == 0)
        return 0;
    uint64_t rank = rank_of(histogram->magnitude.count, percentile);
    if (rank > histogram->early.count)
        return value_at_rank(&histogram->late, rank - histogram->early.count);
    return -value_at_rank(&histogram->early, histogram->early.count - rank + 1);
}

int64_t signed_histogram_min(const struct signed_histogram *histogram) {
    return histogram->early.count ? -histogram->early.max_ns : histogram->late.min_ns;
}

int64_t signed_histogram_max(const struct signed_histogram *histogram) {
    return histogram->late.count ? histogram->late.max_ns : -histogram->early.min_ns;
}
