/*
 * Processes that do what they can to harm the engine, beside a neighbour that behaves: the engine lives, and every frame
 * of the neighbour leaves. Hostile processes are children, so that what they do to themselves stays theirs.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_NS = 2 * MILLISECOND_NS, NEIGHBOUR_WINDOW_NS = MILLISECOND_NS, FRAMES = 100, AHEAD = 8 };
enum { HOSTILE_OFFSET_NS = 1200000, HOSTILE_WINDOW_NS = 500000, PORT = 5000 };

static const uint8_t NEIGHBOUR_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t HOSTILE_MAC[6] = {2, 0, 0, 0, 0, 6};
static const uint8_t LISTENER_MAC[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t LISTENER_IP[4] = {10, 0, 0, 2};

static uint64_t seed;

static uint64_t next_random(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Reads the wire and counts the neighbour's frames. */
struct reader {
    int wire;
    pthread_t thread;
    _Atomic uint32_t neighbour;
    _Atomic bool stop;
};

static void *read_wire(void *argument) {
    struct reader *reader = argument;
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    while (!atomic_load(&reader->stop)) {
        struct pollfd end = {.fd = reader->wire, .events = POLLIN};
        if (poll(&end, 1, 10) <= 0) continue;
        if (recv(reader->wire, frame, sizeof(frame), 0) >= 12 && memcmp(frame + 6, NEIGHBOUR_MAC, 6) == 0)
            atomic_fetch_add(&reader->neighbour, 1);
    }
    return NULL;
}

struct scene {
    struct harness harness;
    struct client neighbour;
    struct reader reader;
    char hostile_socket[108];
};

static void begin(struct scene *scene) {
    scene->harness = harness_start(0);
    CHECK_EQUAL(harness_pod(&scene->harness, "neighbour", PERIOD_NS, 0, NEIGHBOUR_WINDOW_NS, 512), 0, "pod");
    CHECK_EQUAL(harness_pod(&scene->harness, "hostile", PERIOD_NS, HOSTILE_OFFSET_NS, HOSTILE_WINDOW_NS, 512), 0, "pod");
    char path[108];
    harness_socket(&scene->harness, "neighbour", path);
    harness_socket(&scene->harness, "hostile", scene->hostile_socket);
    CHECK_EQUAL(client_attach(&scene->neighbour, path), 0, "attach");
    CHECK_EQUAL(client_bind_udp4(&scene->neighbour, 0, LISTENER_IP, 7000, NEIGHBOUR_MAC), 0, "bind: it is attached whole");
    scene->reader.wire = scene->harness.wire;
    atomic_store(&scene->reader.neighbour, 0);
    atomic_store(&scene->reader.stop, false);
    CHECK(pthread_create(&scene->reader.thread, NULL, read_wire, &scene->reader) == 0, "thread");
}

static void send_one(struct client *client, const uint8_t mac[6], uint32_t sequence) {
    uint8_t frame[TSN_SHM_SLOT_BYTES], payload[64] = {0};
    memcpy(payload, &sequence, sizeof(sequence));
    size_t bytes = udp_frame(frame, LISTENER_MAC, mac, LISTENER_IP, PORT, payload, sizeof(payload));
    struct tsn_transmit_descriptor descriptor = {.length = (uint32_t)bytes, .stream = 0, .traffic_class = 7};
    client_send(client, 0, &descriptor, frame, bytes);
}

/* The neighbour sends all its frames, and all of them leave. */
static void neighbour_works(struct scene *scene) {
    uint32_t before = atomic_load(&scene->reader.neighbour);
    for (uint32_t i = 0; i < FRAMES; i++) {
        /* A few ahead of its windows, as many as its contract lets it queue on the slowest machine. */
        while (i - (atomic_load(&scene->reader.neighbour) - before) >= AHEAD) {
            struct timespec pause = {0, MILLISECOND_NS};
            nanosleep(&pause, NULL);
        }
        send_one(&scene->neighbour, NEIGHBOUR_MAC, i);
    }
    for (int i = 0; i < 10000 && atomic_load(&scene->reader.neighbour) < before + FRAMES; i++) {
        struct timespec pause = {0, MILLISECOND_NS};
        nanosleep(&pause, NULL);
    }
    if (atomic_load(&scene->reader.neighbour) != before + FRAMES) harness_print(&scene->harness);
    CHECK_EQUAL(atomic_load(&scene->reader.neighbour), before + FRAMES, "frames of the neighbour on the wire");
}

static void end(struct scene *scene) {
    client_detach(&scene->neighbour);
    atomic_store(&scene->reader.stop, true);
    pthread_join(scene->reader.thread, NULL);
    harness_stop(&scene->harness);
}

static pid_t start_child(struct scene *scene, void (*run)(struct scene *)) {
    pid_t child = fork();
    CHECK(child >= 0, "fork");
    if (child == 0) {
        run(scene);
        _exit(0);
    }
    return child;
}

