#include "port/dpdk/eal.h"

#include <errno.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY_MB = 64, HUGEPAGE_MB = 2, ARGUMENTS_MAX = 64, TEXT_BYTES = 1024 };

/* DPDK itself is one per process, and so is what is known of it. */
static struct {
    pthread_mutex_t lock;
    bool tried;
    int result;
    char error[160];
} eal = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct start {
    const char *arguments;
    int result;
    char error[160];
};

static long free_hugepages(void) {
    FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
    long pages = 0;
    if (!file) return 0;
    if (fscanf(file, "%ld", &pages) != 1) pages = 0;
    fclose(file);
    return pages;
}

static int first_cpu(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set)) return 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set)) return cpu;
    return 0;
}

/* Writes the options one after the other, each with its end; returns their number. */
static int write_arguments(const char *extra, char text[TEXT_BYTES], char *arguments[ARGUMENTS_MAX]) {
    bool asked_without = extra && strstr(extra, "--no-huge");
    bool huge = !asked_without && free_hugepages() >= MEMORY_MB / HUGEPAGE_MB;
    char lcores[32], prefix[48];
    snprintf(lcores, sizeof(lcores), "--lcores=0@%d", first_cpu());
    snprintf(prefix, sizeof(prefix), "--file-prefix=tsn%d", (int)getpid());
    /* One PCI address that no device has: none is probed before a port asks for it. virtio_user needs single files. */
    const char *with[] = {"tsn", lcores, "-m", "64", "--no-telemetry", "--log-level=*:4", "-a", "ffff:ff:1f.7",
                          "--in-memory", "--single-file-segments"};
    const char *without[] = {"tsn", lcores, "-m", "64", "--no-telemetry", "--log-level=*:4", "-a", "ffff:ff:1f.7",
                             "--no-huge", "--no-shconf", prefix};
    const char *const *chosen = huge ? with : without;
    int count = huge ? sizeof(with) / sizeof(with[0]) : sizeof(without) / sizeof(without[0]);
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        arguments[i] = text + used;
        used += (size_t)snprintf(text + used, TEXT_BYTES - used, "%s", chosen[i]) + 1;
    }
    if (!extra || strlen(extra) >= TEXT_BYTES - used) return count;
    char *rest = strcpy(text + used, extra), *state;
    for (char *word = strtok_r(rest, " ", &state); word && count < ARGUMENTS_MAX; word = strtok_r(NULL, " ", &state))
        if (strcmp(word, "--no-huge") != 0) arguments[count++] = word; /* given already; twice is an error */
    return count;
}

static void *start_thread(void *argument) {
    struct start *start = argument;
    char text[TEXT_BYTES];
    char *arguments[ARGUMENTS_MAX + 1] = {NULL};
    int count = write_arguments(start->arguments, text, arguments);
    sigset_t all;
    sigfillset(&all); /* signals are for the program's threads, not for those that EAL starts from here */
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    start->result = rte_eal_init(count, arguments) < 0 ? -(rte_errno > 0 ? rte_errno : EIO) : 0;
    if (start->result)
        snprintf(start->error, sizeof(start->error), "DPDK does not start: %s", strerror(-start->result));
    return NULL;
}

void tsn_eal_hold_sigpipe(sigset_t *before) {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, before);
}

void tsn_eal_release_sigpipe(const sigset_t *before) {
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    struct timespec at_once = {0, 0};
    if (!sigismember(before, SIGPIPE))
        while (sigtimedwait(&pipe, NULL, &at_once) == SIGPIPE) {
        }
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

int tsn_eal_start(const char *arguments, char *error, size_t error_bytes) {
    pthread_mutex_lock(&eal.lock);
    if (!eal.tried) {
        /* EAL pins the thread that starts it: a thread of its own, which ends. */
        struct start start = {.arguments = arguments};
        pthread_t thread;
        int failure = pthread_create(&thread, NULL, start_thread, &start);
        if (!failure) {
            pthread_join(thread, NULL);
            eal.tried = true;
            eal.result = start.result;
            memcpy(eal.error, start.error, sizeof(eal.error));
        } else {
            eal.result = -failure;
            snprintf(eal.error, sizeof(eal.error), "no thread to start DPDK: %s", strerror(failure));
        }
    }
    int result = eal.result;
    if (result) snprintf(error, error_bytes, "%s", eal.error);
    pthread_mutex_unlock(&eal.lock);
    return result;
}
