/* The engine end to end over a socket pair as the wire: no privileges needed. */
#include "harness.h"

#include "engine/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t TALKER_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t LISTENER_MAC[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t LISTENER_IP[4] = {10, 0, 0, 2};

/* Windows wide enough for a machine that is away for milliseconds: what is tested here is the path, not the punctuality. */
enum { PERIOD_NS = 100 * MILLISECOND_NS, WINDOW_NS = 80 * MILLISECOND_NS, FRAME_BYTES = 1522, FRAMES = 20 };

static int from_wire(const struct harness *harness, uint8_t frame[TSN_SHM_SLOT_BYTES], int timeout_ms) {
    struct pollfd end = {.fd = harness->wire, .events = POLLIN};
    if (poll(&end, 1, timeout_ms) <= 0) return -1;
    return (int)recv(harness->wire, frame, TSN_SHM_SLOT_BYTES, 0);
}

static size_t message(uint8_t *frame, uint32_t sequence) {
    uint8_t payload[64] = {0};
    memcpy(payload, &sequence, sizeof(sequence));
    return udp_frame(frame, LISTENER_MAC, TALKER_MAC, LISTENER_IP, 5000, payload, sizeof(payload));
}

static struct client attached(const struct harness *harness, const char *uid) {
    struct client client;
    char path[108];
    harness_socket(harness, uid, path);
    CHECK_EQUAL(client_attach(&client, path), 0, "attach to %s", path);
    return client;
}

/* False: this machine was away for a whole window, and the policy moved or dropped a frame; each has its outcome. */
static bool sends_timed_frames_in_order_on_the_wire(void) {
    struct harness harness = harness_start(0);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 250000, WINDOW_NS, FRAME_BYTES), 0, "pod");
    struct client client = attached(&harness, "talker");
    CHECK_EQUAL(client.streams.streams, 1, "streams of the reply");
    CHECK_EQUAL(client.streams.stream[0].offset_ns, 250000, "offset");
    CHECK_EQUAL(client.streams.tai_minus_utc_ns, 37LL * SECOND_NS, "TAI offset");
    int64_t first_ns = (tai_now_ns() / PERIOD_NS + 2) * PERIOD_NS + 250000;
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct tsn_transmit_descriptor descriptor = {.time_ns = (uint64_t)(first_ns + i * PERIOD_NS),
                                                     .length = (uint32_t)message(frame, i),
                                                     .stream = 0,
                                                     .traffic_class = 7,
                                                     .time_base = TSN_TIME_TAI};
        client_send(&client, 0, &descriptor, frame, descriptor.length);
    }
    uint8_t seen[TSN_SHM_SLOT_BYTES];
    harness_settle(&harness, FRAMES);
    uint64_t sent = harness_count(&harness, TSN_SENT) + harness_count(&harness, TSN_SENT_LATE);
    uint64_t late = harness_count(&harness, TSN_DROPPED_LATE) + harness_count(&harness, TSN_GATE_MISSED);
    CHECK_EQUAL(sent + late, FRAMES, "frames sent or late");
    bool missed = harness_moved(&harness, 0) > 0 || late > 0;
    for (uint32_t i = 0; i < FRAMES && !missed; i++) {
        size_t bytes = message(frame, i);
        CHECK_EQUAL(from_wire(&harness, seen, 2000), bytes, "length of frame %u", i);
        CHECK(memcmp(seen, frame, bytes) == 0, "frame %u as it was given, not number %u", i, seen[42] + 256u * seen[43]);
        CHECK(tai_now_ns() >= first_ns + i * PERIOD_NS, "frame %u is not early", i);
    }
    client_detach(&client);
    harness_stop(&harness);
    return !missed;
}

static void shouldSendTimedFramesInOrderOnTheWire(void) {
    /* 25 times 2 s: beyond that it is not the machine. */
    for (int turn = 0; turn < 25; turn++)
        if (sends_timed_frames_in_order_on_the_wire()) return;
    CHECK(false, "this machine was away for 80 ms in each of 25 runs of 2 s");
}

/* A row: what is wrong with a frame, and how it ends. */
struct refusal {
    const char *name;
    struct tsn_transmit_descriptor descriptor;
    uint32_t frame_bytes; /* 0: an ordinary message */
    enum tsn_outcome outcome;
};

