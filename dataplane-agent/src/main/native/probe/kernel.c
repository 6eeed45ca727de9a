/*
 * The kernel's path between two pods, as a bridge plugin builds it, in network namespaces that nobody else sees and that
 * vanish with the process:
 *   bridge: pod - veth - bridge - veth - pod
 *   vxlan:  pod - veth - bridge - vxlan - veth - vxlan - bridge - veth - pod
 */
#include "probe/path.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PODS = 2, PORT = 9466, PAYLOAD_MAX = 1500 };

struct kernel_path {
    struct path base;
    int sockets[PODS];
    size_t payload_bytes;
    uint64_t magic;
    pthread_mutex_t lock;
    pthread_cond_t came;
    uint64_t last_sequence; /* guarded by lock */
    int64_t last_latency_ns; /* guarded by lock */
};

/* A network namespace of its own for the calling thread; a descriptor of it, or -1. */
static int namespace_new(void) { return unshare(CLONE_NEWNET) ? -1 : open("/proc/thread-self/ns/net", O_RDONLY); }

/* Runs the lines with `ip -batch` in the calling thread's namespace. */
static int ip_batch(const char *lines, char error[PROBE_ERROR_BYTES]) {
    FILE *ip = popen("ip -batch - >/dev/null", "we");
    if (!ip) {
        snprintf(error, PROBE_ERROR_BYTES, "the command ip cannot be run: %s", strerror(errno));
        return -1;
    }
    fputs(lines, ip);
    int status = pclose(ip);
    if (status == 0) return 0;
    snprintf(error, PROBE_ERROR_BYTES, "ip (iproute2) could not set up the probe's network namespaces (status %d)",
             WIFEXITED(status) ? WEXITSTATUS(status) : status);
    return -1;
}

static int bridge_build(const int pods[PODS], char error[PROBE_ERROR_BYTES]) {
    char lines[512];
    if (namespace_new() < 0) return -1;
    snprintf(lines, sizeof(lines),
             "link add bridge type bridge\n"
             "link add pod0 type veth peer name eth0 netns /proc/%d/fd/%d\n"
             "link add pod1 type veth peer name eth0 netns /proc/%d/fd/%d\n"
             "link set pod0 master bridge up\nlink set pod1 master bridge up\nlink set bridge up\n",
             (int)getpid(), pods[0], (int)getpid(), pods[1]);
    return ip_batch(lines, error);
}

static int vxlan_build(const int pods[PODS], char error[PROBE_ERROR_BYTES]) {
    char lines[768];
    int nodes[PODS];
    for (int i = 0; i < PODS; i++)
        if ((nodes[i] = namespace_new()) < 0) return -1;
    for (int i = 0; i < PODS; i++) {
        if (setns(nodes[i], CLONE_NEWNET)) return -1;
        int length = 0;
        if (i == 0)
            length = snprintf(lines, sizeof(lines), "link add uplink type veth peer name uplink netns /proc/%d/fd/%d\n",
                              (int)getpid(), nodes[1]);
        snprintf(lines + length, sizeof(lines) - (size_t)length,
                 "link set uplink mtu 1600 up\naddr add 10.255.0.%d/24 dev uplink\n"
                 "link add overlay type vxlan id 1 remote 10.255.0.%d dstport 4789 dev uplink\n"
                 "link add bridge type bridge\nlink set overlay mtu 1500 master bridge up\n"
                 "link add pod%d type veth peer name eth0 netns /proc/%d/fd/%d\n"
                 "link set pod%d master bridge up\nlink set bridge up\n",
                 i + 1, 2 - i, i, (int)getpid(), pods[i], i);
        if (ip_batch(lines, error)) return -1;
    }
    return 0;
}

static struct sockaddr_in pod_address(int pod) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(PORT),
                                .sin_addr.s_addr = htonl(0x0afe0001u + (uint32_t)pod)}; /* 10.254.0.1 and .2 */
}

