#include "engine/cpus.h"

#include <dirent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

enum { PASSES_MAX = 8 }; /* a thread that had not left yet may have started another meanwhile */

/* Whether the thread had to leave. */
static bool leave(pid_t thread, size_t cpu) {
    cpu_set_t set;
    if (sched_getaffinity(thread, sizeof(set), &set) || !CPU_ISSET(cpu, &set) || CPU_COUNT(&set) < 2) return false;
    CPU_CLR(cpu, &set);
    return sched_setaffinity(thread, sizeof(set), &set) == 0;
}

void tsn_cpus_leave(int cpu) {
    bool left = true;
    for (int pass = 0; left && pass < PASSES_MAX; pass++) {
        left = false;
        DIR *threads = opendir("/proc/self/task");
        if (!threads) return;
        for (const struct dirent *entry; (entry = readdir(threads)) != NULL;) {
            pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10); /* 0: "." and ".." */
            if (thread > 0) left |= leave(thread, (size_t)cpu);
        }
        closedir(threads);
    }
}
