/*
 * 64 talkers, each with 16 frames queued ahead all the time, through the whole engine: none overtakes another, and each
 * arrives or is reported to its talker with a cause. Then the same without launch times.
 *   many_talkers_test [SEED]    the order in which the talkers hand over
 */
#include "harness.h"

#include "core/egress.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TALKERS = 64, AHEAD = 16, FRAMES = 64, PORT = 5000 };
enum { SLOT_NS = 250000, WINDOW_NS = 200000, PERIOD_NS = TALKERS * SLOT_NS };

static const uint8_t TO[6] = {2, 0, 0, 0, 0, 99};
static const uint8_t IP[4] = {10, 0, 0, 2};
static uint64_t seed;

static uint32_t next_random(uint32_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) % below);
}

/* What came out: of each talker the highest number, how many, and how many came behind a later one. */
struct far_end {
    int wire;
    pthread_t thread;
    _Atomic bool stop;
    int highest[TALKERS];
    bool arrived[TALKERS][FRAMES];
    uint32_t count, reordered, twice;
};

static void *read_wire(void *argument) {
    struct far_end *end = argument;
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    for (;;) {
        struct pollfd wire = {.fd = end->wire, .events = POLLIN};
        if (poll(&wire, 1, 20) <= 0) {
            if (atomic_load(&end->stop)) return NULL;
            continue;
        }
        if (recv(end->wire, frame, sizeof(frame), 0) < 50) continue;
        uint32_t talker = frame[6 + 5], number;
        memcpy(&number, frame + 42, sizeof(number));
        CHECK(talker < TALKERS && number < FRAMES, "a frame of talker %u, number %u", talker, number);
        end->count++;
        if ((int)number < end->highest[talker]) end->reordered++;
        else end->highest[talker] = (int)number;
        end->twice += end->arrived[talker][number];
        end->arrived[talker][number] = true;
    }
}

struct talker {
    struct client client;
    uint32_t handed_over;
    bool reported[FRAMES];
};

static void start_talker(struct harness *harness, struct talker *talker, uint32_t number, uint8_t late_policy) {
    char uid[24], path[108];
    snprintf(uid, sizeof(uid), "talker-%u", number);
    harness_socket(harness, uid, path);
    struct tsn_engine_stream_config stream = {.name = "s0",
                                              .port = "p0",
                                              .period_ns = PERIOD_NS,
                                              .deadline_ns = PERIOD_NS,
                                              .offset_ns = (uint64_t)number * SLOT_NS,
                                              .window_ns = WINDOW_NS,
                                              .window_period_ns = PERIOD_NS,
                                              .frame_bytes = 512,
                                              .traffic_class = 7,
                                              .late_policy = late_policy};
    struct tsn_engine_pod_config pod = {
        .uid = uid, .socket = path, .owner_uid = -1, .streams = &stream, .stream_count = 1};
    struct tsn_error error;
    CHECK_EQUAL(tsn_engine_put_pod(harness->engine, &pod, &error), 0, "%s", error.text);
    CHECK_EQUAL(client_attach(&talker->client, path), 0, "attach");
}

static void hand_over(struct talker *talker, uint32_t number, int64_t start_ns) {
    uint8_t frame[TSN_SHM_SLOT_BYTES], from[6] = {2, 0, 0, 0, 0, (uint8_t)number}, payload[64] = {0};
    memcpy(payload, &talker->handed_over, sizeof(talker->handed_over));
    size_t bytes = udp_frame(frame, TO, from, IP, PORT, payload, sizeof(payload));
    struct tsn_transmit_descriptor descriptor = {.cookie = talker->handed_over,
                                                 .length = (uint32_t)bytes,
                                                 .stream = 0,
                                                 .traffic_class = 7,
                                                 .flags = TSN_TRANSMIT_REPORT_ERRORS};
    if (start_ns > 0) {
        descriptor.time_base = TSN_TIME_TAI;
        descriptor.time_ns = (uint64_t)(start_ns + (int64_t)talker->handed_over * PERIOD_NS + (int64_t)number * SLOT_NS);
    }
    client_send(&talker->client, 0, &descriptor, frame, bytes);
    talker->handed_over++;
}