static void finish_child(pid_t child) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* Attaches again and again, as it is cut off, and writes anything anywhere. */
static void write_at_random(struct scene *scene) {
    for (;;) {
        struct client client;
        if (client_attach(&client, scene->hostile_socket)) continue;
        for (int i = 0; i < 20000; i++) {
            uint64_t where = next_random() % (client.streams.region_bytes / 8 - 1);
            /* Half of the writes go where descriptors and positions are. */
            if (i % 2) where %= 4096 * 8 / 8;
            ((volatile uint64_t *)client.region)[where] = next_random();
            if (i % 64 == 0) {
                uint64_t one = 1;
                if (write(client.wake[0], &one, sizeof(one)) < 0) break;
            }
        }
        client_detach(&client);
    }
}

static void shouldSurviveRandomWritesToTheRing(void) {
    struct scene scene;
    begin(&scene);
    pid_t child = start_child(&scene, write_at_random);
    neighbour_works(&scene);
    finish_child(child);
    CHECK(tsn_read(&harness_port(&scene.harness)->processes_cut_off) > 0, "it was cut off at least once");
    end(&scene);
}

/* Valid positions, descriptors of any kind: as many as there is room for. */
static void send_rubbish(struct scene *scene) {
    struct client client;
    if (client_attach(&client, scene->hostile_socket)) _exit(1);
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    for (;;) {
        struct tsn_transmit_descriptor descriptor;
        uint64_t *words = (uint64_t *)&descriptor;
        for (size_t i = 0; i < sizeof(descriptor) / 8; i++) words[i] = next_random();
        if (next_random() % 2) descriptor.length %= 2048;
        if (next_random() % 2) descriptor.time_base %= 4;
        if (next_random() % 2) memset(descriptor.reserved, 0, sizeof(descriptor.reserved));
        for (size_t i = 0; i < sizeof(frame); i += 8) *(uint64_t *)(void *)(frame + i) = next_random();
        client_send(&client, 0, &descriptor, frame, sizeof(frame));
    }
}

static void shouldSurviveAFloodOfRubbish(void) {
    struct scene scene;
    begin(&scene);
    pid_t child = start_child(&scene, send_rubbish);
    neighbour_works(&scene);
    finish_child(child);
    CHECK(harness_count(&scene.harness, TSN_BAD_DESCRIPTOR) > 0, "rubbish was counted");
    end(&scene);
}

static void send_for_ever(struct scene *scene) {
    struct client client;
    if (client_attach(&client, scene->hostile_socket)) _exit(1);
    for (uint32_t i = 0;; i++) send_one(&client, HOSTILE_MAC, i);
}

static void shouldNotMindProcessesThatAreKilled(void) {
    struct scene scene;
    begin(&scene);
    for (int i = 0; i < 20; i++) {
        pid_t child = start_child(&scene, send_for_ever);
        struct timespec pause = {0, (long)(next_random() % (5 * MILLISECOND_NS))};
        nanosleep(&pause, NULL);
        finish_child(child);
    }
    neighbour_works(&scene);
    for (int i = 0; i < 5000 && tsn_read(&harness_port(&scene.harness)->processes) > 1; i++) {
        struct timespec pause = {0, MILLISECOND_NS};
        nanosleep(&pause, NULL);
    }
    CHECK_EQUAL(tsn_read(&harness_port(&scene.harness)->processes), 1, "only the neighbour is attached");
    end(&scene);
}

static void shouldCutOffAnImpossiblePosition(void) {
    struct scene scene;
    begin(&scene);
    struct client client;
    CHECK_EQUAL(client_attach(&client, scene.hostile_socket), 0, "attach");
    CHECK_EQUAL(client_bind_udp4(&client, 0, LISTENER_IP, 6000, HOSTILE_MAC), 0, "it is mapped");
    tsn_shm_publish_transmit(&client.region->channel[0], TSN_SHM_RING_ENTRIES + 1);
    uint64_t one = 1;
    CHECK(write(client.wake[0], &one, sizeof(one)) == sizeof(one), "wake");
    char byte;
    CHECK(recv(client.connection, &byte, 1, 0) <= 0, "its connection ends");
    client_detach(&client);
    CHECK_EQUAL(tsn_read(&harness_port(&scene.harness)->processes_cut_off), 1, "counted");
    neighbour_works(&scene);
    end(&scene);
}

