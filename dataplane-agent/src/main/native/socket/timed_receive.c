/* Receiving through the agent: from the rings to the sockets, and from a socket to the program. */
#include "core/outcome.h"
#include "socket/system.h"
#include "socket/timed.h"

#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <string.h>

static bool is_any(sa_family_t family, const union ip_address *address) {
    static const union ip_address any;
    return memcmp(address, &any, family == AF_INET ? 4 : 16) == 0;
}

static bool address_equal(sa_family_t family, const union ip_address *left, const union ip_address *right) {
    return memcmp(left, right, family == AF_INET ? 4 : 16) == 0;
}

/* An end of a socket as family, address and port; IPv4-mapped addresses become IPv4. */
struct end {
    sa_family_t family;
    union ip_address address;
    in_port_t port;
    bool both_families; /* the IPv6 any-address of a socket that also takes IPv4 */
};

static struct end end_of(const struct sockaddr_storage *storage, bool v6_only) {
    struct end end = {0};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    end.family = storage->ss_family;
    if (end.family == AF_INET) {
        memcpy(&v4, storage, sizeof(v4));
        end.address.v4 = v4.sin_addr;
        end.port = v4.sin_port;
    } else if (end.family == AF_INET6) {
        memcpy(&v6, storage, sizeof(v6));
        end.address.v6 = v6.sin6_addr;
        end.port = v6.sin6_port;
        end.both_families = !v6_only && is_any(AF_INET6, &end.address);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            end.family = AF_INET;
            memset(&end.address, 0, sizeof(end.address));
            memcpy(&end.address.v4, v6.sin6_addr.s6_addr + 12, 4);
        }
    }
    return end;
}

static bool end_matches(const struct end *end, sa_family_t family, const union ip_address *address, in_port_t port) {
    if (end->port != port || (end->family != family && !end->both_families)) {
        return false;
    }
    return is_any(end->family, &end->address) || address_equal(family, &end->address, address);
}

struct delivery {
    const uint8_t *frame;
    size_t size;
    const struct tsn_client_arrival *arrival;
    bool is_datagram;
    struct frame_datagram datagram;
    bool done; /* unicast: one socket gets it */
};

static bool delivery_is_for(const struct delivery *delivery, struct timed_socket *socket) {
    if (socket->family == AF_PACKET) {
        struct sockaddr_ll bound;
        uint16_t type;
        memcpy(&bound, &socket->bound, sizeof(bound));
        memcpy(&type, delivery->frame + 12, sizeof(type));
        return bound.sll_protocol == type;
    }
    if (!delivery->is_datagram) {
        return false;
    }
    const struct frame_datagram *datagram = &delivery->datagram;
    struct end local = end_of(&socket->bound, socket->options.v6_only);
    if (!end_matches(&local, datagram->family, &datagram->destination, datagram->destination_port)) {
        return false;
    }
    if (socket->options.valid && socket->options.connected) {
        struct end peer = end_of(&socket->options.peer, true);
        return end_matches(&peer, datagram->family, &datagram->source, datagram->source_port);
    }
    return true;
}

static void deliver(struct timed_socket *socket, void *argument) {
    struct delivery *delivery = argument;
    if (!socket->receives || delivery->done || !delivery_is_for(delivery, socket)) {
        return;
    }
    delivery->done = !(delivery->frame[0] & 1) && socket->family != AF_PACKET;
    if (socket->datagram_count == TIMED_DATAGRAMS) {
        socket->datagrams_lost++;
        return;
    }
    struct timed_datagram *slot =
            &socket->datagram[(socket->datagram_first + socket->datagram_count) % TIMED_DATAGRAMS];
    slot->arrival = *delivery->arrival;
    slot->size = (uint32_t)delivery->size;
    memcpy(slot->frame, delivery->frame, delivery->size);
    socket->datagram_count++;
    timed_event_update(socket);
}

static void report_deliver(struct timed_socket *socket, void *argument) {
    const struct tsn_client_report *report = argument;
    if (socket->number != (uint16_t)(report->cookie >> 48) || socket->generation != (uint16_t)(report->cookie >> 32)) {
        return;
    }
    if (socket->error_count == TIMED_ERRORS) { /* as a full socket buffer does: the newest is lost */
        return;
    }
    socket->error[(socket->error_first + socket->error_count) % TIMED_ERRORS] =
            (struct timed_error){report->cookie, report->outcome};
    socket->error_count++;
    timed_event_update(socket);
}

static void bind_if_due(struct timed_socket *socket, void *argument) {
    (void)argument;
    if (socket->bind_due) {
        socket->bind_due = false;
        timed_ask_for_frames(socket, true);
    }
}

