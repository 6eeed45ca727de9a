/*
 * The engine on a veth: frames to and from a kernel socket in another network namespace.
 *   veth_test BACKEND DEVICE    the near end of the veth is called "near"
 */
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PERIOD_NS = 10 * MILLISECOND_NS, WINDOW_NS = 8 * MILLISECOND_NS, FRAMES = 100, PORT = 5000 };

static const uint8_t ENGINE_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t KERNEL_MAC[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t ENGINE_IP[4] = {10, 9, 0, 1};
static const uint8_t KERNEL_IP[4] = {10, 9, 0, 2};

/* In the far namespace: an ordinary UDP program that sends back what it gets. */
static void echo(int ready) {
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    memcpy(&here.sin_addr, KERNEL_IP, 4);
    CHECK(bind(descriptor, (struct sockaddr *)&here, sizeof(here)) == 0, "bind: %s", strerror(errno));
    CHECK(write(ready, "r", 1) == 1, "pipe");
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    memcpy(&there.sin_addr, ENGINE_IP, 4);
    for (;;) {
        uint8_t payload[1500];
        ssize_t bytes = recv(descriptor, payload, sizeof(payload), 0);
        if (bytes >= 0) sendto(descriptor, payload, (size_t)bytes, 0, (struct sockaddr *)&there, sizeof(there));
    }
}

static void run(const char *command) { CHECK(system(command) == 0, "%s", command); }

/* A child in a namespace of its own, joined to this one by a veth. */
static pid_t start_far_end(int *ready) {
    int pipes[2];
    CHECK(pipe(pipes) == 0, "pipe");
    int go[2];
    CHECK(pipe(go) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        char byte;
        CHECK(unshare(CLONE_NEWNET) == 0, "unshare: %s", strerror(errno));
        CHECK(write(pipes[1], "u", 1) == 1 && read(go[0], &byte, 1) == 1, "pipe");
        run("ip link set lo up && ip addr add 10.9.0.2/24 dev far && ip link set far up &&"
            " ip neigh replace 10.9.0.1 lladdr 02:00:00:00:00:01 dev far nud permanent");
        echo(pipes[1]);
        _exit(0);
    }
    char byte;
    CHECK(read(pipes[0], &byte, 1) == 1, "the far end starts");
    char command[200];
    snprintf(command, sizeof(command),
             "ip link add near type veth peer name far address 02:00:00:00:00:02 netns %d && ip link set near up",
             (int)child);
    run(command);
    CHECK(write(go[1], "g", 1) == 1, "pipe");
    *ready = pipes[0];
    CHECK(read(pipes[0], &byte, 1) == 1, "the far end listens");
    return child;
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

/* A network namespace; who is not root becomes root of a user namespace. False: not permitted here. */
static bool own_network(void) {
    uid_t user = getuid();
    if (unshare(user == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET)) return false;
    if (user == 0) return true;
    char map[32];
    snprintf(map, sizeof(map), "0 %u 1", user);
    write_file("/proc/self/uid_map", map);
    return true;
}

int main(int count, char **arguments) {
    CHECK(count == 3, "usage: veth_test BACKEND DEVICE");
    if (!own_network()) {
        printf("no network namespace: %s\n", strerror(errno));
        return 77;
    }
    int ready;
    pid_t far = start_far_end(&ready);
    struct harness harness = harness_start_on(arguments[1], arguments[2], 0);
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, 512), 0, "pod");
    struct client client;
    char path[108];
    harness_socket(&harness, "talker", path);
    CHECK_EQUAL(client_attach(&client, path), 0, "attach");
    CHECK_EQUAL(client_bind_udp4(&client, TSN_CHANNEL_ALL, ENGINE_IP, PORT, ENGINE_MAC), 0, "bind");
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    uint8_t seen[TSN_SHM_SLOT_BYTES];
    for (uint32_t i = 0; i < FRAMES; i++) {
        uint8_t payload[100] = {0};
        memcpy(payload, &i, sizeof(i));
        size_t bytes = udp_frame(frame, KERNEL_MAC, ENGINE_MAC, KERNEL_IP, PORT, payload, sizeof(payload));
        struct tsn_transmit_descriptor descriptor = {.length = (uint32_t)bytes, .stream = 0, .traffic_class = 7};
        client_send(&client, 0, &descriptor, frame, bytes);
        struct tsn_receive_descriptor received;
        int got;
        do { /* neighbour discovery and the like are for nobody here */
            got = client_receive(&client, 0, 3000, &received, seen);
            CHECK(got > 0, "echo %u", i);
        } while (got != (int)bytes);
        CHECK(memcmp(seen + 42, payload, sizeof(payload)) == 0, "echo %u has the payload", i);
    }
    harness_settle(&harness, FRAMES);
    CHECK_EQUAL(tsn_read(&harness_port(&harness)->link_up), 1, "link");
    client_detach(&client);
    harness_stop(&harness);
    kill(far, SIGKILL);
    waitpid(far, NULL, 0);
    printf("%d frames went and came back\n", FRAMES);
    return 0;
}
