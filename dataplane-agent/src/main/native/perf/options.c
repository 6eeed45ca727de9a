#include "options.h"

#include "allocation.h"
#include "message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_MAX 8972 /* of a 9000-byte MTU */

static const char usage[] =
    "usage: tsn-perf talker   -a ADDRESS [options]   sends one frame per period\n"
    "       tsn-perf listener [options]              receives them and measures\n"
    "The role may also come from the environment: APP_ROLE=talker or APP_ROLE=listener.\n"
    "\n"
    "  -a, --address ADDRESS   IPv4 or IPv6: the listener's (talker), or the local one to bind to (listener: any)\n"
    "  -p, --port PORT         UDP port (9999)\n"
    "  -n, --count COUNT       frames to send (1000; 0: until a signal), or to expect (listener: until a signal)\n"
    "  -s, --size BYTES        UDP payload (512), 18 to 8972; 18 is a 64-byte frame over IPv4\n"
    "  -i, --interval TIME     period (1ms)\n"
    "  -w, --wakeup TIME       wake-up ahead of the launch time (500us with -t, else 0)\n"
    "  -t, --launch-time       ask for launch times with SO_TXTIME (clock CLOCK_TAI); implies talker\n"
    "  -v, --verbose           a line per frame\n"
    "  -c, --class CLASS       traffic class 0 to 7, as SO_PRIORITY (left alone)\n"
    "      --offset TIME       launches at k * period + offset in TAI (0)\n"
    "      --allocation FILE   interval, offset and class of a stream from the pod's allocation, as the downward API\n"
    "                          writes the annotation latency-scheduler.io/allocation\n"
    "      --stream NAME       which stream of the allocation (the only one)\n"
    "      --deadline-mode     SOF_TXTIME_DEADLINE_MODE: the launch time is a latest time\n"
    "      --spin TIME         spin the last part of the wait instead of sleeping (0)\n"
    "      --interface NAME    bind to this interface\n"
    "      --idle TIME         listener: end when nothing arrived for so long (2s with -n, else never)\n"
    "      --cpu CPU           run on this CPU\n"
    "      --realtime PRIORITY run under SCHED_FIFO\n"
    "      --json              print the result as one JSON object\n"
    "      --hgrm PREFIX       write PREFIX-METRIC.hgrm, HdrHistogram percentile files in microseconds\n"
    "      --hlog FILE         write FILE, an HdrHistogram log with every metric's whole histogram in nanoseconds\n"
    "  -h, --help\n"
    "\n"
    "TIME is a number with ns, us, ms or s; a bare number is nanoseconds. SIGINT and SIGTERM end the run and print\n"
    "what was measured. Exit codes: 0 measured, 1 the run failed, 2 wrong arguments.\n";

int duration_read(const char *text, int64_t *duration_ns) {
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"", 1}, {"ns", 1}, {"us", 1000}, {"\xc2\xb5s", 1000}, {"ms", 1000000}, {"s", 1000000000}};
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno != 0 || value < 0 || text[0] < '0' || text[0] > '9')
        return -EINVAL;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].name) == 0)
            return __builtin_mul_overflow(value, units[i].ns, duration_ns) ? -EINVAL : 0;
    }
    return -EINVAL;
}

static int faults_add(int *faults, const char *option, const char *value, const char *accepted) {
    (*faults)++;
    return fprintf(stderr, "tsn-perf: %s %s: expected %s\n", option, value, accepted);
}

static int64_t number_read(int *faults, const char *option, const char *text, int64_t min, int64_t max) {
    char *end, accepted[64];
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && value >= min && value <= max)
        return value;
    snprintf(accepted, sizeof(accepted), "a whole number from %lld to %lld", (long long)min, (long long)max);
    faults_add(faults, option, text, accepted);
    return min;
}

static int64_t time_read(int *faults, const char *option, const char *text, int64_t min) {
    int64_t value;
    if (duration_read(text, &value) == 0 && value >= min)
        return value;
    faults_add(faults, option, text, min > 0 ? "a time above 0 such as 250us or 1ms" : "a time such as 250us or 1ms");
    return min;
}

static enum role role_read(int *faults, const char *source, const char *text) {
    if (strcmp(text, "talker") == 0)
        return ROLE_TALKER;
    if (strcmp(text, "listener") == 0)
        return ROLE_LISTENER;
    faults_add(faults, source, text, "talker or listener");
    return ROLE_NONE;
}

static void address_resolve(struct options *options, int *faults) {
    char port[8];
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    snprintf(port, sizeof(port), "%u", options->port);
    if (getaddrinfo(options->address_text ? options->address_text : "0.0.0.0", port, &hints, &found) != 0) {
        faults_add(faults, "--address", options->address_text, "an IPv4 or IPv6 address");
        return;
    }
    memcpy(&options->address, found->ai_addr, found->ai_addrlen);
    options->address_length = found->ai_addrlen;
    freeaddrinfo(found);
}

/* Interval and offset belong together: the allocation has both. A class on the command line goes first. */
static void allocation_apply(struct options *options, const char *path, const char *stream, int *faults) {
    struct allocation_stream found;
    char fault[256];
    if (allocation_read_file(path, stream, &found, fault, sizeof(fault)) != 0) {
        (*faults)++;
        fprintf(stderr, "tsn-perf: --allocation %s %s\n", path, fault);
        return;
    }
    options->period_ns = found.period_ns;
    options->offset_ns = found.offset_ns;
    if (options->traffic_class < 0)
        options->traffic_class = found.traffic_class;
}