static void shouldReportWhyAFrameWasRefused(void) {
    const uint8_t report = TSN_TRANSMIT_REPORT_ERRORS;
    const struct refusal rows[] = {
        {"unknown stream", {.stream = 3, .traffic_class = 7, .flags = report}, 0, TSN_NO_STREAM},
        {"best effort on a port without it", {.stream = TSN_STREAM_ANY, .flags = report}, 0, TSN_NO_STREAM},
        {"class without stream", {.stream = TSN_STREAM_ANY, .traffic_class = 3, .flags = report}, 0, TSN_NO_STREAM},
        {"shorter than a header", {.stream = 0, .length = 13, .flags = report}, 0, TSN_BAD_DESCRIPTOR},
        {"longer than a slot", {.stream = 0, .length = 2045, .flags = report}, 0, TSN_BAD_DESCRIPTOR},
        {"length of four gigabytes", {.stream = 0, .length = UINT32_MAX, .flags = report}, 0, TSN_BAD_DESCRIPTOR},
        {"unknown time base", {.stream = 0, .time_base = 9, .flags = report}, 0, TSN_BAD_DESCRIPTOR},
        {"class 8", {.stream = 0, .traffic_class = 8, .flags = report}, 0, TSN_BAD_DESCRIPTOR},
        {"reserved byte", {.stream = 0, .reserved = {1}, .flags = report}, 0, TSN_BAD_DESCRIPTOR},
        {"time beyond all times",
         {.stream = 0, .time_base = TSN_TIME_TAI, .time_ns = UINT64_MAX, .flags = report},
         0,
         TSN_BAD_DESCRIPTOR},
        {"larger than the stream's frames", {.stream = 0, .flags = report}, 600, TSN_POLICED_SIZE},
        {"larger than the port's frames", {.stream = 0, .flags = report}, 1600, TSN_TOO_LARGE},
    };
    struct harness harness = harness_start(0);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, 512), 0, "pod");
    struct client client = attached(&harness, "talker");
    uint8_t frame[TSN_SHM_SLOT_BYTES] = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tsn_transmit_descriptor descriptor = rows[i].descriptor;
        uint32_t bytes = (uint32_t)message(frame, 1);
        if (rows[i].frame_bytes > 0) bytes = rows[i].frame_bytes;
        if (descriptor.length == 0) descriptor.length = bytes;
        descriptor.cookie = 1000 + i;
        client_send(&client, 0, &descriptor, frame, bytes);
        struct tsn_error_record record;
        CHECK(client_error(&client, 0, 2000, &record), "%s: a report", rows[i].name);
        CHECK_EQUAL(record.cookie, 1000 + i, "%s: cookie", rows[i].name);
        CHECK_EQUAL(record.outcome, rows[i].outcome, "%s: outcome", rows[i].name);
    }
    harness_settle(&harness, sizeof(rows) / sizeof(rows[0]));
    client_detach(&client);
    harness_stop(&harness);
}

/* How a frame from TALKER_MAC is refused; TSN_SENT: it is not, in 30 s. */
static enum tsn_outcome refusal_of_message(struct client *client) {
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    struct tsn_transmit_descriptor descriptor = {.length = (uint32_t)message(frame, 1),
                                                 .stream = 0,
                                                 .traffic_class = 7,
                                                 .flags = TSN_TRANSMIT_REPORT_ERRORS};
    client_send(client, 0, &descriptor, frame, descriptor.length);
    struct tsn_error_record record;
    return client_error(client, 0, 30000, &record) ? (enum tsn_outcome)record.outcome : TSN_SENT;
}

static void shouldLetAPodSendFromAndReceiveAtItsOwnAddressesAlone(void) {
    struct harness harness = harness_start(0);
    CHECK_EQUAL(harness_pod_with_mac(&harness, "pod", PERIOD_NS, WINDOW_NS, FRAME_BYTES, LISTENER_MAC), 0, "pod");
    struct client client = attached(&harness, "pod");
    CHECK_EQUAL(refusal_of_message(&client), TSN_BAD_DESCRIPTOR, "from another's address");
    CHECK_EQUAL(client_bind_udp4(&client, 0, LISTENER_IP, 5000, TALKER_MAC), -EADDRNOTAVAIL, "another's address");
    CHECK_EQUAL(harness_pod_with_mac(&harness, "pod", PERIOD_NS, WINDOW_NS, FRAME_BYTES, TALKER_MAC), 0, "pod"); /* the interface was made anew: the process stays attached */
    uint8_t frame[TSN_SHM_SLOT_BYTES], seen[TSN_SHM_SLOT_BYTES];
    struct tsn_transmit_descriptor descriptor = {
        .length = (uint32_t)message(frame, 2), .stream = 0, .traffic_class = 7};
    client_send(&client, 0, &descriptor, frame, descriptor.length);
    CHECK_EQUAL(from_wire(&harness, seen, 30000), descriptor.length, "from its address of now");
    CHECK(memcmp(seen, frame, descriptor.length) == 0, "as sent");
    CHECK_EQUAL(client_bind_udp4(&client, 0, LISTENER_IP, 5000, TALKER_MAC), 0, "its own");
    harness_settle(&harness, 2);
    client_detach(&client);
    harness_stop(&harness);
}

