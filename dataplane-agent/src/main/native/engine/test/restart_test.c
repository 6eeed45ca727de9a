/* An agent that is killed and started again: the process that was attached attaches anew, and its frames go on. */
#include "harness.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_NS = 10 * MILLISECOND_NS, WINDOW_NS = 8 * MILLISECOND_NS, FRAMES = 10 };

static const uint8_t TALKER_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t LISTENER_MAC[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t LISTENER_IP[4] = {10, 0, 0, 2};

/* An engine in a process of its own, serving one pod at `path`. */
static pid_t start_agent(const char *path, int wire) {
    pid_t child = fork();
    CHECK(child >= 0, "fork");
    if (child > 0) return child;
    char device[16];
    snprintf(device, sizeof(device), "fd:%d", wire);
    struct harness harness = harness_start_on("wire", device, 0);
    struct tsn_engine_stream_config stream = {.name = "s0",
                                              .port = "p0",
                                              .period_ns = PERIOD_NS,
                                              .deadline_ns = PERIOD_NS,
                                              .window_ns = WINDOW_NS,
                                              .window_period_ns = PERIOD_NS,
                                              .frame_bytes = 512,
                                              .traffic_class = 7,
                                              .late_policy = 2};
    struct tsn_engine_pod_config pod = {
        .uid = "talker", .socket = path, .owner_uid = -1, .streams = &stream, .stream_count = 1};
    struct tsn_error error;
    CHECK_EQUAL(tsn_engine_put_pod(harness.engine, &pod, &error), 0, "%s", error.text);
    rmdir(harness.folder); /* it will be killed */
    for (;;) pause();
}

/* The agent may not be there yet, or its socket may be that of the one before. */
static struct client attach_when_there(const char *path) {
    struct client client;
    for (int i = 0; i < 10000; i++) {
        if (client_attach(&client, path) == 0) return client;
        struct timespec pause = {0, MILLISECOND_NS};
        nanosleep(&pause, NULL);
    }
    CHECK(0, "no agent at %s", path);
    return client;
}

static void frames_pass(struct client *client, int wire) {
    for (uint32_t i = 0; i < FRAMES; i++) {
        uint8_t frame[TSN_SHM_SLOT_BYTES], seen[TSN_SHM_SLOT_BYTES];
        size_t bytes = udp_frame(frame, LISTENER_MAC, TALKER_MAC, LISTENER_IP, 5000, &i, sizeof(i));
        struct tsn_transmit_descriptor descriptor = {.length = (uint32_t)bytes, .stream = 0, .traffic_class = 7};
        client_send(client, 0, &descriptor, frame, bytes);
        struct pollfd end = {.fd = wire, .events = POLLIN};
        CHECK(poll(&end, 1, 10000) == 1 && recv(wire, seen, sizeof(seen), 0) == (ssize_t)bytes, "frame %u", i);
        CHECK(memcmp(seen, frame, bytes) == 0, "frame %u as sent", i);
    }
}

int main(void) {
    char folder[] = "/tmp/tsn-restart-XXXXXX";
    CHECK(mkdtemp(folder), "folder");
    char path[108];
    snprintf(path, sizeof(path), "%s/tsn.sock", folder);
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "socket pair");
    for (int life = 0; life < 3; life++) {
        pid_t agent = start_agent(path, ends[0]);
        struct client client = attach_when_there(path);
        frames_pass(&client, ends[1]);
        kill(agent, SIGKILL);
        waitpid(agent, NULL, 0);
        char byte;
        CHECK(recv(client.connection, &byte, 1, 0) <= 0, "the process learns that its agent is gone");
        client_detach(&client);
    }
    unlink(path);
    CHECK(rmdir(folder) == 0, "nothing is left");
    printf("3 agents, %d frames each\n", FRAMES);
    return 0;
}