static void shouldNotLetAProcessPunchHoles(void) {
    struct scene scene;
    begin(&scene);
    struct client client;
    CHECK_EQUAL(client_attach_unmapped(&client, scene.hostile_socket), 0, "attach");
    int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    off_t bytes = (off_t)client.streams.region_bytes;
    CHECK_EQUAL(fallocate(client.memory, punch, 0, bytes), 0, "before it is sealed: %s", strerror(errno));
    CHECK(ftruncate(client.memory, 4096) < 0 && errno == EPERM, "never shrunk");
    client_say_mapped(&client);
    CHECK_EQUAL(client_bind_udp4(&client, 0, LISTENER_IP, 6000, HOSTILE_MAC), 0, "it is sealed now");
    CHECK(fallocate(client.memory, punch, 0, bytes) < 0 && errno == EPERM, "no holes by fallocate");
    CHECK(madvise(client.region, (size_t)bytes, MADV_REMOVE) < 0, "no holes by madvise");
    send_one(&client, HOSTILE_MAC, 1);
    neighbour_works(&scene);
    client_detach(&client);
    end(&scene);
}

static void shouldLetASlowReaderLoseOnlyItsOwnFrames(void) {
    struct scene scene;
    begin(&scene);
    struct client slow;
    CHECK_EQUAL(client_attach(&slow, scene.hostile_socket), 0, "attach");
    CHECK_EQUAL(client_bind_udp4(&slow, 0, LISTENER_IP, 6000, HOSTILE_MAC), 0, "bind");
    /* It asks for a doorbell each time and never looks. */
    atomic_store(&slow.region->channel[0].process_waits.value, 1);
    uint8_t frame[TSN_SHM_SLOT_BYTES], seen[TSN_SHM_SLOT_BYTES];
    const uint32_t frames = 2 * TSN_SHM_RING_ENTRIES;
    for (uint32_t i = 0; i < frames; i++) {
        size_t bytes = udp_frame(frame, HOSTILE_MAC, LISTENER_MAC, LISTENER_IP, 6000, &i, sizeof(i));
        CHECK(send(scene.harness.wire, frame, bytes, 0) == (ssize_t)bytes, "wire");
        bytes = udp_frame(frame, NEIGHBOUR_MAC, LISTENER_MAC, LISTENER_IP, 7000, &i, sizeof(i));
        CHECK(send(scene.harness.wire, frame, bytes, 0) == (ssize_t)bytes, "wire");
        struct tsn_receive_descriptor descriptor;
        CHECK_EQUAL(client_receive(&scene.neighbour, 0, 5000, &descriptor, seen), bytes, "frame %u", i);
        CHECK(memcmp(seen, frame, bytes) == 0, "frame %u as sent", i);
    }
    const struct tsn_engine_port_stats *port = harness_port(&scene.harness);
    CHECK_EQUAL(tsn_read(&port->receive_lost), frames - TSN_SHM_RING_ENTRIES, "what found no room");
    CHECK_EQUAL(atomic_load(&slow.region->channel[0].receive_lost.value), frames - TSN_SHM_RING_ENTRIES, "it can see so");
    client_detach(&slow);
    end(&scene);
}

static int open_descriptors(void) {
    int count = 0;
    for (int i = 0; i < 1024; i++) count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static void shouldThrowOutWhoTalksRubbish(void) {
    struct scene scene;
    begin(&scene);
    int before = open_descriptors();
    for (int i = 0; i < 200; i++) {
        int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, scene.hostile_socket, strlen(scene.hostile_socket) + 1);
        CHECK(connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
        uint8_t message[600];
        for (size_t b = 0; b < sizeof(message); b++) message[b] = (uint8_t)next_random();
        struct tsn_control_header header = tsn_control_header_of((enum tsn_control_type)(next_random() % 9));
        if (i % 2) memcpy(message, &header, sizeof(header));
        /* A descriptor comes along, which the engine must not keep. */
        struct iovec part = {message, 1 + next_random() % sizeof(message)};
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
        struct msghdr with_right = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&with_right);
        *cmsg = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(cmsg), &descriptor, sizeof(int));
        sendmsg(descriptor, &with_right, MSG_NOSIGNAL);
        char byte;
        CHECK(recv(descriptor, &byte, 1, 0) <= 1, "an answer or the end");
        close(descriptor);
    }
    neighbour_works(&scene);
    for (int i = 0; i < 5000 && open_descriptors() != before; i++) {
        struct timespec pause = {0, MILLISECOND_NS};
        nanosleep(&pause, NULL);
    }
    CHECK_EQUAL(open_descriptors(), before, "descriptors of the engine");
    end(&scene);
}

int main(int count, char **arguments) {
    seed = count > 1 ? strtoull(arguments[1], NULL, 0) : (uint64_t)time(NULL) * 2654435761u + (uint64_t)getpid();
    printf("seed %llu\n", (unsigned long long)seed);
    fflush(stdout);
    signal(SIGPIPE, SIG_IGN);
    RUN(shouldCutOffAnImpossiblePosition);
    RUN(shouldNotLetAProcessPunchHoles);
    RUN(shouldLetASlowReaderLoseOnlyItsOwnFrames);
    RUN(shouldThrowOutWhoTalksRubbish);
    RUN(shouldNotMindProcessesThatAreKilled);
    RUN(shouldSurviveAFloodOfRubbish);
    RUN(shouldSurviveRandomWritesToTheRing);
    return 0;
}
