/* Emission error of the engine beside a bare busy-poll sender and the gaps of the machine. See usage(). */
#include "engine/bench/measure.h"

#include <dlfcn.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 8, ROUNDS_MAX = 64, LATE_NS = 10000 };

static void usage(FILE *out) {
    fputs("usage: emission-bench [--device D,D…] [--periods US,US…] [--talkers N,N…] [--seconds S] [--rounds N] [--cpu N]\n"
          "  --device   null (the engine's own), net_null0 or net_ring0 of DPDK (default net_null0,net_ring0)\n"
          "  --periods  of every talker, in microseconds (default 50,250,1000)\n"
          "  --talkers  1 to 64, spread evenly over the period (default 1,8,32,64)\n"
          "  --seconds  of each measurement (default 0.5)\n"
          "  --rounds   of all measurements, interleaved (default 5, at most 64)\n"
          "  --cpu      of whoever sends (default: the last one); talkers are fed from the others\n"
          "Launch error is the time of the call to the device less the launch time. Frames of 64 bytes. Every row is measured in\n"
          "every round: engine and bare sender, by turns the first, then the spinning clock, on the same CPU. Median of the rounds:\n"
          "p50 and share later than 10 us (least to most); of all rounds together: p99.9 and worst. A machine's gaps come in\n"
          "clusters: many short rounds say more than few long ones, such as --rounds 20 --seconds 0.25.\n"
          "Progress goes to stderr, a Markdown table to stdout.\n",
          out);
}

struct options {
    char device[LIST_MAX][32];
    int devices;
    long period_us[LIST_MAX];
    int periods;
    long talkers[LIST_MAX];
    int talker_counts;
    double seconds;
    int rounds;
    int cpu;
};

/* What one sender did in one row, over the rounds. */
struct result {
    double p50_ns[ROUNDS_MAX];
    double late_share[ROUNDS_MAX];
    struct sample all;
};

struct row {
    const char *device;
    struct schedule schedule;
    struct result engine, bare, gaps;
};

static volatile sig_atomic_t stopped;
static void stop(int signal_number) { (void)signal_number, stopped = 1; }

static int64_t quantile_ns(const struct tsn_histogram *histogram, double share) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < TSN_HISTOGRAM_BUCKETS; i++) total += histogram->late[i] + histogram->early[i];
    /* Nothing is early but by the clock's rounding: those count as 0. */
    for (int i = 0; i < TSN_HISTOGRAM_BUCKETS; i++) seen += histogram->early[i];
    if ((double)seen >= share * (double)total) return 0;
    for (unsigned i = 0; i < TSN_HISTOGRAM_BUCKETS; i++)
        if ((double)(seen += histogram->late[i]) >= share * (double)total && seen > 0) return tsn_histogram_lowest_ns(i);
    return 0;
}

static uint64_t later_than(const struct tsn_histogram *histogram, int64_t limit_ns) {
    uint64_t count = 0;
    for (unsigned i = 0; i < TSN_HISTOGRAM_BUCKETS; i++)
        if (tsn_histogram_lowest_ns(i) >= limit_ns) count += histogram->late[i];
    return count;
}

static void add(struct result *result, int round, const struct sample *sample) {
    result->p50_ns[round] = (double)quantile_ns(&sample->error, 0.5);
    result->late_share[round] =
        sample->launches ? (double)later_than(&sample->error, LATE_NS) / (double)sample->launches : 0;
    result->all.launches += sample->launches;
    result->all.lost += sample->lost;
    result->all.withheld += sample->withheld;
    struct tsn_histogram *all = &result->all.error;
    for (int i = 0; i < TSN_HISTOGRAM_BUCKETS; i++)
        all->late[i] += sample->error.late[i], all->early[i] += sample->error.early[i];
    if (sample->error.max_late_ns > all->max_late_ns) all->max_late_ns = sample->error.max_late_ns;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, int count) {
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, sizeof(double) * (size_t)count);
    qsort(sorted, (size_t)count, sizeof(double), by_size);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double late_of(const struct result *result) {
    return result->all.launches ? 100.0 * (double)later_than(&result->all.error, LATE_NS) / (double)result->all.launches : 0;
}

static void print_sender(const struct result *result, int rounds) {
    double least = 1, most = 0;
    for (int i = 0; i < rounds; i++) {
        if (result->late_share[i] < least) least = result->late_share[i];
        if (result->late_share[i] > most) most = result->late_share[i];
    }
    printf(" %.0f | %.3f (%.3f–%.3f) | %.1f | %.0f |", median(result->p50_ns, rounds),
           100 * median(result->late_share, rounds), 100 * least, 100 * most,
           (double)quantile_ns(&result->all.error, 0.999) / 1000, (double)result->all.error.max_late_ns / 1000);
}

