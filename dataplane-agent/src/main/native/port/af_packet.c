/*
 * A kernel interface through packet(7), for machines without DPDK: sendmmsg past the qdisc, a TPACKET_V2 ring to receive
 * (version 3 hands over whole blocks after a timeout, which costs milliseconds).
 */
#include "port/buffers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum { RING_FRAMES = 1024, RING_FRAME_BYTES = 4096, RING_BLOCK_BYTES = 65536 };
enum { RING_BYTES = RING_FRAMES * RING_FRAME_BYTES };

struct af_packet {
    struct tsn_backend base;
    struct tsn_buffers buffers;
    int transmit_socket;
    int receive_socket;
    uint8_t *ring;
    uint32_t next; /* ring frame to look at */
    uint32_t held; /* ring frames handed out by the last receive */
    char device[IFNAMSIZ];
};

static struct af_packet *self_of(struct tsn_backend *backend) { return (struct af_packet *)backend; }

static struct tpacket2_hdr *ring_frame(const struct af_packet *self, uint32_t index) {
    return (struct tpacket2_hdr *)(void *)(self->ring + (size_t)(index % RING_FRAMES) * RING_FRAME_BYTES);
}

/* A packet socket bound to the interface. Protocol 0 receives nothing. */
static int bound_socket(unsigned interface, uint16_t protocol) {
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int one = 1;
    if (protocol) setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_ifindex = (int)interface, .sll_protocol = htons(protocol)};
    if (bind(descriptor, (struct sockaddr *)&address, sizeof(address))) {
        int failure = -errno;
        close(descriptor);
        return failure;
    }
    return descriptor;
}

static int open_transmit(struct af_packet *self, unsigned interface) {
    self->transmit_socket = bound_socket(interface, 0);
    if (self->transmit_socket < 0) return self->transmit_socket;
    int one = 1;
    int bytes = 4 << 20;
    setsockopt(self->transmit_socket, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
    setsockopt(self->transmit_socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    return 0;
}

static int open_receive(struct af_packet *self, unsigned interface) {
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    self->receive_socket = descriptor;
    int version = TPACKET_V2;
    struct tpacket_req ring = {.tp_block_size = RING_BLOCK_BYTES,
                               .tp_block_nr = RING_BYTES / RING_BLOCK_BYTES,
                               .tp_frame_size = RING_FRAME_BYTES,
                               .tp_frame_nr = RING_FRAMES};
    if (setsockopt(descriptor, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
        setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
        return -errno;
    uint8_t *memory = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor, 0);
    if (memory == MAP_FAILED) return -errno;
    self->ring = memory;

    int one = 1;
    setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
    struct packet_mreq promiscuous = {.mr_ifindex = (int)interface, .mr_type = PACKET_MR_PROMISC};
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_ifindex = (int)interface, .sll_protocol = htons(ETH_P_ALL)};
    if (bind(descriptor, (struct sockaddr *)&address, sizeof(address)) ||
        setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous)))
        return -errno;
    return 0;
}

static void af_packet_close(struct tsn_backend *backend) {
    struct af_packet *self = self_of(backend);
    if (self->ring) munmap(self->ring, RING_BYTES);
    if (self->receive_socket >= 0) close(self->receive_socket);
    if (self->transmit_socket >= 0) close(self->transmit_socket);
    tsn_buffers_release(&self->buffers);
    free(self);
}

static int af_packet_open(const struct tsn_backend_config *config, struct tsn_backend **backend, char *error,
                          size_t error_bytes) {
    unsigned interface = if_nametoindex(config->device);
    if (!interface) {
        snprintf(error, error_bytes, "there is no interface '%s'", config->device);
        return -ENODEV;
    }
    struct af_packet *self = calloc(1, sizeof(*self));
    if (!self) return -ENOMEM;
    self->base.ops = &tsn_backend_af_packet;
    self->transmit_socket = self->receive_socket = -1;
    snprintf(self->device, sizeof(self->device), "%s", config->device);
    int failure = tsn_buffers_init(&self->buffers, config->buffers);
    if (!failure) failure = open_transmit(self, interface);
    if (!failure) failure = open_receive(self, interface);
    if (failure) {
        snprintf(error, error_bytes, "cannot open a packet socket on '%s': %s", config->device, strerror(-failure));
        af_packet_close(&self->base);
        return failure;
    }
    *backend = &self->base;
    return 0;
}

