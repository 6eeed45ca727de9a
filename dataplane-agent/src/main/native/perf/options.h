#ifndef TSN_PERF_OPTIONS_H
#define TSN_PERF_OPTIONS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum role { ROLE_NONE, ROLE_TALKER, ROLE_LISTENER };

struct options {
    enum role role;
    const char *address_text;
    struct sockaddr_storage address; /* where to send, or the local address to listen on; with the port */
    socklen_t address_length;
    uint16_t port;
    uint64_t count; /* 0: until a signal */
    bool count_given;
    size_t size; /* payload bytes */
    int64_t period_ns;
    int64_t lead_ns;   /* wake-up before the launch */
    int64_t spin_ns;   /* the last part of the wait is spun */
    int64_t offset_ns; /* launches at k * period + offset, TAI */
    int64_t idle_ns;   /* listener: ends when nothing arrived for so long after the first frame; 0: never */
    int traffic_class; /* SO_PRIORITY; -1: left alone */
    bool launch_time;
    bool deadline_mode;
    bool verbose;
    bool json;
    const char *interface;
    const char *hgrm_prefix;
    const char *hlog_path;
    int64_t began_ns; /* of the run, CLOCK_REALTIME; set by who runs it */
    int cpu;      /* -1: left alone */
    int realtime; /* SCHED_FIFO priority; 0: left alone */
};

/*
 * Reads the command line and APP_ROLE. Returns 0, 1 when --help or --version was answered, or -EINVAL after one
 * sentence per fault on stderr.
 */
int options_read(struct options *options, int argc, char **argv, const char *app_role);

/* Reads "250", "250ns", "250us", "250µs", "1ms", "2s"; a bare number is nanoseconds. -EINVAL otherwise. */
int duration_read(const char *text, int64_t *duration_ns);

#endif