static void shouldPassBestEffortWhereThePortAllowsIt(void) {
    struct harness harness = harness_start(1);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, FRAME_BYTES), 0, "pod");
    struct client client = attached(&harness, "talker");
    CHECK_EQUAL(client.streams.best_effort_channels, 1, "announced");
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    uint8_t seen[TSN_SHM_SLOT_BYTES];
    struct tsn_transmit_descriptor descriptor = {.length = (uint32_t)message(frame, 7), .stream = TSN_STREAM_ANY};
    client_send(&client, 0, &descriptor, frame, descriptor.length);
    CHECK_EQUAL(from_wire(&harness, seen, 2000), descriptor.length, "on the wire");
    client_detach(&client);
    harness_stop(&harness);
}

static void shouldDeliverFromTheWireToThePodThatBoundTheAddress(void) {
    struct harness harness = harness_start(0);
    CHECK_EQUAL(harness_pod(&harness, "one", PERIOD_NS, 0, WINDOW_NS, FRAME_BYTES), 0, "pod");
    CHECK_EQUAL(harness_pod(&harness, "two", PERIOD_NS, 20000, WINDOW_NS, FRAME_BYTES), 0, "pod");
    struct client one = attached(&harness, "one");
    struct client two = attached(&harness, "two");
    CHECK_EQUAL(client_bind_udp4(&one, 0, LISTENER_IP, 5000, LISTENER_MAC), 0, "bind");
    CHECK_EQUAL(client_bind_udp4(&two, 0, LISTENER_IP, 5000, LISTENER_MAC), -EADDRINUSE, "another pod's address");
    CHECK_EQUAL(client_bind_udp4(&two, 0, LISTENER_IP, 5001, LISTENER_MAC), 0, "another port");
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    size_t bytes = message(frame, 9);
    int64_t before_ns = tai_now_ns();
    CHECK(send(harness.wire, frame, bytes, 0) == (ssize_t)bytes, "wire");
    struct tsn_receive_descriptor descriptor;
    uint8_t seen[TSN_SHM_SLOT_BYTES];
    CHECK_EQUAL(client_receive(&one, 0, 2000, &descriptor, seen), bytes, "received");
    CHECK(memcmp(seen, frame, bytes) == 0, "as sent");
    CHECK((int64_t)descriptor.time_ns >= before_ns - MILLISECOND_NS && (int64_t)descriptor.time_ns <= tai_now_ns() + MILLISECOND_NS, "time of reception");
    CHECK_EQUAL(client_receive(&two, 0, 50, &descriptor, seen), -1, "not for the other");
    client_detach(&one);
    client_detach(&two);
    harness_stop(&harness);
}

static void shouldCarryFramesBetweenPodsOfThePortThroughMemoryUnderTheirGates(void) {
    struct harness harness = harness_start(0);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 4000000, WINDOW_NS, FRAME_BYTES), 0, "pod");
    CHECK_EQUAL(harness_pod(&harness, "listener", PERIOD_NS, 0, WINDOW_NS, FRAME_BYTES), 0, "pod");
    struct client talker = attached(&harness, "talker");
    struct client listener = attached(&harness, "listener");
    CHECK_EQUAL(client_bind_udp4(&listener, 0, LISTENER_IP, 5000, LISTENER_MAC), 0, "bind");
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    uint8_t seen[TSN_SHM_SLOT_BYTES];
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct tsn_transmit_descriptor send_descriptor = {
            .length = (uint32_t)message(frame, i), .stream = TSN_STREAM_ANY, .traffic_class = 7};
        client_send(&talker, 0, &send_descriptor, frame, send_descriptor.length);
        struct tsn_receive_descriptor descriptor;
        CHECK_EQUAL(client_receive(&listener, 0, 2000, &descriptor, seen), send_descriptor.length, "frame %u", i);
        CHECK(memcmp(seen, frame, send_descriptor.length) == 0, "as sent");
        CHECK(descriptor.flags & TSN_RECEIVE_SAME_HOST, "through memory");
    }
    CHECK_EQUAL(from_wire(&harness, seen, 20), -1, "nothing on the wire");
    harness_settle(&harness, FRAMES);
    client_detach(&talker);
    client_detach(&listener);
    harness_stop(&harness);
}

