#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct harness harness_start_on(const char *backend, const char *device, uint8_t best_effort) {
    struct harness harness = {.wire = -1};
    strcpy(harness.folder, "/tmp/tsn-test-XXXXXX");
    CHECK(mkdtemp(harness.folder), "no folder");
    struct tsn_error error = {""};
    struct tsn_engine_config config = {.tai_minus_utc_ns = (int64_t)TAI_MINUS_UTC_S * SECOND_NS};
#ifdef DPDK_LIBRARY
    config.dpdk_library = DPDK_LIBRARY;
    config.dpdk_eal_arguments = getenv("TSN_TEST_EAL_ARGUMENTS");
#endif
    CHECK_EQUAL(tsn_engine_create(&config, &harness.engine, &error), 0, "%s", error.text);
    harness_open_port(&harness, "p0", backend, device, best_effort);
    return harness;
}

void harness_open_port(struct harness *harness, const char *name, const char *backend, const char *device,
                       uint8_t best_effort) {
    struct tsn_error error = {""};
    struct tsn_engine_port_config port = {
        .name = name,
        .backend = backend,
        .device = device,
        .link_rate_bps = 1000000000,
        .vlan_id = -1,
        .cpu = -1,
        .best_effort = best_effort,
        .deliver_locally = 1,
        .admin_gate_states = 0xff,
    };
    CHECK_EQUAL(tsn_engine_open_port(harness->engine, &port, &error), 0, "%s", error.text);
}

struct harness harness_start(uint8_t best_effort) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "no socket pair");
    char device[16];
    snprintf(device, sizeof(device), "fd:%d", ends[0]);
    struct harness harness = harness_start_on("wire", device, best_effort);
    close(ends[0]);
    harness.wire = ends[1];
    return harness;
}

void harness_stop(struct harness *harness) {
    tsn_engine_destroy(harness->engine);
    if (harness->wire >= 0) close(harness->wire);
    CHECK(rmdir(harness->folder) == 0, "the engine left something in %s", harness->folder);
}

void harness_socket(const struct harness *harness, const char *uid, char path[108]) {
    snprintf(path, 108, "%s/%s.sock", harness->folder, uid);
}

int harness_pod(struct harness *harness, const char *uid, uint64_t period_ns, uint64_t offset_ns, uint64_t window_ns,
                uint32_t frame_bytes) {
    return harness_pod_on(harness, "p0", uid, period_ns, offset_ns, window_ns, frame_bytes);
}

static int put_pod(struct harness *harness, const char *port, const char *uid, uint64_t period_ns, uint64_t offset_ns,
                   uint64_t window_ns, uint32_t frame_bytes, const uint8_t *mac) {
    char path[108];
    harness_socket(harness, uid, path);
    struct tsn_engine_stream_config stream = {
        .name = "s0",
        .port = port,
        .period_ns = period_ns,
        .deadline_ns = period_ns,
        .offset_ns = offset_ns,
        .window_ns = window_ns,
        .window_period_ns = period_ns,
        .frame_bytes = frame_bytes,
        .traffic_class = 7,
        .late_policy = 2,
    };
    struct tsn_engine_pod_config pod = {.uid = uid, .socket = path, .owner_uid = -1, .macs = mac, .mac_count = mac != NULL,
                                        .streams = &stream, .stream_count = 1};
    struct tsn_error error = {""};
    int failure = tsn_engine_put_pod(harness->engine, &pod, &error);
    if (failure) fprintf(stderr, "put_pod: %s\n", error.text);
    return failure;
}

int harness_pod_on(struct harness *harness, const char *port, const char *uid, uint64_t period_ns, uint64_t offset_ns,
                   uint64_t window_ns, uint32_t frame_bytes) {
    return put_pod(harness, port, uid, period_ns, offset_ns, window_ns, frame_bytes, NULL);
}

int harness_pod_with_mac(struct harness *harness, const char *uid, uint64_t period_ns, uint64_t window_ns,
                         uint32_t frame_bytes, const uint8_t mac[6]) {
    return put_pod(harness, "p0", uid, period_ns, 0, window_ns, frame_bytes, mac);
}

const struct tsn_engine_port_stats *harness_port(const struct harness *harness) {
    size_t bytes;
    const struct tsn_engine_stats_header *header = tsn_engine_stats(harness->engine, &bytes);
    CHECK(header->magic == TSN_STATS_MAGIC && header->page_bytes == bytes, "not a statistics page");
    return (const void *)((const uint8_t *)header + header->port_offset);
}

uint64_t harness_count(const struct harness *harness, int outcome) {
    const struct tsn_port_stats *egress = &harness_port(harness)->egress;
    uint64_t sum = 0;
    for (int c = 0; c < TSN_CLASSES; c++)
        sum += tsn_read(outcome == HARNESS_OFFERED ? &egress->classes[c].offered : &egress->classes[c].outcomes[outcome]);
    return sum;
}

void harness_wait_for_links(const struct harness *harness) {
    size_t bytes;
    const struct tsn_engine_stats_header *header = tsn_engine_stats(harness->engine, &bytes);
    for (int i = 0; i < 20000; i++) {
        bool up = true;
        for (uint32_t p = 0; p < header->ports; p++) {
            const struct tsn_engine_port_stats *port = (const void *)((const uint8_t *)header + header->port_offset +
                                                                      (size_t)p * header->port_stride);
            up = up && (tsn_read(&port->open) == 0 || tsn_read(&port->link_up) != 0);
        }
        if (up) return;
        struct timespec pause = {0, MILLISECOND_NS};
        nanosleep(&pause, NULL);
    }
    CHECK(0, "a link stays down");
}

uint64_t harness_moved(const struct harness *harness, uint32_t stream) {
    size_t bytes;
    const struct tsn_engine_stats_header *header = tsn_engine_stats(harness->engine, &bytes);
    const struct tsn_stream_stats *stats =
        (const void *)((const uint8_t *)header + header->stream_offset + (size_t)stream * header->stream_stride);
    return tsn_read(&stats->moved_to_next_window);
}

void harness_print(const struct harness *harness) {
    for (int o = HARNESS_OFFERED; o < TSN_OUTCOME_COUNT; o++)
        if (harness_count(harness, o) > 0)
            fprintf(stderr, "%s %llu\n", o < 0 ? "offered" : tsn_outcome_name((enum tsn_outcome)o),
                    (unsigned long long)harness_count(harness, o));
}

static uint64_t ended(const struct harness *harness) {
    uint64_t sum = 0;
    for (int o = 0; o < TSN_OUTCOME_COUNT; o++) sum += harness_count(harness, o);
    return sum;
}

void harness_settle(const struct harness *harness, uint64_t frames) {
    for (int i = 0; i < 10000; i++) {
        if (harness_count(harness, HARNESS_OFFERED) == frames && ended(harness) == frames) return;
        struct timespec pause = {0, MILLISECOND_NS};
        nanosleep(&pause, NULL);
    }
    CHECK(0, "%llu frames given, %llu taken, %llu ended", (unsigned long long)frames,
          (unsigned long long)harness_count(harness, HARNESS_OFFERED), (unsigned long long)ended(harness));
}

int64_t tai_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec + TAI_MINUS_UTC_S) * SECOND_NS + now.tv_nsec;
}
