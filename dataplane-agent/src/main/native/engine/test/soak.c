/*
 * The whole engine at load for long, with talkers that come, change and go in every way: no frame without an end, no
 * counter that shrinks, and after each pause the process as small as it was. See usage().
 */
#include "harness.h"

#include "core/egress.h"

#include <dirent.h>
#include <getopt.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TALKERS_MAX = 64, PORT = 5000, FRAME_BUFFERS = 4096, BURST = 32 };
enum { WATCH_MS = 50, PAUSE_EVERY_S = 20, SETTLE_MS = 30000, LIFE_MS = 400 };
enum { RSS_GROWTH_KIB = 16384, HEAP_GROWTH_KIB = 64, OPENINGS_AT_FIRST = 20 };
#ifdef __SANITIZE_ADDRESS__
static const bool watch_rss = false; /* freed memory is kept in quarantine; leaks are the sanitizer's to find */
#else
static const bool watch_rss = true;
#endif

static void usage(FILE *out) {
    fputs("usage: soak [--seconds N] [--talkers N] [--seed N]\n"
          "  --seconds  of load, pauses excepted (default 600)\n"
          "  --talkers  at any time, 1 to 64 (default 16)\n"
          "  --seed     of what they do (default: the time)\n"
          "Ends with 1 and a sentence when a counter shrinks, a frame has no end or two, or the process grows.\n",
          out);
}

static struct harness harness;
static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER; /* calls of the engine come one at a time */
static _Atomic bool resting, ending;
static _Atomic uint32_t at_rest;
static _Atomic uint64_t lives, handed_over, drained, reported, received, changed;
static _Atomic uint64_t on_the_wire, sent_back;

static uint32_t next_random(uint64_t *seed, uint32_t below) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)((*seed >> 32) % below);
}

static void pause_ms(uint32_t milliseconds) {
    struct timespec pause = {milliseconds / 1000, (long)(milliseconds % 1000) * MILLISECOND_NS};
    nanosleep(&pause, NULL);
}

static void mac_of(uint32_t talker, uint8_t mac[6]) { memcpy(mac, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(talker + 1)}, 6); }
static void ip_of(uint32_t talker, uint8_t ip[4]) { memcpy(ip, (uint8_t[]){10, 0, 0, (uint8_t)(talker + 1)}, 4); }

/* The far end: counts what arrives and sends one in eight back to a talker. */
static void *read_wire(void *argument) {
    uint64_t seed = *(uint64_t *)argument | 1;
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    while (!atomic_load(&ending)) {
        struct pollfd wire = {.fd = harness.wire, .events = POLLIN};
        if (poll(&wire, 1, 20) <= 0) continue;
        while (recv(harness.wire, frame, sizeof(frame), MSG_DONTWAIT) > 0) {
            atomic_fetch_add(&on_the_wire, 1);
            if (next_random(&seed, 8) > 0) continue;
            uint8_t to[6], from[6] = {2, 0, 0, 0, 1, 0}, ip[4];
            uint32_t talker = next_random(&seed, TALKERS_MAX);
            mac_of(talker, to), ip_of(talker, ip);
            size_t bytes = udp_frame(frame, to, from, ip, PORT, "back", 4);
            if (send(harness.wire, frame, bytes, MSG_DONTWAIT) > 0) atomic_fetch_add(&sent_back, 1);
        }
    }
    return NULL;
}

struct talker {
    pthread_t thread;
    uint32_t number, talkers, life;
    uint64_t seed;
};

static void put_pod(struct talker *talker, const char *uid, const char *path) {
    uint64_t period_ns = (uint64_t)(1 + next_random(&talker->seed, 8)) * MILLISECOND_NS;
    struct tsn_engine_stream_config streams[2];
    for (uint32_t i = 0; i < 2; i++)
        streams[i] = (struct tsn_engine_stream_config){
            .name = i == 0 ? "s0" : "s1",
            .port = "p0",
            .period_ns = period_ns,
            .deadline_ns = period_ns,
            .offset_ns = next_random(&talker->seed, (uint32_t)period_ns / 2),
            .window_ns = 20000 + next_random(&talker->seed, 200000),
            .window_period_ns = period_ns,
            .frame_bytes = 256 + next_random(&talker->seed, 1200),
            .traffic_class = (uint8_t)(7 - i),
            .late_policy = (uint8_t)next_random(&talker->seed, 3),
            .refuse_outside_windows = (uint8_t)next_random(&talker->seed, 2)};
    struct tsn_engine_pod_config pod = {
        .uid = uid, .socket = path, .owner_uid = -1, .streams = streams, .stream_count = 1 + next_random(&talker->seed, 2)};
    struct tsn_error error = {""};
    pthread_mutex_lock(&control);
    int failure = tsn_engine_put_pod(harness.engine, &pod, &error);
    pthread_mutex_unlock(&control);
    CHECK_EQUAL(failure, 0, "put_pod: %s", error.text);
}

