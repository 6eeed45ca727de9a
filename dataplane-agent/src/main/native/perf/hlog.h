#ifndef TSN_PERF_HLOG_H
#define TSN_PERF_HLOG_H

#include "histogram.h"

#include <stdint.h>
#include <stdio.h>

/*
 * HdrHistogram's interval log, version 1.3, whose histograms are in its V2 compressed encoding (HistogramEncodingV2 of
 * HdrHistogram): whole histograms in nanoseconds, which its tools and libraries read, add up and plot.
 */

/* Writes the head of a log of a run that began at began_ns (Unix time, ns). */
void hlog_begin(FILE *file, int64_t began_ns);

/* Writes a histogram, of the whole run of length_ns, under a tag without commas. Returns 0, -ENOMEM or -EIO. */
int hlog_write(FILE *file, const char *tag, const struct histogram *histogram, int64_t length_ns);

#endif