static void print_row(const struct row *row, int rounds) {
    double engine_late = late_of(&row->engine), bare_late = late_of(&row->bare);
    printf("| %s | %.0f | %u |", row->device, (double)row->schedule.period_ns / 1000, row->schedule.talkers);
    print_sender(&row->engine, rounds);
    print_sender(&row->bare, rounds);
    double bare_p50 = median(row->bare.p50_ns, rounds);
    if (bare_p50 > 0) printf(" %.2f |", median(row->engine.p50_ns, rounds) / bare_p50);
    else printf(" – |");
    double bare_median = median(row->bare.late_share, rounds);
    if (bare_median > 0) printf(" %.2f |", median(row->engine.late_share, rounds) / bare_median);
    else printf(" – |");
    if (bare_late > 0) printf(" %.2f |", engine_late / bare_late);
    else printf(" – |");
    const struct tsn_histogram *gaps = &row->gaps.all.error;
    double spun_s = (double)row->gaps.all.launches / 1e6;
    double away_ns = 0, count = 0;
    for (unsigned i = 0; i < TSN_HISTOGRAM_BUCKETS; i++) {
        away_ns += (double)gaps->late[i] * (double)tsn_histogram_lowest_ns(i);
        count += (double)gaps->late[i];
    }
    printf(" %.0f/s, %.2f %%, p99 %.0f, worst %.0f |", count / spun_s, away_ns / spun_s / 1e7,
           (double)quantile_ns(gaps, 0.99) / 1000, (double)gaps->max_late_ns / 1000);
    printf(" %llu | %llu | %.2f |\n", (unsigned long long)row->engine.all.launches, (unsigned long long)row->engine.all.lost,
           100.0 * (double)row->engine.all.withheld / (double)(row->engine.all.launches + row->engine.all.withheld));
}

static bool read_list(const char *option, char *text, long *list, int *count, long most) {
    *count = 0;
    for (char *state, *word = strtok_r(text, ",", &state); word; word = strtok_r(NULL, ",", &state)) {
        char *end;
        long value = strtol(word, &end, 10);
        if (*end || end == word || value < 1 || value > most || *count == LIST_MAX) {
            fprintf(stderr, "emission-bench: %s '%s' must be at most %d numbers from 1 to %ld\n", option, word, LIST_MAX, most);
            return false;
        }
        list[(*count)++] = value;
    }
    return *count > 0;
}

static bool read_devices(struct options *options, char *text) {
    options->devices = 0;
    for (char *state, *word = strtok_r(text, ",", &state); word; word = strtok_r(NULL, ",", &state)) {
        if ((strcmp(word, "null") && strncmp(word, "net_null", 8) && strncmp(word, "net_ring", 8)) ||
            options->devices == LIST_MAX || strlen(word) >= sizeof(options->device[0])) {
            fprintf(stderr, "emission-bench: --device '%s' must be null, net_null0 or net_ring0\n", word);
            return false;
        }
        strcpy(options->device[options->devices++], word);
    }
    return options->devices > 0;
}

static int read_options(struct options *options, int count, char **arguments) {
    static const struct option LONG[] = {{"device", 1, NULL, 'd'},  {"periods", 1, NULL, 'p'}, {"talkers", 1, NULL, 't'},
                                         {"seconds", 1, NULL, 's'}, {"rounds", 1, NULL, 'r'},  {"cpu", 1, NULL, 'c'},
                                         {"help", 0, NULL, 'h'},    {NULL, 0, NULL, 0}};
    char devices[] = "net_null0,net_ring0", periods[] = "50,250,1000", talkers[] = "1,8,32,64";
    long number[LIST_MAX];
    int numbers, letter;
    *options = (struct options){.seconds = 0.5, .rounds = 5, .cpu = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1};
    read_devices(options, devices);
    read_list("--periods", periods, options->period_us, &options->periods, 1000000);
    read_list("--talkers", talkers, options->talkers, &options->talker_counts, BENCH_TALKERS_MAX);
    while ((letter = getopt_long(count, arguments, "h", LONG, NULL)) != -1) {
        bool good = true;
        switch (letter) {
            case 'd': good = read_devices(options, optarg); break;
            case 'p': good = read_list("--periods", optarg, options->period_us, &options->periods, 1000000); break;
            case 't': good = read_list("--talkers", optarg, options->talkers, &options->talker_counts, BENCH_TALKERS_MAX); break;
            case 's':
                options->seconds = strtod(optarg, NULL);
                good = options->seconds >= 0.01 && options->seconds <= 600;
                if (!good) fprintf(stderr, "emission-bench: --seconds '%s' must be 0.01 to 600\n", optarg);
                break;
            case 'r':
                good = read_list("--rounds", optarg, number, &numbers, ROUNDS_MAX);
                options->rounds = (int)number[0];
                break;
            case 'c':
                options->cpu = atoi(optarg);
                good = options->cpu >= 0 && options->cpu < sysconf(_SC_NPROCESSORS_CONF);
                if (!good) fprintf(stderr, "emission-bench: --cpu '%s': there is no such CPU\n", optarg);
                break;
            case 'h': usage(stdout); return 1;
            default: good = false;
        }
        if (!good) return -EINVAL;
    }
    return 0;
}

