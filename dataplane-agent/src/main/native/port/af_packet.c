/*
 * A kernel interface through packet(7), for machines without DPDK: sendmmsg past the qdisc, a TPACKET_V2 ring to receive
 * (version 3 hands over whole blocks after a timeout, which costs milliseconds).
 *
 * The device is the interface's name and, where its card has them, one of
 *   eth1,gates=taprio   the gates are set in the card too, and frames go to the transmit queue of their class
 *   eth1,launch=etf     frames are handed over early and held by the card until their launch time
 * Both are probed when the port is opened, which fails where the card or the kernel has not got them. Untested on hardware.
 */
#include "port/buffers.h"
#include "port/qdisc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

enum { RING_FRAMES = 1024, RING_FRAME_BYTES = 4096, RING_BLOCK_BYTES = 65536 };
enum { CLASSES = 8, ETF_DELTA_NS = 100000, ETF_LATE_NS = 20000 };
enum { RING_BYTES = RING_FRAMES * RING_FRAME_BYTES };

struct af_packet {
    struct tsn_backend base;
    struct tsn_buffers buffers;
    int transmit_socket[CLASSES]; /* one where the card has no gates, else one of each class */
    int receive_socket;
    int interface;
    bool own_qdisc;
    bool gates;
    uint64_t errors; /* frames that etf gave back */
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

static int apply(struct af_packet *self, int bytes, const uint8_t *message, const char *what, char *error, size_t size) {
    char text[128];
    snprintf(text, sizeof(text), "%s", bytes == -E2BIG ? "the list is too long for one message" : strerror(-bytes));
    int failure = bytes < 0 ? bytes : tsn_qdisc_apply(message, (size_t)bytes, text, sizeof(text));
    if (failure) snprintf(error, size, "the card of '%s' cannot be given %s: %s", self->device, what, text);
    return failure;
}

static int af_packet_set_gates(struct tsn_backend *backend, const struct tsn_gate_list *list, char *error, size_t size) {
    struct af_packet *self = self_of(backend);
    if (!self->gates) return 0;
    uint8_t *message = malloc(TSN_QDISC_MESSAGE_BYTES);
    if (!message) return -ENOMEM;
    int queues = tsn_qdisc_queues(self->interface);
    if (queues > TSN_QDISC_QUEUES_MAX) queues = TSN_QDISC_QUEUES_MAX;
    int bytes = queues <= 0 ? queues
                            : tsn_qdisc_taprio(message, TSN_QDISC_MESSAGE_BYTES, self->interface, list, (uint32_t)queues);
    int failure = apply(self, bytes, message, "gates (taprio with flags 0x2)", error, size);
    free(message);
    return failure;
}

/* Takes what was asked for from the card; all gates are open at first. */
static int open_card(struct af_packet *self, const char *asked, char *error, size_t size) {
    struct tsn_gate_entry open = {TSN_SET_GATE_STATES, 0xff, 1000000};
    struct tsn_gate_list all = {.entry_count = 1, .entries = &open};
    uint8_t message[256];
    int failure = 0;
    if (strcmp(asked, "gates=taprio") == 0) {
        self->gates = true;
        failure = af_packet_set_gates(&self->base, &all, error, size);
    } else if (strcmp(asked, "launch=etf") == 0) {
        int bytes = tsn_qdisc_etf(message, sizeof(message), self->interface, ETF_DELTA_NS);
        failure = apply(self, bytes, message, "launch times (etf with offload)", error, size);
        self->base.launch_offload = failure == 0;
    } else if (*asked) {
        failure = -EINVAL;
        snprintf(error, size, "device '%s,%s': beside the interface gates=taprio or launch=etf may be asked for", self->device,
                 asked);
    }
    self->own_qdisc = failure == 0 && *asked;
    return failure;
}

static int transmit_socket(struct af_packet *self, int priority) {
    int descriptor = bound_socket((unsigned)self->interface, 0);
    if (descriptor < 0) return descriptor;
    int one = 1;
    int bytes = 4 << 20;
    struct sock_txtime launch = {.clockid = CLOCK_TAI, .flags = SOF_TXTIME_REPORT_ERRORS};
    /* Past the discipline, unless it is the one that hands launch times to the card. Queues are chosen by priority. */
    if (self->base.launch_offload)
        setsockopt(descriptor, SOL_SOCKET, SO_TXTIME, &launch, sizeof(launch));
    else
        setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
    setsockopt(descriptor, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    return descriptor;
}

static int open_transmit(struct af_packet *self) {
    int sockets = self->gates ? CLASSES : 1;
    for (int c = 0; c < sockets; c++) {
        self->transmit_socket[c] = transmit_socket(self, self->gates ? c : 0);
        if (self->transmit_socket[c] < 0) return self->transmit_socket[c];
    }
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
    for (int c = 0; c < CLASSES; c++)
        if (self->transmit_socket[c] >= 0) close(self->transmit_socket[c]);
    if (self->own_qdisc) {
        uint8_t message[128];
        char error[128];
        int bytes = tsn_qdisc_delete(message, sizeof(message), self->interface);
        if (bytes > 0) tsn_qdisc_apply(message, (size_t)bytes, error, sizeof(error));
    }
    tsn_buffers_release(&self->buffers);
    free(self);
}

static int af_packet_open(const struct tsn_backend_config *config, struct tsn_backend **backend, char *error,
                          size_t error_bytes) {
    struct af_packet *self = calloc(1, sizeof(*self));
    if (!self) return -ENOMEM;
    const char *asked = strchr(config->device, ',');
    int length = asked ? (int)(asked - config->device) : (int)strlen(config->device);
    self->base.ops = &tsn_backend_af_packet;
    self->receive_socket = -1;
    for (int c = 0; c < CLASSES; c++) self->transmit_socket[c] = -1;
    snprintf(self->device, sizeof(self->device), "%.*s", length, config->device);
    self->interface = length < (int)sizeof(self->device) ? (int)if_nametoindex(self->device) : 0;
    error[0] = 0;
    int failure = self->interface ? 0 : -ENODEV;
    if (failure) snprintf(error, error_bytes, "there is no interface '%.*s'", length, config->device);
    if (!failure) failure = tsn_buffers_init(&self->buffers, config->buffers);
    if (!failure) failure = open_card(self, asked ? asked + 1 : "", error, error_bytes);
    if (!failure) failure = open_transmit(self);
    if (!failure) failure = open_receive(self, (unsigned)self->interface);
    if (failure) {
        if (!error[0])
            snprintf(error, error_bytes, "cannot open a packet socket on '%s': %s", self->device, strerror(-failure));
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

/* Room for a launch time beside a frame. */
union launch_control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(uint64_t))];
};

/* etf drops what is late when it comes: such a frame gets the nearest time that the card can still keep. */
static void add_launch(struct msghdr *message, union launch_control *control, int64_t lead_ns) {
    struct timespec now;
    clock_gettime(CLOCK_TAI, &now);
    uint64_t launch_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec +
                         (uint64_t)(lead_ns > ETF_LATE_NS ? lead_ns : ETF_LATE_NS);
    memset(control, 0, sizeof(*control));
    message->msg_control = control;
    message->msg_controllen = sizeof(*control);
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    *header = (struct cmsghdr){CMSG_LEN(sizeof(launch_ns)), SOL_SOCKET, SCM_TXTIME};
    memcpy(CMSG_DATA(header), &launch_ns, sizeof(launch_ns));
}

static int af_packet_transmit(struct tsn_backend *backend, const struct tsn_transmit_frame *frames, uint32_t count) {
    struct af_packet *self = self_of(backend);
    struct mmsghdr messages[TSN_BURST];
    struct iovec parts[TSN_BURST];
    union launch_control launches[TSN_BURST];
    uint8_t class = self->gates ? frames[0].traffic_class & 7u : 0;
    uint32_t ready = 0;
    /* One call for those in a row that are of the same class. */
    for (; ready < count && ready < TSN_BURST; ready++) {
        if (self->gates && (frames[ready].traffic_class & 7u) != class) break;
        parts[ready] = (struct iovec){frames[ready].buffer.data, frames[ready].length};
        messages[ready] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[ready], .msg_iovlen = 1}};
        if (self->base.launch_offload) add_launch(&messages[ready].msg_hdr, &launches[ready], frames[ready].lead_ns);
    }
    int sent = sendmmsg(self->transmit_socket[class], messages, ready, MSG_DONTWAIT);
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
    return ioctl(self->transmit_socket[0], SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

/* What etf took and gave back because it was late. */
static uint64_t af_packet_transmit_errors(struct tsn_backend *backend) {
    struct af_packet *self = self_of(backend);
    uint8_t data[64], control[256];
    for (int i = 0; self->base.launch_offload && i < (int)TSN_BURST; i++) {
        struct iovec part = {data, sizeof(data)};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
        if (recvmsg(self->transmit_socket[0], &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
        self->errors++;
    }
    return self->errors;
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
    .set_gates = af_packet_set_gates,
};
