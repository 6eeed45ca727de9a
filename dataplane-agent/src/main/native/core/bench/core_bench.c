/*
 * Frames per second through the complete core on one CPU, beside a bare binary heap and a bare timing wheel in the same
 * run. See usage(). Virtual time: no clock is read inside a measured loop, nothing is sent.
 */
#include "core/egress.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { BURST = 32, STREAMS = 4096, LAUNCH_STREAMS = 256, ROUNDS_MAX = 64 };
#define SPACING_NS INT64_C(50) /* of launch times: 20 million frames per second */
#define START_NS INT64_C(1000000000000)

static void usage(FILE *out) {
    fputs("usage: core-bench [--depth N,N…] [--frames N] [--rounds N] [--cpu N] [--row NAME] [--json]\n"
          "  --depth   frames queued all the time (default 1000,100000; 64 to 200000)\n"
          "  --frames  frames per measurement (default 2000000)\n"
          "  --rounds  interleaved rounds; the median, least and most are printed (default 5, at most 64)\n"
          "  --cpu     run on this CPU (default: as started)\n"
          "  --row     this row alone, for profiles\n"
          "Rows: heap, wheel   pop the first, push one at a random time, 50 ns apart on average; nothing else\n"
          "      core launch   the same times through the complete core: enqueue (checks, class, stream, size), order\n"
          "                    exact to the nanosecond, gates, dequeue every 0.8 us of virtual time, completion with histogram\n"
          "      core windows  the same with windows and one frame per period policed for each of 62 to 2,048 streams\n",
          out);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* of this thread: other work on the machine does not count */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t random_state = 88172645463325252u;
static inline uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}
static inline int64_t random_ahead(size_t depth) {
    return (int64_t)((next_random() >> 32) * (uint64_t)(2 * SPACING_NS * (int64_t)depth) >> 32) + 1;
}

