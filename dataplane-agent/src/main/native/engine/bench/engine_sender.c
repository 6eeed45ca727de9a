#include "engine/bench/measure.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "engine/test/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Talkers queue so many periods ahead, less than a stream may, and never nearer to the launch than the last. */
enum { LEAD_NS = 20000000, PERIODS_AHEAD = 48, LATEST_NS = 20000, MAC_BYTES = 6 };

static void must(int result, const struct tsn_error *error, const char *what) {
    if (result >= 0) return;
    fprintf(stderr, "emission-bench: %s: %s\n", what, error->text[0] ? error->text : strerror(-result));
    exit(1);
}

int64_t bench_tai_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec + BENCH_TAI_MINUS_UTC_S) * 1000000000 + now.tv_nsec;
}

static struct tsn_engine *start(const struct bench_port *port) {
    struct tsn_error error = {""};
    struct tsn_engine *engine;
    struct tsn_engine_config config = {.tai_minus_utc_ns = (int64_t)BENCH_TAI_MINUS_UTC_S * 1000000000,
                                       .dpdk_library = port->dpdk_library};
    must(tsn_engine_create(&config, &engine, &error), &error, "engine");
    struct tsn_engine_port_config open = {
        .name = "p0",
        .backend = port->backend,
        .device = port->device,
        /* The bare sender knows no wire. At 10 Gbit/s 64 frames in 50 us take 87 % of it, and late ones wait for the rest. */
        .link_rate_bps = 100000000000,
        .vlan_id = -1,
        .cpu = port->cpu,
        .spin = 1,
        .admin_gate_states = 0xff,
    };
    must(tsn_engine_open_port(engine, &open, &error), &error, "port");
    return engine;
}

static void attach(struct tsn_engine *engine, const char *folder, const struct schedule *schedule, unsigned talker,
                   struct client *client) {
    char uid[24], path[108];
    snprintf(uid, sizeof(uid), "talker-%u", talker);
    snprintf(path, sizeof(path), "%s/%s.sock", folder, uid);
    struct tsn_engine_stream_config stream = {
        .name = "s0",
        .port = "p0",
        .period_ns = (uint64_t)schedule->period_ns,
        .deadline_ns = (uint64_t)schedule->period_ns,
        .window_ns = (uint64_t)schedule->period_ns, /* any time of the period */
        .window_period_ns = (uint64_t)schedule->period_ns,
        .frame_bytes = 64,
        .traffic_class = 7,
        .late_policy = 1, /* as the bare sender: a late frame is sent at once */
    };
    struct tsn_engine_pod_config pod = {
        .uid = uid, .socket = path, .owner_uid = -1, .streams = &stream, .stream_count = 1};
    struct tsn_error error = {""};
    must(tsn_engine_put_pod(engine, &pod, &error), &error, "pod");
    must(client_attach(client, path), &error, "attach");
}

static void wait_for_room(int64_t until_ns) {
    for (int64_t left_ns; (left_ns = until_ns - bench_tai_ns()) > 0;) {
        struct timespec pause = {0, left_ns < 100000 ? 1 : 50000};
        nanosleep(&pause, NULL);
    }
}

/* Queues every talker's frames ahead of their launches, in the order of the launches. */
static uint64_t feed(struct client *clients, const struct schedule *schedule, struct sample *sample) {
    uint8_t frame[BENCH_FRAME_BYTES];
    memset(frame, 0xff, sizeof(frame));
    memcpy(frame + MAC_BYTES, "\2\0\0\0\0\1\x88\xb5", 8);
    uint64_t given = 0;
    int64_t start_ns = bench_tai_ns() + LEAD_NS;
    for (uint64_t k = 0; k < schedule->periods; k++) {
        wait_for_room(start_ns + ((int64_t)k - PERIODS_AHEAD) * schedule->period_ns);
        int64_t now_ns = bench_tai_ns();
        for (unsigned t = 0; t < schedule->talkers; t++) {
            int64_t launch_ns =
                start_ns + (int64_t)k * schedule->period_ns + schedule->period_ns * (int64_t)t / (int64_t)schedule->talkers;
            struct tsn_transmit_descriptor descriptor = {.time_ns = (uint64_t)launch_ns,
                                                         .length = sizeof(frame),
                                                         .stream = 0,
                                                         .traffic_class = 7,
                                                         .time_base = TSN_TIME_TAI};
            bool given_now = launch_ns - now_ns > LATEST_NS &&
                             client_try_send(&clients[t], 0, &descriptor, frame, sizeof(frame));
            *(given_now ? &given : &sample->withheld) += 1;
        }
    }
    return given;
}

