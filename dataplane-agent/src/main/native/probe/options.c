#include "probe/options.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: path-probe kernel  [options]                      from pod to pod through the kernel: two network namespaces\n"
    "                                                         of its own, joined by veth pairs and a bridge\n"
    "       path-probe dpdk    --from DEVICE --to DEVICE      frames from one DPDK device to another\n"
    "       path-probe udp     --address ADDRESS --port PORT  half round trips to another node's path-probe reflect\n"
    "       path-probe reflect --port PORT                    sends back what path-probe udp sends\n"
    "       path-probe forward --from DEVICE --to DEVICE      passes frames both ways between two DPDK devices\n"
    "Measures the latency of a path with single probes, and prints one JSON object per report interval:\n"
    "  {\"sent\":100,\"lost\":0,\"latencyNs\":[10231,…]}       a lost probe is in \"lost\" alone\n"
    "\n"
    "      --topology NAME     kernel: bridge, or vxlan: two bridges on two nodes with a VXLAN tunnel between (bridge)\n"
    "      --from, --to DEVICE DPDK device arguments, such as 0000:05:00.0 or virtio_user0,path=/run/a.sock,server=1\n"
    "  -a, --address ADDRESS   IPv4 or IPv6\n"
    "  -p, --port PORT         UDP port (9466)\n"
    "  -r, --rate RATE         probes per second, 1 to 10000 (100); pauses vary by half\n"
    "  -n, --count COUNT       end after so many probes (0: never)\n"
    "  -s, --size BYTES        of a frame with FCS, 64 to 1522 (64); kernel and udp: at least 70\n"
    "  -t, --timeout MS        a probe that takes longer is lost, 1 to 10000 (1000)\n"
    "      --report MS         time between two reports, 100 to 60000 (1000)\n"
    "      --cpu CPU           run on this CPU\n"
    "      --hugepages         DPDK's memory in hugepages: devices without an IOMMU need it\n"
    "      --attended          end when standard input is closed\n"
    "  -h, --help\n"
    "\n"
    "Exit codes: 0 done, 1 the path is not there or broke (one sentence on standard error), 2 wrong arguments.\n";

static long number_read(int *faults, const char *option, const char *text, long min, long max) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end != text && *end == '\0' && errno == 0 && value >= min && value <= max) return value;
    fprintf(stderr, "path-probe: %s '%s' must be a whole number from %ld to %ld\n", option, text, min, max);
    (*faults)++;
    return min;
}

static void address_read(struct options *options, int *faults, const char *text) {
    struct addrinfo *found = NULL;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
    if (getaddrinfo(text, NULL, &hints, &found) != 0) {
        fprintf(stderr, "path-probe: --address '%s' must be an IPv4 or IPv6 address\n", text);
        (*faults)++;
        return;
    }
    memcpy(&options->address, found->ai_addr, found->ai_addrlen);
    options->address_length = found->ai_addrlen;
    freeaddrinfo(found);
}

static int command_read(const char *text, enum probe_command *command) {
    static const char *const names[] = {"kernel", "udp", "dpdk", "reflect", "forward"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (text && strcmp(text, names[i]) == 0) {
            *command = (enum probe_command)i;
            return 0;
        }
    return -EINVAL;
}

static void requirements_check(const struct options *options, int *faults) {
    bool devices = options->command == COMMAND_DPDK || options->command == COMMAND_FORWARD;
    if (devices && (!options->from || !options->to)) {
        fprintf(stderr, "path-probe: --from and --to must name two DPDK devices\n");
        (*faults)++;
    }
    if (options->command == COMMAND_UDP && options->address_length == 0) {
        fprintf(stderr, "path-probe: --address must name the node to measure to\n");
        (*faults)++;
    }
}

enum long_option { TOPOLOGY = 256, FROM, TO, REPORT, CPU, HUGEPAGES, ATTENDED };

static const struct option long_options[] = {
    {"topology", required_argument, NULL, TOPOLOGY}, {"from", required_argument, NULL, FROM},
    {"to", required_argument, NULL, TO},             {"address", required_argument, NULL, 'a'},
    {"port", required_argument, NULL, 'p'},          {"rate", required_argument, NULL, 'r'},
    {"count", required_argument, NULL, 'n'},         {"size", required_argument, NULL, 's'},
    {"timeout", required_argument, NULL, 't'},       {"report", required_argument, NULL, REPORT},
    {"cpu", required_argument, NULL, CPU},           {"hugepages", no_argument, NULL, HUGEPAGES},
    {"attended", no_argument, NULL, ATTENDED},       {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void option_apply(int option, const char *value, struct options *options, int *faults) {
    switch (option) {
    case TOPOLOGY:
        if (strcmp(value, "bridge") == 0)
            options->topology = TOPOLOGY_BRIDGE;
        else if (strcmp(value, "vxlan") == 0)
            options->topology = TOPOLOGY_VXLAN;
        else
            *faults += fprintf(stderr, "path-probe: --topology '%s' must be bridge or vxlan\n", value) > 0;
        break;
    case FROM: options->from = value; break;
    case TO: options->to = value; break;
    case 'a': address_read(options, faults, value); break;
    case 'p': options->port = (uint16_t)number_read(faults, "--port", value, 1, 65535); break;
    case 'r': options->interval_ns = 1000000000 / number_read(faults, "--rate", value, 1, 10000); break;
    case 'n': options->count = (uint64_t)number_read(faults, "--count", value, 0, 1000000000); break;
    case 's': options->frame_bytes = (uint32_t)number_read(faults, "--size", value, 64, 1522); break;
    case 't': options->timeout_ns = number_read(faults, "--timeout", value, 1, 10000) * 1000000; break;
    case REPORT: options->report_ns = number_read(faults, "--report", value, 100, 60000) * 1000000; break;
    case CPU: options->cpu = (int)number_read(faults, "--cpu", value, 0, 4095); break;
    case HUGEPAGES: options->hugepages = true; break;
    case ATTENDED: options->attended = true; break;
    default: (*faults)++; break;
    }
}

int options_read(int count, char **arguments, struct options *options) {
    *options = (struct options){.port = 9466,
                                .interval_ns = 10000000,
                                .timeout_ns = 1000000000,
                                .report_ns = 1000000000,
                                .frame_bytes = 64,
                                .cpu = -1};
    int faults = 0, option;
    while ((option = getopt_long(count, arguments, "a:p:r:n:s:t:h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return 1;
        }
        option_apply(option, optarg, options, &faults);
    }
    if (command_read(optind < count ? arguments[optind] : NULL, &options->command) || optind + 1 < count) {
        fprintf(stderr, "path-probe: exactly one command is needed: kernel, dpdk, udp, reflect or forward; see --help\n");
        faults++;
    } else {
        requirements_check(options, &faults);
    }
    return faults ? 3 : 0;
}
