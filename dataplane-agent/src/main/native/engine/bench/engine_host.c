/* An engine without an agent: one port, pods with one stream each, until SIGTERM or SIGINT. For benches; see usage(). */
#include "engine/engine.h"
#include "engine/stats.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void usage(FILE *out) {
    fputs("usage: engine-host --backend NAME --device ARGUMENTS --folder DIR [--pod NAME]… [--period NS] [--cpu N] [--spin]\n"
          "  --backend  af_packet, dpdk or null\n"
          "  --device   of the port: an interface, or DPDK device arguments such as virtio_user0,path=/run/v.sock,server=1\n"
          "  --folder   an existing folder: each pod's socket is DIR/NAME.sock\n"
          "  --pod      a pod with one stream of traffic class 7 that may leave at any time of its period (up to 64)\n"
          "  --period   of the streams, ns (default 1000000)\n"
          "  --cpu      of the poll thread (default: any)\n"
          "  --spin     the poll thread never sleeps\n"
          "Prints ready when processes can attach, and at the end how every frame ended, as one JSON object.\n",
          out);
}

struct host {
    struct tsn_engine_port_config port;
    const char *folder;
    const char *pod[64];
    uint32_t pods;
    uint64_t period_ns;
};

static int read_options(struct host *host, int count, char **arguments) {
    static const struct option LONG[] = {{"backend", 1, NULL, 'b'}, {"device", 1, NULL, 'd'}, {"folder", 1, NULL, 'f'},
                                         {"pod", 1, NULL, 'p'},     {"period", 1, NULL, 't'}, {"cpu", 1, NULL, 'c'},
                                         {"spin", 0, NULL, 's'},    {"help", 0, NULL, 'h'},   {NULL, 0, NULL, 0}};
    *host = (struct host){.period_ns = 1000000,
                          .port = {.name = "p0",
                                   .device = "",
                                   .link_rate_bps = 10000000000,
                                   .vlan_id = -1,
                                   .cpu = -1,
                                   .deliver_locally = 1,
                                   .admin_gate_states = 0xff}};
    int letter;
    while ((letter = getopt_long(count, arguments, "h", LONG, NULL)) != -1) {
        switch (letter) {
            case 'b': host->port.backend = optarg; break;
            case 'd': host->port.device = optarg; break;
            case 'f': host->folder = optarg; break;
            case 'p':
                if (host->pods < 64) host->pod[host->pods++] = optarg;
                break;
            case 't': host->period_ns = strtoull(optarg, NULL, 10); break;
            case 'c': host->port.cpu = atoi(optarg); break;
            case 's': host->port.spin = 1; break;
            case 'h': usage(stdout); return 1;
            default: return -EINVAL;
        }
    }
    if (host->port.backend && host->folder && host->period_ns > 0) return 0;
    fputs("engine-host: --backend and --folder are needed, and a period above 0\n", stderr);
    return -EINVAL;
}

static int admit(struct tsn_engine *engine, const struct host *host, const char *name, struct tsn_error *error) {
    char path[108];
    snprintf(path, sizeof(path), "%s/%s.sock", host->folder, name);
    struct tsn_engine_stream_config stream = {.name = "s0",
                                              .port = "p0",
                                              .period_ns = host->period_ns,
                                              .deadline_ns = host->period_ns,
                                              .window_ns = host->period_ns,
                                              .window_period_ns = host->period_ns,
                                              .frame_bytes = 1522,
                                              .traffic_class = 7,
                                              .late_policy = 1};
    struct tsn_engine_pod_config pod = {
        .uid = name, .socket = path, .owner_uid = -1, .streams = &stream, .stream_count = 1};
    return tsn_engine_put_pod(engine, &pod, error);
}

static void print(const struct tsn_engine *engine) {
    size_t bytes;
    const struct tsn_engine_stats_header *header = tsn_engine_stats(engine, &bytes);
    for (uint32_t p = 0; p < header->ports; p++) {
        const struct tsn_engine_port_stats *port =
            (const void *)((const uint8_t *)header + header->port_offset + (size_t)p * header->port_stride);
        if (strcmp(port->name, "p0") != 0) continue;
        printf("{\"receivedLocal\":%llu", (unsigned long long)tsn_read(&port->received_local));
        for (int o = 0; o < TSN_OUTCOME_COUNT; o++) {
            uint64_t sum = 0;
            for (int c = 0; c < TSN_CLASSES; c++) sum += tsn_read(&port->egress.classes[c].outcomes[o]);
            printf(",\"%s\":%llu", tsn_outcome_name((enum tsn_outcome)o), (unsigned long long)sum);
        }
        printf("}\n");
    }
}

int main(int count, char **arguments) {
    struct host host;
    int answer = read_options(&host, count, arguments);
    if (answer) return answer > 0 ? 0 : 2;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    struct tsn_error error = {""};
    struct tsn_engine_config config = {.tai_minus_utc_ns = TSN_TAI_OFFSET_OF_KERNEL};
#ifdef DPDK_LIBRARY
    config.dpdk_library = DPDK_LIBRARY;
#endif
    struct tsn_engine *engine;
    int failure = tsn_engine_create(&config, &engine, &error);
    if (!failure) failure = tsn_engine_open_port(engine, &host.port, &error);
    for (uint32_t i = 0; !failure && i < host.pods; i++) failure = admit(engine, &host, host.pod[i], &error);
    if (failure) {
        fprintf(stderr, "engine-host: %s\n", error.text);
        tsn_engine_destroy(engine);
        return 1;
    }
    puts("ready");
    fflush(stdout);
    int which;
    sigwait(&ends, &which);
    print(engine);
    tsn_engine_destroy(engine);
    return 0;
}