static void shouldTellAttachedProcessesOfChangedStreams(void) {
    struct harness harness = harness_start(0);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, FRAME_BYTES), 0, "pod");
    struct client client = attached(&harness, "talker");
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 30000, WINDOW_NS, FRAME_BYTES), 0, "moved");
    ssize_t bytes = recv(client.connection, &client.streams, sizeof(client.streams), 0);
    CHECK_EQUAL(tsn_control_check_reply(&client.streams, (size_t)bytes), TSN_CONTROL_STREAMS, "told");
    CHECK_EQUAL(client.streams.stream[0].offset_ns, 30000, "the new offset");
    client_detach(&client);
    harness_stop(&harness);
}

static void shouldRefuseWhatIsNotAllowed(void) {
    struct harness harness = harness_start(0);
    struct tsn_error error;
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, FRAME_BYTES), 0, "pod");
    CHECK_EQUAL(tsn_engine_close_port(harness.engine, "p0", &error), -EBUSY, "a port with streams");
    CHECK_EQUAL(tsn_engine_close_port(harness.engine, "p9", &error), -ENOENT, "no such port");
    CHECK_EQUAL(tsn_engine_remove_pod(harness.engine, "nobody", &error), -ENOENT, "no such pod");
    struct tsn_gate_list empty = {0};
    CHECK_EQUAL(tsn_engine_set_gates(harness.engine, "p0", &empty, &error), -EINVAL, "no entries");
    struct tsn_engine_port_config port = {.name = "p1", .backend = "wire", .device = "fd:x", .link_rate_bps = 1000000000};
    CHECK_EQUAL(tsn_engine_open_port(harness.engine, &port, &error), -EINVAL, "device");
    CHECK(strstr(error.text, "fd:x"), "the sentence names the value: %s", error.text);
    port.link_rate_bps = 0;
    CHECK_EQUAL(tsn_engine_open_port(harness.engine, &port, &error), -EINVAL, "no link rate");
    struct client clients[17];
    for (int i = 0; i < 16; i++) clients[i] = attached(&harness, "talker");
    char path[108];
    harness_socket(&harness, "talker", path);
    CHECK_EQUAL(client_attach(&clients[16], path), -EUSERS, "a seventeenth process");
    for (int i = 0; i < 16; i++) client_detach(&clients[i]);
    CHECK_EQUAL(tsn_engine_remove_pod(harness.engine, "talker", &error), 0, "%s", error.text);
    CHECK(access(path, F_OK) != 0, "the socket is gone");
    CHECK_EQUAL(tsn_engine_close_port(harness.engine, "p0", &error), 0, "%s", error.text);
    harness_stop(&harness);
}

static void shouldServeAProcessAgainAfterARestart(void) {
    struct harness harness = harness_start(0);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, FRAME_BYTES), 0, "pod");
    struct client client = attached(&harness, "talker");
    struct tsn_error error;
    CHECK_EQUAL(tsn_engine_remove_pod(harness.engine, "talker", &error), 0, "%s", error.text);
    char byte;
    CHECK(recv(client.connection, &byte, 1, 0) <= 0, "the process learns of the end");
    client_detach(&client);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, FRAME_BYTES), 0, "pod");
    client = attached(&harness, "talker");
    client_detach(&client);
    harness_stop(&harness);
}

static void put_pod_without_streams(const struct harness *harness, const char *uid) {
    char path[108];
    struct tsn_error error;
    harness_socket(harness, uid, path);
    struct tsn_engine_pod_config pod = {.uid = uid, .socket = path, .owner_uid = -1};
    CHECK_EQUAL(tsn_engine_put_pod(harness->engine, &pod, &error), 0, "%s", error.text);
}