static void take_reports(struct talker *talker) {
    struct tsn_error_record record;
    while (client_error(&talker->client, 0, 0, &record)) {
        CHECK(record.cookie < FRAMES && record.outcome < TSN_OUTCOME_COUNT, "a report of frame %llu: %u",
              (unsigned long long)record.cookie, record.outcome);
        CHECK(!talker->reported[record.cookie], "frame %llu is reported once", (unsigned long long)record.cookie);
        talker->reported[record.cookie] = true;
    }
}

static void carry(bool launch_times, uint8_t late_policy) {
    struct harness harness = harness_start(0);
    static struct talker talkers[TALKERS];
    static struct far_end end;
    memset(talkers, 0, sizeof(talkers));
    memset(&end, 0, sizeof(end));
    end.wire = harness.wire;
    for (uint32_t t = 0; t < TALKERS; t++) end.highest[t] = -1;
    for (uint32_t t = 0; t < TALKERS; t++) start_talker(&harness, &talkers[t], t, late_policy);
    CHECK(pthread_create(&end.thread, NULL, read_wire, &end) == 0, "thread");

    int64_t start_ns = (tai_now_ns() / PERIOD_NS + 4) * PERIOD_NS;
    for (uint32_t first = 0; first < FRAMES; first += AHEAD / 2) {
        /* Half of what is queued has left: the next half comes, of all talkers in any order. */
        while (tai_now_ns() < start_ns + ((int64_t)first - AHEAD / 2) * PERIOD_NS) {
            struct timespec pause = {0, MILLISECOND_NS};
            nanosleep(&pause, NULL);
        }
        for (uint32_t left = TALKERS * (AHEAD / 2); left > 0;) {
            uint32_t t = next_random(TALKERS);
            if (talkers[t].handed_over >= first + AHEAD / 2) continue;
            hand_over(&talkers[t], t, launch_times ? start_ns : 0);
            left--;
        }
    }
    harness_settle(&harness, (uint64_t)TALKERS * FRAMES);
    atomic_store(&end.stop, true);
    pthread_join(end.thread, NULL);

    uint32_t reported = 0;
    for (uint32_t t = 0; t < TALKERS; t++) {
        take_reports(&talkers[t]);
        for (uint32_t i = 0; i < FRAMES; i++) {
            reported += talkers[t].reported[i];
            CHECK(end.arrived[t][i] != talkers[t].reported[i], "frame %u of talker %u %s", i, t,
                  end.arrived[t][i] ? "arrived and is reported" : "is lost without a cause");
        }
        client_detach(&talkers[t].client);
    }
    CHECK(end.count > TALKERS, "some arrive");
    CHECK_EQUAL(end.reordered, 0, "reordered");
    CHECK_EQUAL(end.twice, 0, "twice");
    CHECK_EQUAL(end.count + reported, TALKERS * FRAMES, "each frame arrived or has its cause");
    CHECK_EQUAL(harness_count(&harness, TSN_SENT) + harness_count(&harness, TSN_SENT_LATE), end.count, "counted as sent");
    fprintf(stderr, "  %u arrived, %u reported with a cause, 0 reordered, 0 lost without a cause\n", end.count, reported);
    harness_print(&harness);
    harness_stop(&harness);
}

static void shouldKeepTheOrderOfLaunchTimes(void) { carry(true, TSN_LATE_DROP); }
static void shouldKeepTheOrderOfLaunchTimesThatMoveToTheNextWindow(void) { carry(true, TSN_LATE_NEXT_WINDOW); }
static void shouldKeepTheOrderWithoutLaunchTimes(void) { carry(false, TSN_LATE_NEXT_WINDOW); }

int main(int count, char **arguments) {
    seed = count > 1 ? strtoull(arguments[1], NULL, 0) : (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid();
    printf("seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    RUN(shouldKeepTheOrderOfLaunchTimes);
    RUN(shouldKeepTheOrderOfLaunchTimesThatMoveToTheNextWindow);
    RUN(shouldKeepTheOrderWithoutLaunchTimes);
    return 0;
}
