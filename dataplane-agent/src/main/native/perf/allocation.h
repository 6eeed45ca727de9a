#ifndef TSN_PERF_ALLOCATION_H
#define TSN_PERF_ALLOCATION_H

#include <stddef.h>
#include <stdint.h>

/* When a stream of the pod may send, from the pod's allocation. */
struct allocation_stream {
    int64_t period_ns;
    int64_t offset_ns;
    int traffic_class;
};

/*
 * Reads the value of the annotation latency-scheduler.io/allocation: a JSON object with a list `streams`. `stream` is the
 * name of one of them; NULL stands for the only one. Returns 0, or -EINVAL with a sentence in `fault`.
 */
int allocation_read(const char *text, const char *stream, struct allocation_stream *found, char *fault, size_t size);

/* Likewise from a file, as the downward API writes it. */
int allocation_read_file(const char *path, const char *stream, struct allocation_stream *found, char *fault, size_t size);

#endif