void timed_collect(void) {
    uint8_t frame[TSN_SHM_SLOT_BYTES];
    struct tsn_client_arrival arrival;
    struct tsn_client_report reports[16];
    ssize_t size;
    int count;
    timed_each(bind_if_due, NULL);
    while ((count = client_reports(timed_client(), reports, 16)) > 0) {
        for (int i = 0; i < count; i++) {
            timed_each(report_deliver, &reports[i]);
        }
    }
    /* At most one ring's worth: a sender on another thread waits for the lock meanwhile. */
    for (unsigned i = 0; i < TSN_SHM_RING_ENTRIES; i++) {
        size = client_receive(timed_client(), frame, sizeof(frame), &arrival);
        if (size < FRAME_ETHERNET_BYTES) {
            if (size < 0) {
                return;
            }
            continue;
        }
        struct delivery delivery = {.frame = frame, .size = (size_t)size, .arrival = &arrival};
        delivery.is_datagram = frame_read(frame, (size_t)size, arrival.checksum_pending, &delivery.datagram) == 0;
        timed_each(deliver, &delivery);
    }
}

short timed_events(const struct timed_socket *socket) {
    return (short)((socket->datagram_count > 0 ? POLLIN | POLLRDNORM : 0) | (socket->error_count > 0 ? POLLERR : 0));
}

/* Appends control data; without room it is cut, and MSG_CTRUNC says so. */
static void control_add(struct msghdr *message, size_t *used, int level, int type, const void *data, size_t size) {
    if (!message->msg_control || *used + CMSG_SPACE(size) > message->msg_controllen) {
        message->msg_flags |= MSG_CTRUNC;
        return;
    }
    struct cmsghdr *header = (struct cmsghdr *)(void *)((uint8_t *)message->msg_control + *used);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), data, size);
    *used += CMSG_SPACE(size);
}

static size_t parts_scatter(const struct msghdr *message, const uint8_t *from, size_t size) {
    size_t copied = 0;
    for (size_t i = 0; i < message->msg_iovlen && copied < size; i++) {
        size_t part = message->msg_iov[i].iov_len < size - copied ? message->msg_iov[i].iov_len : size - copied;
        if (part > 0) {
            memcpy(message->msg_iov[i].iov_base, from + copied, part);
        }
        copied += part;
    }
    return copied;
}

static void name_set(struct msghdr *message, const void *name, size_t size) {
    if (message->msg_name) {
        memcpy(message->msg_name, name, message->msg_namelen < size ? message->msg_namelen : size);
        message->msg_namelen = (socklen_t)size;
    }
}

static void source_name_set(const struct timed_socket *socket, struct msghdr *message,
                            const struct frame_datagram *datagram) {
    if (socket->family == AF_INET) {
        struct sockaddr_in v4 = {
                .sin_family = AF_INET, .sin_port = datagram->source_port, .sin_addr = datagram->source.v4};
        name_set(message, &v4, sizeof(v4));
        return;
    }
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = datagram->source_port};
    if (datagram->family == AF_INET6) {
        v6.sin6_addr = datagram->source.v6;
    } else {
        v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
        memcpy(v6.sin6_addr.s6_addr + 12, &datagram->source.v4, 4);
    }
    name_set(message, &v6, sizeof(v6));
}