static void shouldServeAPodWithoutStreams(void) {
    for (uint8_t best_effort = 0; best_effort <= 1; best_effort++) {
        struct harness harness = harness_start(best_effort);
        put_pod_without_streams(&harness, "plain");
        struct client client = attached(&harness, "plain");
        CHECK_EQUAL(client.streams.streams, 0, "streams");
        CHECK_EQUAL(client.streams.best_effort_channels, best_effort, "best effort is announced");
        CHECK_EQUAL(client_bind_udp4(&client, 0, LISTENER_IP, 5000, LISTENER_MAC), 0, "bind");
        uint8_t frame[TSN_SHM_SLOT_BYTES], seen[TSN_SHM_SLOT_BYTES];
        size_t bytes = message(frame, 1);
        struct tsn_receive_descriptor received;
        CHECK(send(harness.wire, frame, bytes, 0) == (ssize_t)bytes, "wire");
        CHECK_EQUAL(client_receive(&client, 0, 2000, &received, seen), bytes, "received");
        memcpy(frame, TALKER_MAC, 6); /* to somebody else: onto the wire */
        struct tsn_transmit_descriptor descriptor = {
            .length = (uint32_t)bytes, .stream = TSN_STREAM_ANY, .flags = TSN_TRANSMIT_REPORT_ERRORS};
        client_send(&client, 0, &descriptor, frame, bytes);
        struct tsn_error_record record;
        if (best_effort) CHECK_EQUAL(from_wire(&harness, seen, 2000), bytes, "best effort passes");
        else CHECK(client_error(&client, 0, 2000, &record) && record.outcome == TSN_NO_STREAM, "refused where it does not");
        client_detach(&client);
        harness_stop(&harness);
    }
}

static void shouldGiveAPodWithoutStreamsThePortsThatOpenAndClose(void) {
    struct harness harness = harness_start(0);
    struct tsn_error error;
    char byte;
    CHECK_EQUAL(tsn_engine_close_port(harness.engine, "p0", &error), 0, "%s", error.text);
    put_pod_without_streams(&harness, "plain");
    char path[108];
    struct client client;
    harness_socket(&harness, "plain", path);
    CHECK_EQUAL(client_attach(&client, path), -ENODEV, "no port is open");
    harness_open_port(&harness, "p1", "null", "", 0);
    for (uint32_t channels = 1; channels <= 2; channels++) {
        client = attached(&harness, "plain");
        CHECK_EQUAL(client.streams.channels, channels, "a channel for each port");
        if (channels == 1) harness_open_port(&harness, "p2", "null", "", 0);
        else CHECK_EQUAL(tsn_engine_close_port(harness.engine, "p1", &error), 0, "%s", error.text);
        CHECK(recv(client.connection, &byte, 1, 0) <= 0, "the process is to attach anew");
        client_detach(&client);
    }
    client = attached(&harness, "plain");
    CHECK_EQUAL(client.streams.channels, 1, "one port is left");
    client_detach(&client);
    harness_stop(&harness);
}

static void shouldAdmitOnlyProcessesOfThePodsControlGroupWhenAsked(void) {
    struct tsn_error error;
    struct harness harness = {.wire = -1, .folder = "/tmp/tsn-test-XXXXXX"};
    CHECK(mkdtemp(harness.folder), "folder");
    struct tsn_engine_config config = {.check_cgroup = 1};
    CHECK_EQUAL(tsn_engine_create(&config, &harness.engine, &error), 0, "%s", error.text);
    harness_open_port(&harness, "p0", "null", "", 0);
    put_pod_without_streams(&harness, "5f1d");
    char path[108];
    struct client client;
    harness_socket(&harness, "5f1d", path);
    CHECK_EQUAL(client_attach(&client, path), -EACCES, "a process of no pod");
    harness_stop(&harness);
}

static void *wait_for_end(void *ended) {
    sem_wait(ended);
    return NULL;
}

/* CPUs of the thread of that name in this process. */
static cpu_set_t cpus_of_thread(const char *name) {
    cpu_set_t set;
    CPU_ZERO(&set);
    DIR *threads = opendir("/proc/self/task");
    CHECK(threads, "/proc/self/task");
    for (const struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        char path[300], found[32] = "";
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file && fgets(found, sizeof(found), file) && strncmp(found, name, strlen(name)) == 0)
            CHECK_EQUAL(sched_getaffinity(atoi(entry->d_name), sizeof(set), &set), 0, "affinity of %s", name);
        if (file) fclose(file);
    }
    closedir(threads);
    return set;
}