static struct bench_port port_of(const char *device, int cpu) {
    struct bench_port port = {.cpu = cpu, .device = device, .backend = "dpdk", .loops = strncmp(device, "net_ring", 8) == 0};
    if (strcmp(device, "null") == 0) {
        port.backend = "null";
        port.ops = &tsn_backend_null;
        return port;
    }
#ifdef DPDK_LIBRARY
    port.dpdk_library = DPDK_LIBRARY;
    void *library = dlopen(DPDK_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    port.ops = library ? dlsym(library, "tsn_backend_dpdk") : NULL;
#endif
    if (!port.ops) {
        fprintf(stderr, "emission-bench: no DPDK here for '%s'; --device null needs none\n", device);
        exit(77);
    }
    return port;
}

/* Talkers are fed from other CPUs than the sender's. */
static void leave_cpu(int cpu) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) < 2) return;
    CPU_CLR((size_t)cpu, &set);
    sched_setaffinity(0, sizeof(set), &set);
}

static void measure(struct row *row, const struct options *options, int round) {
    struct bench_port port = port_of(row->device, options->cpu);
    struct sample sample = {0};
    fprintf(stderr, "round %d of %d: %s, %lld us, %u talkers   %s", round + 1, options->rounds, row->device,
            (long long)row->schedule.period_ns / 1000, row->schedule.talkers, isatty(2) ? "\r" : "\n");
    /* By turns the first: the machine's gaps come in clusters. */
    for (int turn = 0; turn < 2; turn++) {
        bool engine = turn == round % 2;
        memset(&sample, 0, sizeof(sample));
        if (engine) measure_engine(&port, &row->schedule, &sample);
        else measure_bare(&port, &row->schedule, &sample);
        add(engine ? &row->engine : &row->bare, round, &sample);
    }
    memset(&sample, 0, sizeof(sample));
    measure_gaps(options->cpu, (int64_t)(options->seconds * 1e9), &sample);
    add(&row->gaps, round, &sample);
}

int main(int count, char **arguments) {
    struct options options;
    int answer = read_options(&options, count, arguments);
    if (answer) return answer > 0 ? 0 : 2;
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    leave_cpu(options.cpu);
    become_sender(-1); /* talkers are not to be late because of others on their CPUs */
    int rows = options.devices * options.periods * options.talker_counts, rounds = 0, at = 0;
    struct row *row = calloc((size_t)rows, sizeof(*row));
    if (!row) return 1;
    for (int d = 0; d < options.devices; d++)
        for (int p = 0; p < options.periods; p++)
            for (int t = 0; t < options.talker_counts; t++) {
                int64_t period_ns = options.period_us[p] * 1000;
                row[at].device = options.device[d];
                row[at++].schedule = (struct schedule){.period_ns = period_ns,
                                                       .talkers = (unsigned)options.talkers[t],
                                                       .periods = (uint64_t)(options.seconds * 1e9) / (uint64_t)period_ns};
            }
    for (; rounds < options.rounds && !stopped; rounds++)
        for (int r = 0; r < rows && !stopped; r++) measure(&row[r], &options, rounds);
    if (stopped) rounds--; /* the last one is not whole */
    if (rounds < 1) return 130;
    printf("| device | period, us | talkers | engine: p50, ns | later than 10 us, %% | p99.9, us | worst, us "
           "| bare: p50, ns | later than 10 us, %% | p99.9, us | worst, us | p50, times | late, median, times | late, all rounds, times "
           "| gaps of the machine from 1 us, us | launches | lost | withheld, %% |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (int r = 0; r < rows; r++) print_row(&row[r], rounds);
    free(row);
    return stopped ? 130 : 0;
}