static void receive_control(const struct timed_options *options, struct msghdr *message, size_t *used,
                            const struct tsn_client_arrival *arrival, const struct frame_datagram *datagram) {
    struct timespec time = {arrival->realtime_ns / 1000000000LL, arrival->realtime_ns % 1000000000LL};
    if (options->timestamp_ns) {
        control_add(message, used, SOL_SOCKET, SCM_TIMESTAMPNS, &time, sizeof(time));
    } else if (options->timestamp) {
        struct timeval micro = {time.tv_sec, time.tv_nsec / 1000};
        control_add(message, used, SOL_SOCKET, SCM_TIMESTAMP, &micro, sizeof(micro));
    }
    if (!options->packet_info || !datagram) {
        return;
    }
    if (datagram->family == AF_INET) {
        struct in_pktinfo info = {.ipi_ifindex = options->interface,
                                  .ipi_spec_dst = datagram->destination.v4,
                                  .ipi_addr = datagram->destination.v4};
        control_add(message, used, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    } else {
        struct in6_pktinfo info = {.ipi6_addr = datagram->destination.v6,
                                   .ipi6_ifindex = (unsigned)options->interface};
        control_add(message, used, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
}

static ssize_t datagram_receive(struct timed_socket *socket, int fd, struct msghdr *message, int flags) {
    struct timed_datagram *slot = &socket->datagram[socket->datagram_first];
    struct frame_datagram datagram;
    const struct timed_options *options = timed_options(socket, fd);
    const uint8_t *payload = slot->frame;
    size_t size = slot->size, used = 0;
    bool udp = socket->family != AF_PACKET;
    message->msg_flags = 0;
    if (udp) {
        frame_read(slot->frame, slot->size, true, &datagram); /* it was read before it was queued */
        payload = datagram.payload;
        size = datagram.payload_size;
        source_name_set(socket, message, &datagram);
    } else {
        struct sockaddr_ll from = {.sll_family = AF_PACKET, .sll_halen = 6, .sll_ifindex = options->interface};
        memcpy(from.sll_addr, slot->frame + 6, 6);
        memcpy(&from.sll_protocol, slot->frame + 12, 2);
        if (socket->type == SOCK_DGRAM) {
            payload += FRAME_ETHERNET_BYTES;
            size -= FRAME_ETHERNET_BYTES;
        }
        name_set(message, &from, sizeof(from));
    }
    receive_control(options, message, &used, &slot->arrival, udp ? &datagram : NULL);
    message->msg_controllen = used;
    size_t copied = parts_scatter(message, payload, size);
    if (copied < size) {
        message->msg_flags |= MSG_TRUNC;
    }
    if (!(flags & MSG_PEEK)) {
        socket->datagram_first = (socket->datagram_first + 1) % TIMED_DATAGRAMS;
        socket->datagram_count--;
        timed_event_update(socket);
    }
    return (ssize_t)(flags & MSG_TRUNC ? size : copied);
}

/* The two codes that the kernel's etf queueing discipline knows. */
static void error_classify(uint32_t outcome, struct sock_extended_err *error) {
    switch (outcome) {
    case TSN_EARLY:
    case TSN_NO_WINDOW:
    case TSN_TOO_LARGE:
    case TSN_POLICED_SIZE:
    case TSN_POLICED_WINDOW:
    case TSN_NO_STREAM:
    case TSN_BAD_DESCRIPTOR:
        error->ee_errno = EINVAL;
        error->ee_code = SO_EE_CODE_TXTIME_INVALID_PARAM;
        break;
    default:
        error->ee_errno = ECANCELED;
        error->ee_code = SO_EE_CODE_TXTIME_MISSED;
    }
}

/* As the kernel's ip_recv_error: the frame, its destination, and a sock_extended_err with the launch time. */
static ssize_t error_receive(struct timed_socket *socket, struct msghdr *message) {
    struct {
        struct sock_extended_err error;
        struct sockaddr_storage offender;
    } extended;
    memset(&extended, 0, sizeof(extended));
    const struct timed_error *entry = &socket->error[socket->error_first];
    const struct timed_sent *frame = timed_recall(entry->cookie);
    uint64_t launch = frame ? (uint64_t)frame->launch_ns : 0;
    size_t used = 0, offender = sizeof(struct sockaddr_in);
    int level = SOL_IP, type = IP_RECVERR;
    extended.error.ee_origin = SO_EE_ORIGIN_TXTIME;
    extended.error.ee_type = (uint8_t)entry->outcome; /* the kernel leaves 0 here: more than its two codes can say */
    extended.error.ee_info = (uint32_t)launch;
    extended.error.ee_data = (uint32_t)(launch >> 32);
    error_classify(entry->outcome, &extended.error);
    if (socket->family == AF_INET6) {
        level = SOL_IPV6;
        type = IPV6_RECVERR;
        offender = sizeof(struct sockaddr_in6);
    } else if (socket->family == AF_PACKET) {
        level = SOL_PACKET;
        type = PACKET_TX_TIMESTAMP;
        offender = 0;
    }
    message->msg_flags = MSG_ERRQUEUE;
    if (message->msg_name) {
        message->msg_namelen = 0;
    }
    control_add(message, &used, level, type, &extended, sizeof(extended.error) + offender);
    message->msg_controllen = used;
    size_t size = frame ? frame->size : 0;
    size_t copied = frame ? parts_scatter(message, frame->frame, size) : 0;
    if (copied < size) {
        message->msg_flags |= MSG_TRUNC;
    }
    socket->error_first = (socket->error_first + 1) % TIMED_ERRORS;
    socket->error_count--;
    timed_event_update(socket);
    return (ssize_t)copied;
}

ssize_t timed_receive(struct timed_socket *socket, int fd, struct msghdr *message, int flags) {
    timed_collect();
    if (flags & MSG_ERRQUEUE) {
        return socket->error_count > 0 ? error_receive(socket, message) : -EAGAIN;
    }
    if (socket->datagram_count == 0 || (flags & MSG_OOB)) {
        return -EAGAIN;
    }
    return datagram_receive(socket, fd, message, flags);
}