/* A socket keeps the namespace it was made in. */
static int pod_socket(int pod, int namespace, char error[PROBE_ERROR_BYTES]) {
    char lines[160];
    if (setns(namespace, CLONE_NEWNET)) return -1;
    snprintf(lines, sizeof(lines), "addr add 10.254.0.%d/24 dev eth0\nlink set lo up\nlink set eth0 up\n", pod + 1);
    if (ip_batch(lines, error)) return -1;
    struct sockaddr_in own = pod_address(pod), other = pod_address(1 - pod);
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&own, sizeof(own)) ||
        connect(descriptor, (struct sockaddr *)&other, sizeof(other)))
        return -1;
    return descriptor;
}

/* The receiving pod: waits in the kernel as an application does, so its wake-up is part of the latency. */
static void *receive(void *argument) {
    struct kernel_path *self = argument;
    union {
        struct probe_message message;
        uint8_t bytes[PAYLOAD_MAX];
    } payload;
    for (;;) {
        ssize_t got = recv(self->sockets[1], &payload, sizeof(payload), 0);
        int64_t now_ns = path_now_ns();
        if (got < (ssize_t)sizeof(payload.message) || payload.message.magic != self->magic) continue;
        pthread_mutex_lock(&self->lock);
        self->last_sequence = payload.message.sequence;
        self->last_latency_ns = now_ns - payload.message.sent_ns;
        pthread_cond_signal(&self->came);
        pthread_mutex_unlock(&self->lock);
    }
    return NULL;
}

static int64_t exchange(struct path *path, uint64_t sequence) {
    struct kernel_path *self = (struct kernel_path *)path;
    union {
        struct probe_message message;
        uint8_t bytes[PAYLOAD_MAX];
    } payload = {.bytes = {0}};
    payload.message = (struct probe_message){.magic = self->magic, .sequence = sequence, .sent_ns = path_now_ns()};
    if (send(self->sockets[0], &payload, self->payload_bytes, 0) < 0) return PROBE_LOST;
    int64_t until_ns = payload.message.sent_ns + path->timeout_ns, latency_ns = PROBE_LOST;
    struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
    int waited = 0;
    pthread_mutex_lock(&self->lock);
    while (self->last_sequence != sequence && waited == 0) waited = pthread_cond_timedwait(&self->came, &self->lock, &until);
    if (self->last_sequence == sequence) latency_ns = self->last_latency_ns;
    pthread_mutex_unlock(&self->lock);
    return latency_ns;
}

static int pods_connect(struct kernel_path *self, const struct options *options, char error[PROBE_ERROR_BYTES]) {
    int pods[PODS];
    for (int i = 0; i < PODS; i++)
        if ((pods[i] = namespace_new()) < 0) return -1;
    int failed = options->topology == TOPOLOGY_VXLAN ? vxlan_build(pods, error) : bridge_build(pods, error);
    for (int i = 0; i < PODS && !failed; i++) {
        self->sockets[i] = pod_socket(i, pods[i], error);
        failed = self->sockets[i] < 0;
    }
    return failed ? -1 : 0;
}

struct path *path_open_kernel(const struct options *options, char error[PROBE_ERROR_BYTES]) {
    struct kernel_path *self = calloc(1, sizeof(*self));
    if (!self) return NULL;
    self->base = (struct path){.exchange = exchange, .timeout_ns = options->timeout_ns};
    size_t asked = options->frame_bytes > PROBE_UDP_OVERHEAD_BYTES ? options->frame_bytes - PROBE_UDP_OVERHEAD_BYTES : 0;
    self->payload_bytes = asked > sizeof(struct probe_message) ? asked : sizeof(struct probe_message);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->came, &monotonic);
    pthread_t thread;
    if (getrandom(&self->magic, sizeof(self->magic), 0) == sizeof(self->magic) &&
        pods_connect(self, options, error) == 0 && pthread_create(&thread, NULL, receive, self) == 0)
        return &self->base;
    if (!error[0]) snprintf(error, PROBE_ERROR_BYTES, "no network namespaces for the probe: %s", strerror(errno));
    free(self);
    return NULL;
}