enum long_option { OFFSET = 256, ALLOCATION, STREAM, DEADLINE_MODE, SPIN, INTERFACE, IDLE, CPU, REALTIME, JSON, HGRM, HLOG };

static const struct option long_options[] = {
    {"address", required_argument, NULL, 'a'},       {"port", required_argument, NULL, 'p'},
    {"count", required_argument, NULL, 'n'},         {"size", required_argument, NULL, 's'},
    {"interval", required_argument, NULL, 'i'},      {"wakeup", required_argument, NULL, 'w'},
    {"launch-time", no_argument, NULL, 't'},         {"verbose", no_argument, NULL, 'v'},
    {"class", required_argument, NULL, 'c'},         {"offset", required_argument, NULL, OFFSET},
    {"deadline-mode", no_argument, NULL, DEADLINE_MODE}, {"spin", required_argument, NULL, SPIN},
    {"interface", required_argument, NULL, INTERFACE}, {"idle", required_argument, NULL, IDLE},
    {"cpu", required_argument, NULL, CPU},           {"realtime", required_argument, NULL, REALTIME},
    {"allocation", required_argument, NULL, ALLOCATION}, {"stream", required_argument, NULL, STREAM},
    {"json", no_argument, NULL, JSON},               {"hgrm", required_argument, NULL, HGRM},
    {"hlog", required_argument, NULL, HLOG},         {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

int options_read(struct options *options, int argc, char **argv, const char *app_role) {
    int faults = 0, letter;
    bool lead_given = false, idle_given = false;
    const char *allocation = NULL, *stream = NULL;
    *options = (struct options){
        .port = 9999, .count = 1000, .size = 512, .period_ns = 1000000, .traffic_class = -1, .cpu = -1};
    while ((letter = getopt_long(argc, argv, "a:p:n:s:i:w:tvc:h", long_options, NULL)) != -1) {
        switch (letter) {
        case 'a': options->address_text = optarg; break;
        case 'p': options->port = (uint16_t)number_read(&faults, "--port", optarg, 1, 65535); break;
        case 'n':
            options->count = (uint64_t)number_read(&faults, "--count", optarg, 0, UINT32_MAX);
            options->count_given = options->count > 0;
            break;
        case 's':
            options->size = (size_t)number_read(&faults, "--size", optarg, MESSAGE_SIZE, PAYLOAD_MAX);
            break;
        case 'i': options->period_ns = time_read(&faults, "--interval", optarg, 1); break;
        case 'w':
            options->lead_ns = time_read(&faults, "--wakeup", optarg, 0);
            lead_given = true;
            break;
        case 't': options->launch_time = true; break;
        case 'v': options->verbose = true; break;
        case 'c': options->traffic_class = (int)number_read(&faults, "--class", optarg, 0, 7); break;
        case OFFSET: options->offset_ns = time_read(&faults, "--offset", optarg, 0); break;
        case ALLOCATION: allocation = optarg; break;
        case STREAM: stream = optarg; break;
        case DEADLINE_MODE: options->deadline_mode = true; break;
        case SPIN: options->spin_ns = time_read(&faults, "--spin", optarg, 0); break;
        case INTERFACE:
            options->interface = optarg;
            if (if_nametoindex(optarg) == 0)
                faults_add(&faults, "--interface", optarg, "the name of an interface of this network namespace");
            break;
        case IDLE:
            options->idle_ns = time_read(&faults, "--idle", optarg, 1);
            idle_given = true;
            break;
        case CPU: options->cpu = (int)number_read(&faults, "--cpu", optarg, 0, 1023); break;
        case REALTIME: options->realtime = (int)number_read(&faults, "--realtime", optarg, 1, 99); break;
        case JSON: options->json = true; break;
        case HGRM: options->hgrm_prefix = optarg; break;
        case HLOG: options->hlog_path = optarg; break;
        case 'h': fputs(usage, stdout); return 1;
        default: faults++; break; /* getopt has said it */
        }
    }
    if (optind < argc)
        options->role = role_read(&faults, "role", argv[optind++]);
    else if (app_role && *app_role)
        options->role = role_read(&faults, "APP_ROLE", app_role);
    else if (options->launch_time)
        options->role = ROLE_TALKER;
    else
        faults++, fputs("tsn-perf: say talker or listener\n", stderr);
    if (optind < argc)
        faults_add(&faults, "argument", argv[optind], "one role only");
    if (options->role == ROLE_TALKER && !options->address_text)
        faults++, fputs("tsn-perf: talker: --address is needed, the listener's IPv4 or IPv6 address\n", stderr);
    if (options->deadline_mode && !options->launch_time)
        faults++, fputs("tsn-perf: --deadline-mode needs --launch-time\n", stderr);
    if (allocation)
        allocation_apply(options, allocation, stream, &faults);
    if (stream && !allocation)
        faults++, fputs("tsn-perf: --stream needs --allocation\n", stderr);
    if (options->offset_ns >= options->period_ns)
        faults++, fputs("tsn-perf: --offset: expected a time below the interval\n", stderr);
    if (!lead_given && options->launch_time)
        options->lead_ns = 500000;
    if (!idle_given && options->count_given)
        options->idle_ns = 2000000000;
    if (options->role == ROLE_LISTENER && !options->count_given)
        options->count = 0;
    address_resolve(options, &faults);
    if (faults == 0)
        return 0;
    fputs("tsn-perf --help lists the options.\n", stderr);
    return -EINVAL;
}
