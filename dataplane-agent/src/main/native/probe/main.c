/* path-probe: measures the latency of one of a node's paths. See options.c for how it is used. */
#include "probe/path.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The probes since the last report. */
struct report {
    uint64_t sent;
    uint64_t lost;
    uint32_t count;
    uint32_t room;
    int64_t *latencies_ns;
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number) {
    (void)signal_number;
    stopping = 1;
}

int64_t path_exchange(struct path *path, uint64_t sequence) { return path->exchange(path, sequence); }

/* Returns whether standard output still takes it. */
static bool report_print(struct report *report) {
    printf("{\"sent\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"latencyNs\":[", report->sent, report->lost);
    for (uint32_t i = 0; i < report->count; i++) printf("%s%" PRId64, i ? "," : "", report->latencies_ns[i]);
    printf("]}\n");
    report->sent = report->lost = report->count = 0;
    return fflush(stdout) == 0;
}

static void sleep_until(int64_t when_ns) {
    struct timespec when = {.tv_sec = when_ns / 1000000000, .tv_nsec = when_ns % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR && !stopping) {
    }
}

/* A pause around the interval: a fixed one would meet whatever else is periodic always, or never. */
static int64_t pause_ns(const struct options *options, unsigned *seed) {
    return options->interval_ns / 2 + (int64_t)((double)options->interval_ns * rand_r(seed) / RAND_MAX);
}

static int measure(const struct options *options, struct path *path) {
    uint32_t room = (uint32_t)(2 * options->report_ns / options->interval_ns + 2);
    struct report report = {.room = room, .latencies_ns = calloc(room, sizeof(*report.latencies_ns))};
    unsigned seed = (unsigned)getpid();
    int result = report.latencies_ns ? 0 : 1;
    int64_t report_at_ns = path_now_ns() + options->report_ns;
    for (uint64_t sequence = 1; !stopping && result == 0; sequence++) {
        int64_t begin_ns = path_now_ns();
        int64_t latency_ns = path_exchange(path, sequence);
        report.sent++;
        if (latency_ns >= 0) {
            report.latencies_ns[report.count++] = latency_ns;
        } else {
            report.lost++;
            if (latency_ns == PROBE_BROKEN) result = 1;
        }
        bool last = options->count && sequence >= options->count;
        if (last || result || report.count == report.room || path_now_ns() >= report_at_ns) {
            if (!report_print(&report)) break;
            report_at_ns = path_now_ns() + options->report_ns;
        }
        if (last) break;
        sleep_until(begin_ns + pause_ns(options, &seed));
    }
    if (result) fprintf(stderr, "path-probe: nothing comes through the path any more\n");
    free(report.latencies_ns);
    return result;
}

/* Whoever started the probe keeps its standard input open: when it ends, however it ends, so does the probe. */
static void *attend(void *unused) {
    (void)unused;
    char byte;
    ssize_t got;
    do got = read(STDIN_FILENO, &byte, 1);
    while (got > 0 || (got < 0 && errno == EINTR));
    _exit(0);
}

static int run(const struct options *options) {
    char error[PROBE_ERROR_BYTES] = "";
    struct path *path = NULL;
    switch (options->command) {
    case COMMAND_KERNEL: path = path_open_kernel(options, error); break;
    case COMMAND_UDP: path = path_open_udp(options, error); break;
    case COMMAND_DPDK: path = path_open_dpdk(options, error); break;
    case COMMAND_REFLECT: reflect(options, error); break;
    case COMMAND_FORWARD: forward(options, error); break;
    }
    if (path) return measure(options, path);
    fprintf(stderr, "path-probe: %s\n", error);
    return 1;
}

int main(int count, char **arguments) {
    struct options options;
    int early = options_read(count, arguments, &options);
    if (early) return early - 1;
    struct sigaction action = {.sa_handler = stop};
    /* Answering has no results to print at the end: the signals' own effect is right. */
    if (options.command != COMMAND_REFLECT && options.command != COMMAND_FORWARD) {
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    if (options.cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)options.cpu, &set);
        if (sched_setaffinity(0, sizeof(set), &set)) {
            fprintf(stderr, "path-probe: --cpu %d: %s\n", options.cpu, strerror(errno));
            return 1;
        }
    }
    pthread_t thread;
    if (options.attended && pthread_create(&thread, NULL, attend, NULL) != 0) return 1;
    int result = run(&options);
    fflush(stdout);
    _exit(result); /* threads of the path and of DPDK may still run; the kernel takes back all they have */
}