static void remove_pod(const char *uid) {
    struct tsn_error error = {""};
    pthread_mutex_lock(&control);
    int failure = tsn_engine_remove_pod(harness.engine, uid, &error);
    pthread_mutex_unlock(&control);
    CHECK_EQUAL(failure, 0, "remove_pod: %s", error.text);
}

/* In time, too late, too far ahead, without a time; of its stream, of none, best effort; too large; nonsense. */
static void send_one(struct talker *talker, struct client *client) {
    uint64_t *seed = &talker->seed;
    uint8_t frame[TSN_SHM_SLOT_BYTES], to[6], from[6], ip[4], payload[1400] = {0};
    uint32_t other = next_random(seed, 2) ? next_random(seed, talker->talkers) : TALKERS_MAX;
    mac_of(other, to), mac_of(talker->number, from), ip_of(other, ip);
    size_t bytes = udp_frame(frame, to, from, ip, PORT, payload, next_random(seed, sizeof(payload)));
    struct tsn_transmit_descriptor descriptor = {
        .cookie = talker->life, .length = (uint32_t)bytes, .flags = TSN_TRANSMIT_REPORT_ERRORS};
    switch (next_random(seed, 16)) {
    case 0: descriptor.stream = TSN_STREAM_ANY, descriptor.traffic_class = 5; break;
    case 1: descriptor.stream = 31, descriptor.traffic_class = 7; break;
    case 2: descriptor.length = 3; break;
    case 3: descriptor.stream = 1, descriptor.traffic_class = 6; break;
    case 4: case 5: case 6: case 7: case 8: descriptor.stream = 0, descriptor.traffic_class = 7; break;
    default: descriptor.stream = TSN_STREAM_ANY, descriptor.traffic_class = 0; break;
    }
    if (next_random(seed, 2)) {
        descriptor.time_base = TSN_TIME_TAI;
        descriptor.time_ns = (uint64_t)(tai_now_ns() + ((int64_t)next_random(seed, 40) - 4) * MILLISECOND_NS);
        if (next_random(seed, 64) == 0) descriptor.time_ns += (uint64_t)3600 * SECOND_NS;
        if (next_random(seed, 4) == 0) descriptor.flags |= TSN_TRANSMIT_DEADLINE;
    }
    client_try_send(client, 0, &descriptor, frame, bytes);
}

static void take_in(struct client *client) {
    struct tsn_receive_descriptor descriptor;
    struct tsn_error_record record;
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    struct tsn_shm_channel *channel = &client->region->channel[0];
    while (atomic_load(&channel->receive_producer.value) != client->receive_consumer[0] &&
           client_receive(client, 0, 0, &descriptor, frame) > 0)
        atomic_fetch_add(&received, 1);
    while (atomic_load(&channel->error_producer.value) != client->error_consumer[0] &&
           client_error(client, 0, 0, &record)) {
        CHECK(record.outcome < TSN_OUTCOME_COUNT, "a report with outcome %u", record.outcome);
        atomic_fetch_add(&reported, 1);
    }
}

static bool empty(const struct client *client) {
    return atomic_load(&client->region->channel[0].transmit_consumer.value) == client->producer[0];
}

