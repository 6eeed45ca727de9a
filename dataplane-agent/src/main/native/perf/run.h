#ifndef TSN_PERF_RUN_H
#define TSN_PERF_RUN_H

#include "options.h"

#include <stdbool.h>
#include <stdint.h>

/* Each runs to its end or to SIGINT/SIGTERM, prints its result on stdout and returns the exit code. */
int talker_run(const struct options *options);
int listener_run(const struct options *options);

/* True once SIGINT or SIGTERM came. */
bool run_stopped(void);

/* CLOCK_TAI, in ns. Where the kernel was never told the TAI offset, this equals CLOCK_REALTIME. */
int64_t clock_tai_ns(void);

/* TAI minus UTC as this kernel knows it, in ns, a whole number of seconds. */
int64_t clock_tai_offset_ns(void);

/* Called when everything is allocated: brings it in and locks it, where the user may. */
void memory_settle(void);

/* One sentence on stderr: "tsn-perf: WHAT: strerror(error)". */
void complain(const char *what, int error);

#endif