static void shouldHaveThePollThreadsCpuLeftByTheOthers(void) {
    cpu_set_t before, after;
    CHECK_EQUAL(sched_getaffinity(0, sizeof(before), &before), 0, "affinity");
    if (CPU_COUNT(&before) < 2) {
        puts("skipped: this machine has one CPU");
        return;
    }
    size_t cpu = 0;
    while (!CPU_ISSET(cpu, &before)) cpu++;
    sem_t ended;
    sem_init(&ended, 0, 0);
    pthread_t other;
    CHECK_EQUAL(pthread_create(&other, NULL, wait_for_end, &ended), 0, "thread");
    struct harness harness = harness_start(0);
    struct tsn_engine_port_config port = {.name = "pinned", .backend = "null", .device = "", .link_rate_bps = 1000000000,
                                          .vlan_id = -1, .cpu = (int32_t)cpu, .admin_gate_states = 0xff};
    struct tsn_error error = {""};
    CHECK_EQUAL(tsn_engine_open_port(harness.engine, &port, &error), 0, "%s", error.text);
    CHECK_EQUAL(pthread_getaffinity_np(other, sizeof(after), &after), 0, "affinity");
    CHECK(!CPU_ISSET(cpu, &after) && CPU_COUNT(&after) == CPU_COUNT(&before) - 1, "another thread leaves CPU %zu", cpu);
    CHECK_EQUAL(sched_getaffinity(0, sizeof(after), &after), 0, "affinity");
    CHECK(!CPU_ISSET(cpu, &after), "the caller leaves CPU %zu", cpu);
    for (int i = 0; i < 30000; i++) { /* the thread names itself first */
        after = cpus_of_thread("tsn-pinned");
        if (CPU_COUNT(&after) > 0) break;
        usleep(1000);
    }
    CHECK(CPU_ISSET(cpu, &after) && CPU_COUNT(&after) == 1, "the poll thread stays on CPU %zu", cpu);
    sem_post(&ended);
    pthread_join(other, NULL);
    sem_destroy(&ended);
    harness_stop(&harness);
    sched_setaffinity(0, sizeof(before), &before);
}

static void shouldReadThePodFromAControlGroup(void) {
    const char *uid = "5f1d2c3e-aaaa-bbbb-cccc-0123456789ab";
    const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"0::/kubepods/burstable/pod5f1d2c3e-aaaa-bbbb-cccc-0123456789ab/6a7b\n", true},
        {"0::/kubepods.slice/kubepods-pod5f1d2c3e_aaaa_bbbb_cccc_0123456789ab.slice/cri-containerd-6a.scope\n", true},
        {"4:cpu:/\n0::/kubepods/pod5f1d2c3e-aaaa-bbbb-cccc-0123456789ab", true},
        {"0::/kubepods/pod5f1d2c3e-aaaa-bbbb-cccc-0123456789ac/6a7b\n", false},
        {"0::/kubepods/pod5f1d2c3e-aaaa-bbbb-cccc-0123456789abc/6a7b\n", false},
        {"0::/kubepods/mypod5f1d2c3e-aaaa-bbbb-cccc-0123456789ab/6a7b\n", false},
        {"0::/kubepods/pod5f1d2c3e-aaaa", false},
        {"0::/user.slice\n", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_EQUAL(tsn_cgroup_names_pod(rows[i].text, uid), rows[i].is, "%s", rows[i].text);
}

int main(void) {
    RUN(shouldServeAPodWithoutStreams);
    RUN(shouldGiveAPodWithoutStreamsThePortsThatOpenAndClose);
    RUN(shouldAdmitOnlyProcessesOfThePodsControlGroupWhenAsked);
    RUN(shouldReadThePodFromAControlGroup);
    RUN(shouldHaveThePollThreadsCpuLeftByTheOthers);
    RUN(shouldSendTimedFramesInOrderOnTheWire);
    RUN(shouldReportWhyAFrameWasRefused);
    RUN(shouldLetAPodSendFromAndReceiveAtItsOwnAddressesAlone);
    RUN(shouldPassBestEffortWhereThePortAllowsIt);
    RUN(shouldDeliverFromTheWireToThePodThatBoundTheAddress);
    RUN(shouldCarryFramesBetweenPodsOfThePortThroughMemoryUnderTheirGates);
    RUN(shouldTellAttachedProcessesOfChangedStreams);
    RUN(shouldRefuseWhatIsNotAllowed);
    RUN(shouldServeAProcessAgainAfterARestart);
    return 0;
}