/* From the pod's coming to its going. */
static void live(struct talker *talker) {
    char uid[24], path[108];
    snprintf(uid, sizeof(uid), "talker-%u-%u", talker->number, talker->life);
    harness_socket(&harness, uid, path);
    put_pod(talker, uid, path);
    if (next_random(&talker->seed, 16) == 0) { /* nobody attaches */
        remove_pod(uid);
        return;
    }
    struct client client;
    CHECK_EQUAL(client_attach(&client, path), 0, "attach of %s", uid);
    uint8_t ip[4], mac[6];
    ip_of(talker->number, ip), mac_of(talker->number, mac);
    CHECK_EQUAL(client_bind_udp4(&client, 0, ip, PORT, mac), 0, "bind of %s", uid);
    int64_t until_ns = tai_now_ns() + (int64_t)next_random(&talker->seed, LIFE_MS) * MILLISECOND_NS;
    while (tai_now_ns() < until_ns) {
        for (uint32_t left = next_random(&talker->seed, BURST); left > 0; left--) send_one(talker, &client);
        take_in(&client);
        if (next_random(&talker->seed, 256) == 0) {
            put_pod(talker, uid, path);
            atomic_fetch_add(&changed, 1);
        }
        pause_ms(next_random(&talker->seed, 4));
    }
    uint32_t handed = client.producer[0];
    switch (next_random(&talker->seed, 4)) {
    case 0: /* goes while frames are on their way */
        remove_pod(uid);
        client_detach(&client);
        break;
    case 1: /* dies */
        client_detach(&client);
        remove_pod(uid);
        break;
    case 2: /* breaks its ring */
        atomic_fetch_add(&client.region->channel[0].transmit_producer.value, 2 * TSN_SHM_RING_ENTRIES);
        client_detach(&client);
        remove_pod(uid);
        break;
    default: /* leaves an empty ring */
        for (int i = 0; i < SETTLE_MS && !empty(&client); i++) pause_ms(1);
        CHECK(empty(&client), "the ring of %s is not served", uid);
        atomic_fetch_add(&drained, handed);
        client_detach(&client);
        remove_pod(uid);
        break;
    }
    atomic_fetch_add(&handed_over, handed);
}

static void *talk(void *argument) {
    struct talker *talker = argument;
    while (!atomic_load(&ending)) {
        if (atomic_load(&resting)) {
            atomic_fetch_add(&at_rest, 1);
            while (atomic_load(&resting)) pause_ms(5);
            atomic_fetch_sub(&at_rest, 1);
        } else {
            live(talker);
            talker->life++;
            atomic_fetch_add(&lives, 1);
        }
    }
    return NULL;
}

static uint64_t ended_frames(void) {
    uint64_t sum = 0;
    for (int o = 0; o < TSN_OUTCOME_COUNT; o++) sum += harness_count(&harness, o);
    return sum;
}

/* While frames flow: every one taken has ended at most once and waits in a buffer otherwise; counters only grow. */
static void watch(void) {
    static uint64_t before[TSN_OUTCOME_COUNT], offered_before;
    uint64_t ended_first = ended_frames(), offered = harness_count(&harness, HARNESS_OFFERED), ended_then = ended_frames();
    CHECK(ended_first <= offered, "%llu frames ended, %llu were taken", (unsigned long long)ended_first,
          (unsigned long long)offered);
    CHECK(offered <= ended_then + FRAME_BUFFERS, "%llu frames are under way, there are %u buffers",
          (unsigned long long)(offered - ended_then), FRAME_BUFFERS);
    CHECK(offered >= offered_before, "the count of frames taken shrank");
    offered_before = offered;
    for (int o = 0; o < TSN_OUTCOME_COUNT; o++) {
        uint64_t now = harness_count(&harness, o);
        CHECK(now >= before[o], "%s shrank", tsn_outcome_name((enum tsn_outcome)o));
        before[o] = now;
    }
}

static void change_gates(uint64_t *seed) {
    struct tsn_gate_entry entries[3] = {{TSN_SET_GATE_STATES, 0xff, 200000 + next_random(seed, 400000)},
                                        {TSN_SET_GATE_STATES, 0x80, 100000 + next_random(seed, 100000)},
                                        {TSN_SET_GATE_STATES, 0x41, 100000 + next_random(seed, 100000)}};
    struct tsn_gate_list list = {.base_time_ns = tai_now_ns(), .entry_count = 3, .entries = entries};
    struct tsn_error error = {""};
    pthread_mutex_lock(&control);
    int failure = tsn_engine_set_gates(harness.engine, "p0", &list, &error);
    pthread_mutex_unlock(&control);
    CHECK_EQUAL(failure, 0, "set_gates: %s", error.text);
}