static struct tsn_buffer af_packet_buffer_take(struct tsn_backend *backend) {
    return tsn_buffers_take(&self_of(backend)->buffers);
}

static void af_packet_buffer_drop(struct tsn_backend *backend, struct tsn_buffer buffer) {
    tsn_buffers_drop(&self_of(backend)->buffers, buffer);
}

static int af_packet_transmit(struct tsn_backend *backend, const struct tsn_transmit_frame *frames, uint32_t count) {
    struct af_packet *self = self_of(backend);
    struct mmsghdr messages[TSN_BURST];
    struct iovec parts[TSN_BURST];
    if (count > TSN_BURST) count = TSN_BURST;
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = (struct iovec){frames[i].buffer.data, frames[i].length};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    int sent = sendmmsg(self->transmit_socket, messages, count, MSG_DONTWAIT);
    if (sent < 0) {
        /* ENETDOWN too: the frame waits for the link until its time has passed. */
        bool full = errno == EAGAIN || errno == ENOBUFS || errno == EINTR || errno == ENETDOWN || errno == ENOMEM;
        return full ? 0 : -errno;
    }
    for (int i = 0; i < sent; i++) tsn_buffers_drop(&self->buffers, frames[i].buffer);
    return sent;
}

static uint32_t af_packet_receive(struct tsn_backend *backend, struct tsn_receive_frame *frames, uint32_t room) {
    struct af_packet *self = self_of(backend);
    uint32_t count = 0;
    while (count < room) {
        struct tpacket2_hdr *header = ring_frame(self, self->next + count);
        if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) break;
        bool has_vlan = (header->tp_status & TP_STATUS_VLAN_VALID) != 0;
        frames[count++] = (struct tsn_receive_frame){
            .data = (const uint8_t *)header + header->tp_mac,
            .length = header->tp_snaplen,
            .realtime_ns = (int64_t)header->tp_sec * 1000000000 + header->tp_nsec,
            .vlan_tci = has_vlan ? header->tp_vlan_tci : 0,
            .has_vlan = has_vlan,
            .checksum_pending = (header->tp_status & TP_STATUS_CSUMNOTREADY) != 0,
        };
    }
    self->held = count;
    return count;
}

static void af_packet_receive_done(struct tsn_backend *backend) {
    struct af_packet *self = self_of(backend);
    for (; self->held > 0; self->held--)
        __atomic_store_n(&ring_frame(self, self->next++)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

static int af_packet_receive_descriptor(const struct tsn_backend *backend) {
    return ((const struct af_packet *)backend)->receive_socket;
}

static bool af_packet_link_up(struct tsn_backend *backend) {
    struct af_packet *self = self_of(backend);
    struct ifreq request = {0};
    memcpy(request.ifr_name, self->device, sizeof(request.ifr_name));
    return ioctl(self->transmit_socket, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

static uint64_t af_packet_transmit_errors(struct tsn_backend *backend) {
    (void)backend;
    return 0;
}

const struct tsn_backend_ops tsn_backend_af_packet = {
    .name = "af_packet",
    .open = af_packet_open,
    .close = af_packet_close,
    .buffer_take = af_packet_buffer_take,
    .buffer_drop = af_packet_buffer_drop,
    .transmit = af_packet_transmit,
    .receive = af_packet_receive,
    .receive_done = af_packet_receive_done,
    .receive_descriptor = af_packet_receive_descriptor,
    .link_up = af_packet_link_up,
    .transmit_errors = af_packet_transmit_errors,
};