static const struct tsn_port_stats *stats_of(const struct tsn_engine *engine) {
    size_t bytes;
    const struct tsn_engine_stats_header *header = tsn_engine_stats(engine, &bytes);
    for (uint32_t p = 0; p < header->ports; p++) {
        const struct tsn_engine_port_stats *port =
            (const void *)((const uint8_t *)header + header->port_offset + (size_t)p * header->port_stride);
        if (strcmp(port->name, "p0") == 0) return &port->egress;
    }
    abort();
}

/* Waits until every frame has come to its end; counts those that did not leave. */
static void settle(const struct tsn_engine *engine, uint64_t given, struct sample *sample) {
    const struct tsn_class_stats *class = &stats_of(engine)->classes[7];
    uint64_t ended = 0;
    for (int i = 0; i < 2000 && ended < given; i++) {
        struct timespec pause = {0, 5000000};
        nanosleep(&pause, NULL);
        ended = 0;
        for (int o = 0; o < TSN_OUTCOME_COUNT; o++) ended += tsn_read(&class->outcomes[o]);
    }
    uint64_t sent = tsn_read(&class->outcomes[TSN_SENT]) + tsn_read(&class->outcomes[TSN_SENT_LATE]);
    sample->lost += given - sent;
    for (int o = 0; o < TSN_OUTCOME_COUNT && sent < given; o++)
        if (o != TSN_SENT && o != TSN_SENT_LATE && tsn_read(&class->outcomes[o]) > 0)
            fprintf(stderr, "emission-bench: %s %llu of %llu\n", tsn_outcome_name((enum tsn_outcome)o),
                    (unsigned long long)tsn_read(&class->outcomes[o]), (unsigned long long)given);
}

static void add_histogram(struct tsn_histogram *to, const struct tsn_histogram *from) {
    for (int i = 0; i < TSN_HISTOGRAM_BUCKETS; i++) to->late[i] += from->late[i], to->early[i] += from->early[i];
    if (from->max_late_ns > to->max_late_ns) to->max_late_ns = from->max_late_ns;
    if (from->max_early_ns > to->max_early_ns) to->max_early_ns = from->max_early_ns;
}

void measure_engine(const struct bench_port *port, const struct schedule *schedule, struct sample *sample) {
    char folder[] = "/tmp/tsn-bench-XXXXXX";
    static struct client clients[BENCH_TALKERS_MAX];
    struct tsn_error none = {""};
    must(mkdtemp(folder) ? 0 : -1, &none, "folder");
    struct tsn_engine *engine = start(port);
    for (unsigned t = 0; t < schedule->talkers; t++) attach(engine, folder, schedule, t, &clients[t]);
    if (port->loops) /* somebody listens, so that the port takes what comes back */
        must(client_bind_udp4(&clients[0], TSN_CHANNEL_ALL, (uint8_t[4]){10, 0, 0, 1}, 1, (uint8_t[6]){2, 0, 0, 0, 0, 9}),
             &none, "bind");
    uint64_t given = feed(clients, schedule, sample);
    settle(engine, given, sample);
    sample->launches += given;
    add_histogram(&sample->error, &stats_of(engine)->emission_error);
    for (unsigned t = 0; t < schedule->talkers; t++) client_detach(&clients[t]);
    tsn_engine_destroy(engine);
    rmdir(folder);
}