static uint32_t entries_of(const char *folder) {
    DIR *directory = opendir(folder);
    CHECK(directory, "%s cannot be read", folder);
    uint32_t count = 0;
    while (readdir(directory)) count++;
    closedir(directory);
    return count;
}

struct size {
    uint32_t descriptors, threads;
    long rss_kib, heap_kib;
};

static struct size size_now(void) {
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm && fscanf(statm, "%*s %ld", &pages) == 1, "no /proc/self/statm");
    fclose(statm);
    return (struct size){entries_of("/proc/self/fd"), entries_of("/proc/self/task"), pages * (sysconf(_SC_PAGESIZE) / 1024),
                         (long)((mallinfo2().uordblks + mallinfo2().hblkhd) / 1024)};
}

static bool settled(void) {
    const struct tsn_engine_port_stats *port = harness_port(&harness);
    uint64_t sent = harness_count(&harness, TSN_SENT) + harness_count(&harness, TSN_SENT_LATE);
    return harness_count(&harness, HARNESS_OFFERED) == ended_frames() &&
           sent == atomic_load(&on_the_wire) + tsn_read(&port->received_local) && tsn_read(&port->processes) == 0;
}

static void open_and_close_a_port(void) {
    struct tsn_error error = {""};
    harness_open_port(&harness, "p1", "null", "none", 1);
    CHECK_EQUAL(tsn_engine_close_port(harness.engine, "p1", &error), 0, "%s", error.text);
}

/* Nobody talks: every frame has its one end, every frame that was sent is at its receiver, and the process is small. */
static struct size rest(uint32_t talkers, struct size idle) {
    atomic_store(&resting, true);
    for (int i = 0; i < SETTLE_MS && (atomic_load(&at_rest) < talkers || !settled()); i++) pause_ms(1);
    const struct tsn_engine_port_stats *port = harness_port(&harness);
    uint64_t offered = harness_count(&harness, HARNESS_OFFERED);
    uint64_t sent = harness_count(&harness, TSN_SENT) + harness_count(&harness, TSN_SENT_LATE);
    CHECK_EQUAL(atomic_load(&at_rest), talkers, "talkers that came to rest");
    CHECK_EQUAL(ended_frames(), offered, "frames ended and frames taken");
    CHECK_EQUAL(sent, atomic_load(&on_the_wire) + tsn_read(&port->received_local), "sent, and arrived");
    /* While nobody has bound an address the port is not read: the rest lies in the socket. */
    CHECK(tsn_read(&port->received) <= atomic_load(&sent_back), "received, and sent back");
    CHECK_EQUAL(tsn_read(&port->received) + tsn_read(&port->received_local),
                tsn_read(&port->receive_delivered) + tsn_read(&port->receive_lost) + tsn_read(&port->receive_unmatched),
                "received, and delivered, lost or unmatched");
    CHECK(offered <= atomic_load(&handed_over) && offered >= atomic_load(&drained),
          "%llu taken of %llu handed over, %llu of these for certain", (unsigned long long)offered,
          (unsigned long long)atomic_load(&handed_over), (unsigned long long)atomic_load(&drained));
    CHECK_EQUAL(tsn_read(&port->processes), 0, "processes attached");
    open_and_close_a_port();
    /* The server closes what a process left behind in its own time. */
    struct size size = size_now();
    for (int i = 0; i < SETTLE_MS && (size.descriptors > idle.descriptors || size.threads > idle.threads); i++) {
        pause_ms(1);
        size = size_now();
    }
    CHECK_EQUAL(size.descriptors, idle.descriptors, "descriptors at rest");
    CHECK_EQUAL(size.threads, idle.threads, "threads at rest");
    return size;
}

static void print_size(const char *when, struct size size) {
    printf("%-18s %ld KiB resident, %ld KiB of heap in use, %u descriptors, %u threads\n", when, size.rss_kib, size.heap_kib,
           size.descriptors, size.threads);
    fflush(stdout);
}

