#ifndef TSN_PERF_REPORT_H
#define TSN_PERF_REPORT_H

#include "histogram.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Prints a result either as lines for people or as the members of one JSON object, in the order of the calls. */
struct report {
    FILE *file;
    bool json;
    bool started;
    const char *hgrm_prefix; /* NULL: no files */
    const char *hlog_path;   /* NULL: no log */
    int64_t began_ns;        /* of the run, CLOCK_REALTIME */
    FILE *hlog;              /* the report's own */
};

void report_begin(struct report *report, const char *role);
void report_count(struct report *report, const char *json_name, const char *text, uint64_t value);
void report_share(struct report *report, const char *json_name, const char *text, double share);
void report_times(struct report *report, const char *json_name, const char *text, const struct histogram *histogram);
void report_signed_times(struct report *report, const char *json_name, const char *text,
                         const struct signed_histogram *histogram);
void report_end(struct report *report);

#endif
