/*
 * The path between two nodes, over the nodes' own network: a probe goes to a reflector and back, and counts half. The
 * clocks of the two need not agree.
 */
#include "probe/path.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { PAYLOAD_MAX = 1500 };

union payload {
    struct probe_message message;
    uint8_t bytes[PAYLOAD_MAX];
};

struct udp_path {
    struct path base;
    int socket;
    size_t payload_bytes;
    uint64_t magic;
};

/* A peer that is gone, a link that is down: the probe is lost and the next one tried. */
static int64_t exchange(struct path *path, uint64_t sequence) {
    struct udp_path *self = (struct udp_path *)path;
    union payload payload = {.bytes = {0}};
    int64_t sent_ns = path_now_ns();
    payload.message = (struct probe_message){.magic = self->magic, .sequence = sequence, .sent_ns = sent_ns};
    if (send(self->socket, &payload, self->payload_bytes, 0) < 0) return PROBE_LOST;
    for (;;) {
        int64_t left_ns = sent_ns + path->timeout_ns - path_now_ns();
        struct pollfd readable = {.fd = self->socket, .events = POLLIN};
        struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};
        if (left_ns <= 0 || ppoll(&readable, 1, &left, NULL) <= 0) return PROBE_LOST;
        ssize_t got = recv(self->socket, &payload, sizeof(payload), MSG_DONTWAIT);
        int64_t now_ns = path_now_ns();
        if (got < 0 && errno != EAGAIN && errno != EINTR) return PROBE_LOST;
        if (got >= (ssize_t)sizeof(payload.message) && payload.message.magic == self->magic &&
            payload.message.sequence == sequence)
            return (now_ns - sent_ns) / 2;
    }
}

struct path *path_open_udp(const struct options *options, char error[PROBE_ERROR_BYTES]) {
    struct udp_path *self = calloc(1, sizeof(*self));
    if (!self) return NULL;
    struct sockaddr_storage peer = options->address;
    /* The port lies at the same place in both forms of address. */
    ((struct sockaddr_in *)&peer)->sin_port = htons(options->port);
    self->base = (struct path){.exchange = exchange, .timeout_ns = options->timeout_ns};
    size_t asked = options->frame_bytes > PROBE_UDP_OVERHEAD_BYTES ? options->frame_bytes - PROBE_UDP_OVERHEAD_BYTES : 0;
    self->payload_bytes = asked > sizeof(struct probe_message) ? asked : sizeof(struct probe_message);
    self->socket = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (self->socket >= 0 && connect(self->socket, (struct sockaddr *)&peer, options->address_length) == 0 &&
        getrandom(&self->magic, sizeof(self->magic), 0) == sizeof(self->magic))
        return &self->base;
    snprintf(error, PROBE_ERROR_BYTES, "no socket to the other node: %s", strerror(errno));
    free(self);
    return NULL;
}

/* Answers are as long as what they answer: nobody is helped by them to flood a third. */
void reflect(const struct options *options, char error[PROBE_ERROR_BYTES]) {
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT, .sin6_port = htons(options->port)};
    int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int both = 0;
    if (descriptor < 0 || setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both)) ||
        bind(descriptor, (struct sockaddr *)&any, sizeof(any))) {
        snprintf(error, PROBE_ERROR_BYTES, "UDP port %u cannot be answered on: %s", options->port, strerror(errno));
        return;
    }
    /* An empty report: whoever started this knows that it answers now. */
    printf("{\"sent\":0,\"lost\":0,\"latencyNs\":[]}\n");
    fflush(stdout);
    for (;;) {
        union payload payload;
        struct sockaddr_storage from;
        socklen_t from_length = sizeof(from);
        ssize_t got = recvfrom(descriptor, &payload, sizeof(payload), 0, (struct sockaddr *)&from, &from_length);
        if (got >= (ssize_t)sizeof(payload.message))
            sendto(descriptor, &payload, (size_t)got, MSG_DONTWAIT, (struct sockaddr *)&from, from_length);
    }
}