static void load(uint32_t seconds, uint64_t *seed) {
    atomic_store(&resting, false);
    for (uint32_t i = 0; i < seconds * (1000 / WATCH_MS); i++) {
        watch();
        if (i % 8 == 0) change_gates(seed);
        pause_ms(WATCH_MS);
    }
}

int main(int count, char **arguments) {
    static const struct option LONG[] = {
        {"seconds", 1, NULL, 's'}, {"talkers", 1, NULL, 't'}, {"seed", 1, NULL, 'r'}, {"help", 0, NULL, 'h'}, {0}};
    long seconds = 600, talkers = 16;
    uint64_t seed = (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid();
    for (int option; (option = getopt_long(count, arguments, "", LONG, NULL)) != -1;) switch (option) {
        case 's': seconds = strtol(optarg, NULL, 10); break;
        case 't': talkers = strtol(optarg, NULL, 10); break;
        case 'r': seed = strtoull(optarg, NULL, 0); break;
        case 'h': usage(stdout); return 0;
        default: usage(stderr); return 2;
        }
    if (seconds < 2 || seconds > 1000000 || talkers < 1 || talkers > TALKERS_MAX || optind < count) {
        fprintf(stderr, "soak: --seconds %ld must be 2 to 1000000, --talkers %ld 1 to %d\n", seconds, talkers, TALKERS_MAX);
        return 2;
    }
    printf("seed %llu, %ld s, %ld talkers\n", (unsigned long long)seed, seconds, talkers);
    fflush(stdout);
    seed |= 1;

    harness = harness_start(1);
    static struct talker talker[TALKERS_MAX];
    pthread_t reader;
    uint64_t reader_seed = seed;
    atomic_store(&resting, true);
    CHECK(pthread_create(&reader, NULL, read_wire, &reader_seed) == 0, "thread");
    for (uint32_t t = 0; t < (uint32_t)talkers; t++) {
        talker[t] = (struct talker){.number = t, .talkers = (uint32_t)talkers, .seed = (seed + t * 7919) | 1};
        CHECK(pthread_create(&talker[t].thread, NULL, talk, &talker[t]) == 0, "thread");
    }
    struct size idle = size_now();
    long warm_up = seconds / 10 < 1 ? 1 : seconds / 10 < 60 ? seconds / 10 : 60;
    load((uint32_t)warm_up, &seed);
    /* Memory that a port gave back is touched as a whole when the next takes it: that is done before sizes are compared. */
    for (int i = 0; i < OPENINGS_AT_FIRST; i++) open_and_close_a_port();
    struct size first = rest((uint32_t)talkers, idle), last = first;
    print_size("after warming up", first);
    for (long left = seconds - warm_up; left > 0; left -= PAUSE_EVERY_S) {
        load((uint32_t)(left < PAUSE_EVERY_S ? left : PAUSE_EVERY_S), &seed);
        last = rest((uint32_t)talkers, idle);
        CHECK(last.heap_kib <= first.heap_kib + HEAP_GROWTH_KIB, "%ld KiB of heap in use at rest, %ld at first",
              last.heap_kib, first.heap_kib);
        CHECK(!watch_rss || last.rss_kib <= first.rss_kib + RSS_GROWTH_KIB, "%ld KiB resident at rest, %ld at first",
              last.rss_kib, first.rss_kib);
    }
    print_size("at the end", last);
    atomic_store(&ending, true);
    atomic_store(&resting, false);
    for (uint32_t t = 0; t < (uint32_t)talkers; t++) pthread_join(talker[t].thread, NULL);
    pthread_join(reader, NULL);
    printf("%llu talkers came and went, %llu changes of their streams; %llu frames handed over, %llu on the wire, %llu by memory, "
           "%llu received, %llu reports read, %llu talkers cut off\n",
           (unsigned long long)lives, (unsigned long long)changed, (unsigned long long)handed_over,
           (unsigned long long)on_the_wire, (unsigned long long)tsn_read(&harness_port(&harness)->received_local),
           (unsigned long long)received, (unsigned long long)reported,
           (unsigned long long)tsn_read(&harness_port(&harness)->processes_cut_off));
    fflush(stdout);
    harness_print(&harness);
    harness_stop(&harness);
    puts("every frame had one end, no counter shrank, nothing grew");
    return 0;
}
