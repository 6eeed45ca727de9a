#include "options.h"
#include "run.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

/* The one mutable global: a signal handler has nothing else to talk to. */
static volatile sig_atomic_t stopped;

static void stop(int signal_number) {
    (void)signal_number;
    stopped = 1;
}

bool run_stopped(void) {
    return stopped != 0;
}

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int64_t clock_tai_ns(void) {
    return clock_ns(CLOCK_TAI);
}

int64_t clock_tai_offset_ns(void) {
    int64_t difference = clock_ns(CLOCK_TAI) - clock_ns(CLOCK_REALTIME);
    /* The two reads lie apart by their own cost or by a preemption: the offset is the nearest whole second. */
    return (difference + 500000000LL) / 1000000000LL * 1000000000LL;
}

void memory_settle(void) {
    (void)mlockall(MCL_CURRENT); /* not MCL_FUTURE: under a limit on locked memory later mappings would fail */
}

void complain(const char *what, int error) {
    fprintf(stderr, "tsn-perf: %s: %s\n", what, strerror(error));
}

static int place(const struct options *options) {
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    if (options->cpu >= 0) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET((size_t)options->cpu, &cpus);
        if (sched_setaffinity(0, sizeof(cpus), &cpus) != 0) {
            complain("--cpu", errno);
            return -1;
        }
    }
    if (options->realtime > 0) {
        struct sched_param parameter = {.sched_priority = options->realtime};
        if (sched_setscheduler(0, SCHED_FIFO, &parameter) != 0) {
            complain("--realtime", errno);
            return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv) {
    struct options options;
    int answer = options_read(&options, argc, argv, getenv("APP_ROLE"));
    if (answer != 0)
        return answer > 0 ? 0 : 2;
    struct sigaction action = {.sa_handler = stop}; /* no SA_RESTART: waits end at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (place(&options) != 0)
        return 1;
    options.began_ns = clock_ns(CLOCK_REALTIME);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    return options.role == ROLE_TALKER ? talker_run(&options) : listener_run(&options);
}