static void *allocate(size_t bytes) {
    enum { HUGE_PAGE = 1 << 21 };
    size_t rounded = (bytes + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
    void *memory = aligned_alloc(HUGE_PAGE, rounded);
    if (!memory) {
        fprintf(stderr, "core-bench: no memory for %zu bytes\n", bytes);
        exit(1);
    }
    madvise(memory, rounded, MADV_HUGEPAGE); /* without huge pages the figures at depth are lower */
    memset(memory, 0, bytes);
    return memory;
}

/* --- a bare binary heap of (time, index) --- */

struct heap_item {
    int64_t time_ns;
    uint64_t index;
};

static void heap_push(struct heap_item *heap, size_t *count, struct heap_item item) {
    size_t i = (*count)++;
    for (; i > 0 && heap[(i - 1) / 2].time_ns > item.time_ns; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = item;
}

static struct heap_item heap_pop(struct heap_item *heap, size_t *count) {
    struct heap_item first = heap[0], last = heap[--*count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < *count; i = child) {
        child += child + 1 < *count && heap[child + 1].time_ns < heap[child].time_ns;
        if (heap[child].time_ns >= last.time_ns) break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return first;
}

static double run_heap(size_t depth, uint64_t frames) {
    struct heap_item *heap = allocate((depth + 1) * sizeof *heap);
    size_t count = 0;
    for (size_t i = 0; i < depth; i++) heap_push(heap, &count, (struct heap_item){START_NS + random_ahead(depth), i});
    double begin = seconds();
    for (uint64_t i = 0; i < frames; i++) {
        struct heap_item item = heap_pop(heap, &count);
        item.time_ns += random_ahead(depth);
        heap_push(heap, &count, item);
    }
    double rate = (double)frames / (seconds() - begin);
    free(heap);
    return rate;
}

/* --- a bare wheel of 65,536 buckets of 1,024 ns with a two-level bitmap: ordered to 1 us only --- */

struct wheel {
    uint64_t top[16], low[1024];
    uint32_t head[65536];
};

static void wheel_push(struct wheel *wheel, uint32_t *next, uint32_t index, int64_t time_ns) {
    uint32_t slot = (uint32_t)(time_ns >> 10) & 65535;
    next[index] = wheel->head[slot];
    wheel->head[slot] = index;
    wheel->low[slot >> 6] |= 1ull << (slot & 63);
    wheel->top[slot >> 12] |= 1ull << (slot >> 6 & 63);
}

static uint32_t wheel_pop(struct wheel *wheel, const uint32_t *next, uint32_t *position) {
    uint32_t slot = *position;
    while (wheel->head[slot] == UINT32_MAX) {
        uint32_t word = slot >> 6;
        uint64_t bits = wheel->low[word] & (~0ull << (slot & 63));
        while (!bits) {
            word = (word + 1) & 1023;
            uint64_t words = wheel->top[word >> 6] & (~0ull << (word & 63));
            if (words) {
                word = (word & ~63u) | (uint32_t)__builtin_ctzll(words);
                bits = wheel->low[word];
            } else {
                word |= 63;
            }
        }
        slot = word << 6 | (uint32_t)__builtin_ctzll(bits);
    }
    uint32_t index = wheel->head[slot];
    wheel->head[slot] = next[index];
    if (next[index] == UINT32_MAX && !(wheel->low[slot >> 6] &= ~(1ull << (slot & 63))))
        wheel->top[slot >> 12] &= ~(1ull << (slot >> 6 & 63));
    *position = slot;
    return index;
}

static double run_wheel(size_t depth, uint64_t frames) {
    struct wheel *wheel = allocate(sizeof *wheel);
    uint32_t *next = allocate(depth * sizeof *next);
    int64_t *times = allocate(depth * sizeof *times);
    uint32_t position = (uint32_t)(START_NS >> 10) & 65535;
    memset(wheel->head, 0xff, sizeof wheel->head);
    for (uint32_t i = 0; i < depth; i++) {
        times[i] = START_NS + random_ahead(depth);
        wheel_push(wheel, next, i, times[i]);
    }
    double begin = seconds();
    for (uint64_t i = 0; i < frames; i++) {
        uint32_t index = wheel_pop(wheel, next, &position);
        times[index] += random_ahead(depth);
        wheel_push(wheel, next, index, times[index]);
    }
    double rate = (double)frames / (seconds() - begin);
    free(wheel);
    free(next);
    free(times);
    return rate;
}

/* --- the core --- */

struct core {
    struct tsn_egress *egress;
    struct tsn_port_stats *stats;
    struct tsn_stream_stats *stream_stats;
    struct tsn_gate_program *program;
    int64_t now_ns, step_ns;
    size_t depth;
};

static void fail(const char *what, const char *why) {
    fprintf(stderr, "core-bench: %s: %s\n", what, why);
    exit(1);
}

static struct core core_make(size_t depth) {
    char error[200] = "";
    struct core core = {.stats = allocate(sizeof *core.stats),
                        .stream_stats = allocate(STREAMS * sizeof *core.stream_stats),
                        .program = allocate(tsn_gate_program_size(2)),
                        .now_ns = START_NS,
                        .step_ns = 16 * SPACING_NS,
                        .depth = depth};
    struct tsn_egress_config config = {.link_rate_bps = 1000000000000,
                                       .frame_capacity = (uint32_t)depth + 2 * BURST,
                                       .stream_capacity = STREAMS,
                                       .ahead_ns = 1000,
                                       .admin_gate_states = 0xff,
                                       .stats = core.stats,
                                       .stream_stats = core.stream_stats};
    struct tsn_gate_entry entries[2] = {{TSN_SET_GATE_STATES, 0xff, 500000}, {TSN_SET_GATE_STATES, 0x80, 500000}};
    struct tsn_gate_list list = {.base_time_ns = START_NS, .entry_count = 2, .entries = entries};
    core.egress = allocate(tsn_egress_size(&config));
    if (tsn_egress_init(core.egress, &config, START_NS, error, sizeof error)) fail("port", error);
    if (tsn_gate_program_compile(&list, core.program, error, sizeof error)) fail("gates", error);
    if (tsn_egress_install_gates(core.egress, START_NS, core.program)) fail("gates", "busy");
    return core;
}

static void core_free(struct core *core) {
    free(core->egress);
    free(core->stats);
    free(core->stream_stats);
    free(core->program);
}

/* Offers a frame; every one must be queued, else the figure would be of refusals. */
static inline void core_offer(struct core *core, const struct tsn_frame *frames, size_t count) {
    enum tsn_outcome outcomes[BURST];
    tsn_egress_enqueue_burst(core->egress, core->now_ns, frames, count, outcomes);
    for (size_t i = 0; i < count; i++)
        if (outcomes[i] != TSN_QUEUED) fail("a frame was refused", tsn_outcome_name(outcomes[i]));
}

/* Sends frames; after each, offers the same one again at its launch time plus ahead (0: a random distance). */
static double core_run(struct core *core, uint64_t frames, int64_t ahead_ns) {
    struct tsn_emission emissions[BURST];
    struct tsn_frame again[BURST];
    uint64_t sent = 0;
    double begin = seconds();
    while (sent < frames) {
        size_t count = tsn_egress_dequeue(core->egress, core->now_ns, emissions, BURST);
        for (size_t i = 0; i < count; i++) {
            if (emissions[i].outcome != TSN_QUEUED) fail("a frame was dropped", tsn_outcome_name(emissions[i].outcome));
            again[i] = emissions[i].frame;
            again[i].launch_ns = ahead_ns ? again[i].launch_ns + ahead_ns : core->now_ns + random_ahead(core->depth);
        }
        tsn_egress_sent_burst(core->egress, emissions, count, core->now_ns, true);
        core_offer(core, again, count);
        sent += count;
        if (count < BURST) core->now_ns += core->step_ns;
    }
    return (double)sent / (seconds() - begin);
}

static double run_launch(size_t depth, uint64_t frames) {
    char error[200];
    struct core core = core_make(depth);
    struct tsn_stream_config config = {.frame_bytes = 64, .queue_limit = UINT32_MAX, .traffic_class = 7,
                                       .late_tolerance_ns = 100000};
    uint32_t streams = depth < LAUNCH_STREAMS ? (uint32_t)depth : LAUNCH_STREAMS;
    for (uint32_t s = 0; s < streams; s++)
        if (tsn_egress_set_stream(core.egress, s, &config, error, sizeof error)) fail("stream", error);
    for (uint32_t i = 0; i < depth; i++) {
        struct tsn_frame frame = {.cookie = i, .launch_ns = core.now_ns + random_ahead(depth), .stream = i % streams, .bytes = 64};
        core_offer(&core, &frame, 1);
    }
    double rate = core_run(&core, frames, 0);
    core_free(&core);
    return rate;
}

static double run_windows(size_t depth, uint64_t frames) {
    char error[200];
    struct core core = core_make(depth);
    uint32_t periods = 1;
    while (depth / periods > STREAMS / 2 || periods < 16) periods++;
    uint32_t streams = (uint32_t)(depth / periods);
    int64_t period_ns = SPACING_NS * streams;
    for (uint32_t s = 0; s < streams; s++) {
        struct tsn_stream_config config = {.period_ns = period_ns,
                                           .offset_ns = (int64_t)(next_random() % (uint64_t)(period_ns / 2)),
                                           .window_ns = period_ns / 2,
                                           .window_period_ns = period_ns,
                                           .frame_bytes = 64,
                                           .traffic_class = 7};
        if (tsn_egress_set_stream(core.egress, s, &config, error, sizeof error)) fail("stream", error);
        int64_t first_ns = START_NS - START_NS % period_ns + config.offset_ns;
        while (first_ns < START_NS) first_ns += period_ns;
        for (uint32_t k = 0; k < periods; k++) {
            struct tsn_frame frame = {.cookie = s, .launch_ns = first_ns + k * period_ns, .stream = s, .bytes = 64};
            core_offer(&core, &frame, 1);
        }
    }
    double rate = core_run(&core, frames, period_ns * periods);
    core_free(&core);
    return rate;
}

/* --- the run --- */

static const struct {
    const char *name;
    double (*run)(size_t depth, uint64_t frames);
} rows[] = {{"heap", run_heap}, {"wheel", run_wheel}, {"core launch", run_launch}, {"core windows", run_windows}};
enum { ROWS = sizeof rows / sizeof rows[0] };

static int is_wanted(int row, const char *only) { return !only || !strcmp(only, rows[row].name); }

static int by_value(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static uint64_t number(const char *option, const char *text, uint64_t low, uint64_t high) {
    char *end = NULL;
    errno = 0;
    uint64_t value = text ? strtoull(text, &end, 10) : 0;
    if (!text || end == text || *end || errno || value < low || value > high) {
        fprintf(stderr, "core-bench: %s: '%s' must be %" PRIu64 " to %" PRIu64 "\n", option, text ? text : "", low, high);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv) {
    char depths_text[200] = "1000,100000";
    uint64_t frames = 2000000, rounds = 5;
    const char *only = NULL;
    int json = 0;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout), 0;
        if (!strcmp(argv[i], "--json")) { json = 1; continue; }
        if (!strcmp(argv[i], "--depth") && value) snprintf(depths_text, sizeof depths_text, "%s", value);
        else if (!strcmp(argv[i], "--row") && value) only = value;
        else if (!strcmp(argv[i], "--frames")) frames = number("--frames", value, 1, UINT64_C(1) << 40);
        else if (!strcmp(argv[i], "--rounds")) rounds = number("--rounds", value, 1, ROUNDS_MAX);
        else if (!strcmp(argv[i], "--cpu")) {
            cpu_set_t set;
            CPU_ZERO(&set);
            CPU_SET(number("--cpu", value, 0, CPU_SETSIZE - 1), &set);
            if (sched_setaffinity(0, sizeof set, &set)) fail("--cpu", strerror(errno));
        } else return usage(stderr), 2;
        i++;
    }
    if (json) printf("[");
    else printf("%-14s %8s %12s %12s %12s   (million frames per second of CPU time, median, least, most of %" PRIu64 " rounds)\n", "", "queued",
                "median", "least", "most", rounds);
    const char *separator = "";
    for (char *text = strtok(depths_text, ","); text; text = strtok(NULL, ",")) {
        size_t depth = number("--depth", text, 64, 200000);
        double rates[ROWS][ROUNDS_MAX];
        for (uint64_t round = 0; round < rounds; round++)
            for (int row = 0; row < ROWS; row++)
                if (is_wanted(row, only)) rates[row][round] = rows[row].run(depth, frames) / 1e6;
        for (int row = 0; row < ROWS; row++) {
            if (!is_wanted(row, only)) continue;
            qsort(rates[row], rounds, sizeof(double), by_value);
            double median = rates[row][rounds / 2], least = rates[row][0], most = rates[row][rounds - 1];
            if (json) printf("%s{\"row\":\"%s\",\"queued\":%zu,\"medianMframes\":%.2f,\"leastMframes\":%.2f,\"mostMframes\":%.2f}",
                             separator, rows[row].name, depth, median, least, most);
            else printf("%-14s %8zu %12.1f %12.1f %12.1f\n", rows[row].name, depth, median, least, most);
            separator = ",";
            fflush(stdout);
        }
    }
    if (json) printf("]\n");
    return 0;
}
