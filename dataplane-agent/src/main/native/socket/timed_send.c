/* Sending through the agent: from a message to a frame in the ring. */
#include "socket/system.h"
#include "socket/timed.h"

#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ROUTE_FRESH_NS 1000000000LL
#define ROUTE_VERIFY_NS 30000000000LL
#define PLAIN_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | MSG_CONFIRM)
#define SENT_REMEMBERED 1024

/* What a message's control data asks for. */
struct request {
    bool has_time;
    uint64_t time_ns;
    union ip_address source;
    int interface;
    int hop_limit, traffic_class; /* -1: the socket's */
};

static bool control_int(const struct cmsghdr *header, int *value) {
    if (header->cmsg_len < CMSG_LEN(sizeof(int))) {
        if (header->cmsg_len < CMSG_LEN(1)) {
            return false;
        }
        *value = *CMSG_DATA(header); /* IP_TOS may be one byte */
        return true;
    }
    memcpy(value, CMSG_DATA(header), sizeof(*value));
    return true;
}

static bool control_item(const struct timed_socket *socket, const struct cmsghdr *header, struct request *request) {
    size_t size = header->cmsg_len - CMSG_LEN(0);
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TXTIME) {
        if (!socket->txtime || size != sizeof(request->time_ns)) {
            return false; /* the kernel answers EINVAL */
        }
        memcpy(&request->time_ns, CMSG_DATA(header), sizeof(request->time_ns));
        request->has_time = true;
        return true;
    }
    if (header->cmsg_level == IPPROTO_IP && socket->family == AF_INET) {
        if (header->cmsg_type == IP_PKTINFO && size == sizeof(struct in_pktinfo)) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(header), sizeof(info));
            request->source.v4 = info.ipi_spec_dst;
            request->interface = info.ipi_ifindex;
            return true;
        }
        return (header->cmsg_type == IP_TTL && control_int(header, &request->hop_limit)) ||
               (header->cmsg_type == IP_TOS && control_int(header, &request->traffic_class));
    }
    if (header->cmsg_level == IPPROTO_IPV6 && socket->family == AF_INET6) {
        if (header->cmsg_type == IPV6_PKTINFO && size == sizeof(struct in6_pktinfo)) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(header), sizeof(info));
            request->source.v6 = info.ipi6_addr;
            request->interface = (int)info.ipi6_ifindex;
            return true;
        }
        return (header->cmsg_type == IPV6_HOPLIMIT && control_int(header, &request->hop_limit)) ||
               (header->cmsg_type == IPV6_TCLASS && control_int(header, &request->traffic_class));
    }
    return false;
}

static bool control_read(const struct timed_socket *socket, const struct msghdr *message, struct request *request) {
    struct msghdr walk = *message; /* CMSG_NXTHDR wants it writable */
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&walk); header; header = CMSG_NXTHDR(&walk, header)) {
        if (header->cmsg_len < CMSG_LEN(0) || !control_item(socket, header, request)) {
            return false;
        }
    }
    return true;
}

void timed_without_txtime(struct msghdr *copy, const struct msghdr *message, uint8_t *control, size_t size) {
    struct msghdr walk = *message;
    size_t used = 0;
    *copy = *message;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&walk); header; header = CMSG_NXTHDR(&walk, header)) {
        size_t space = CMSG_ALIGN(header->cmsg_len);
        bool txtime = header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TXTIME;
        if (!txtime && used + space <= size) {
            memcpy(control + used, header, header->cmsg_len);
            used += space;
        }
    }
    copy->msg_control = used ? control : NULL;
    copy->msg_controllen = used;
}

/* The bytes of all parts, or -1 when they are more than a frame holds. */
static ssize_t parts_gather(const struct msghdr *message, uint8_t *to, size_t room) {
    size_t size = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++) {
        size_t part = message->msg_iov[i].iov_len;
        if (part > room - size) {
            return -1;
        }
        if (part > 0) {
            memcpy(to + size, message->msg_iov[i].iov_base, part);
        }
        size += part;
    }
    return (ssize_t)size;
}

static struct timed_sent *sent; /* SENT_REMEMBERED of them, made when the first socket asks for reports */

uint64_t timed_remember(struct timed_socket *socket, const uint8_t *frame, size_t size, int64_t launch_ns) {
    uint64_t cookie =
            (uint64_t)socket->number << 48 | (uint64_t)socket->generation << 32 | socket->sequence++;
    if (!(socket->txtime_value.flags & SOF_TXTIME_REPORT_ERRORS)) {
        return cookie;
    }
    if (!sent) {
        void *memory = mmap(NULL, SENT_REMEMBERED * sizeof(*sent), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            return cookie;
        }
        sent = memory;
    }
    struct timed_sent *slot = &sent[(socket->number * 7919U + (uint32_t)cookie) % SENT_REMEMBERED];
    slot->cookie = cookie;
    slot->launch_ns = launch_ns;
    slot->size = (uint32_t)size;
    memcpy(slot->frame, frame, size);
    return cookie;
}

const struct timed_sent *timed_recall(uint64_t cookie) {
    if (!sent) {
        return NULL;
    }
    const struct timed_sent *slot = &sent[((cookie >> 48) * 7919U + (uint32_t)cookie) % SENT_REMEMBERED];
    return slot->cookie == cookie ? slot : NULL;
}

/* TSN_STREAM: the name or number of the stream that every timed socket of this process uses. */
static int stream_by_environment(void) {
    struct tsn_client *client = timed_client();
    const char *name = getenv("TSN_STREAM");
    if (!name || !*name) {
        return TSN_CLIENT_ANY_STREAM;
    }
    for (int i = 0; i < client->stream_count; i++) {
        if (strcmp(client->stream[i].name, name) == 0) {
            return i;
        }
    }
    char *end;
    long number = strtol(name, &end, 10);
    return *end == '\0' && number >= 0 && number < client->stream_count ? (int)number : TSN_CLIENT_ANY_STREAM;
}

static ssize_t frame_send(struct timed_socket *socket, const uint8_t *frame, size_t size, const struct request *request) {
    uint32_t flags = socket->txtime_value.flags;
    bool timed = socket->txtime && request->has_time;
    struct tsn_client_launch launch = {
            .stream = stream_by_environment(),
            .flags = (timed ? TSN_CLIENT_TIMED : 0U) |
                     (socket->txtime && (flags & SOF_TXTIME_REPORT_ERRORS) ? TSN_CLIENT_REPORT : 0U) |
                     (timed && (flags & SOF_TXTIME_DEADLINE_MODE) ? TSN_CLIENT_DEADLINE : 0U) |
                     (socket->priority_set ? TSN_CLIENT_CLASS : 0U),
            .traffic_class = (uint8_t)(socket->priority & 7),
            .clock = socket->txtime_value.clockid,
            .time_ns = (int64_t)request->time_ns,
            .cookie = timed_remember(socket, frame, size, (int64_t)request->time_ns),
    };
    int error = client_send(timed_client(), frame, size, &launch);
    return error == -ENOTCONN ? TIMED_USE_KERNEL : error;
}

/* Packet sockets bring their own header (SOCK_RAW) or the destination (SOCK_DGRAM). */
static ssize_t packet_send(struct timed_socket *socket, int fd, const struct msghdr *message,
                           const struct request *request) {
    uint8_t frame[TSN_CLIENT_FRAME_MAX];
    struct sockaddr_ll to = {0};
    const struct timed_options *options = timed_options(socket, fd);
    size_t header = 0;
    if (message->msg_name && message->msg_namelen >= offsetof(struct sockaddr_ll, sll_addr)) {
        memcpy(&to, message->msg_name, message->msg_namelen < sizeof(to) ? message->msg_namelen : sizeof(to));
    } else {
        memcpy(&to, &options->local, sizeof(to));
    }
    if (to.sll_ifindex == 0) {
        return TIMED_USE_KERNEL; /* ENXIO */
    }
    if (socket->type == SOCK_DGRAM) {
        if (to.sll_halen != 6) {
            return TIMED_USE_KERNEL;
        }
        if (socket->route.answer.interface != to.sll_ifindex &&
            route_link(to.sll_ifindex, &socket->route.answer) != 0) {
            return TIMED_USE_KERNEL;
        }
        memcpy(frame, to.sll_addr, 6);
        memcpy(frame + 6, socket->route.answer.source_mac, 6);
        memcpy(frame + 12, &to.sll_protocol, 2);
        header = FRAME_ETHERNET_BYTES;
    }
    ssize_t size = parts_gather(message, frame + header, sizeof(frame) - header);
    if (size < 0) {
        return -EMSGSIZE;
    }
    if (header + (size_t)size < FRAME_ETHERNET_BYTES) {
        return TIMED_USE_KERNEL;
    }
    ssize_t error = frame_send(socket, frame, header + (size_t)size, request);
    return error != 0 ? error : size;
}

/* Reads an IPv4, IPv6 or IPv4-mapped address. */
static bool address_read(const struct sockaddr_storage *from, sa_family_t *family, union ip_address *address,
                         in_port_t *port, int *scope) {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memset(address, 0, sizeof(*address));
    *scope = 0;
    if (from->ss_family == AF_INET) {
        memcpy(&v4, from, sizeof(v4));
        *family = AF_INET;
        *port = v4.sin_port;
        address->v4 = v4.sin_addr;
        return true;
    }
    if (from->ss_family != AF_INET6) {
        return false;
    }
    memcpy(&v6, from, sizeof(v6));
    *port = v6.sin6_port;
    *scope = (int)v6.sin6_scope_id;
    *family = AF_INET6;
    address->v6 = v6.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        *family = AF_INET;
        memset(address, 0, sizeof(*address));
        memcpy(&address->v4, v6.sin6_addr.s6_addr + 12, 4);
    }
    return true;
}

static bool is_multicast(sa_family_t family, const union ip_address *address) {
    return family == AF_INET ? (address->bytes[0] & 0xf0) == 0xe0 : address->bytes[0] == 0xff;
}

/*
 * Brings socket->route up to date for the question, asking the kernel outside the bracket: other threads go on sending.
 * False when the socket changed meanwhile.
 */
static bool route_refresh(struct timed_socket *socket, const struct route_question *question) {
    struct timed_route *route = &socket->route;
    int64_t now = system_clock_ns(CLOCK_MONOTONIC_COARSE);
    bool same = route->asked_ns != 0 && memcmp(&route->question, question, sizeof(*question)) == 0;
    if (same && now - route->asked_ns < ROUTE_FRESH_NS && (route->error == 0 && route->answer.state == ROUTE_READY)) {
        return true;
    }
    struct timed_route found = {.asked_ns = now, .verified_ns = same ? route->verified_ns : now, .question = *question};
    uint16_t generation = socket->generation;
    timed_unlock();
    found.error = route_ask(question, &found.answer);
    if (found.error == 0 && found.answer.stale && now - found.verified_ns > ROUTE_VERIFY_NS) {
        found.verified_ns = now;
        route_verify(question);
    }
    timed_lock();
    if (socket->generation != generation || socket->references == 0) {
        return false;
    }
    socket->route = found;
    return true;
}

static ssize_t udp_send(struct timed_socket *socket, int fd, const struct msghdr *message, const struct request *request) {
    uint8_t frame[TSN_CLIENT_FRAME_MAX];
    struct sockaddr_storage to = {0};
    struct frame_flow flow = {0};
    struct route_question question;
    const struct timed_options *options = timed_options(socket, fd);
    int scope;
    if (message->msg_name) {
        memcpy(&to, message->msg_name, message->msg_namelen < sizeof(to) ? message->msg_namelen : sizeof(to));
        if (message->msg_namelen < (to.ss_family == AF_INET6 ? 24 : sizeof(struct sockaddr_in))) {
            return TIMED_USE_KERNEL;
        }
    } else if (options->connected) {
        to = options->peer;
    }
    if (!address_read(&to, &flow.family, &flow.destination, &flow.destination_port, &scope) ||
        flow.destination_port == 0 || (to.ss_family == AF_INET6 && socket->family == AF_INET)) {
        return TIMED_USE_KERNEL; /* the kernel knows the right error */
    }
    bool multicast = is_multicast(flow.family, &flow.destination);
    memset(&question, 0, sizeof(question));
    question.family = flow.family;
    question.destination = flow.destination;
    question.interface = request->interface    ? request->interface
                         : scope               ? scope
                         : options->interface  ? options->interface
                         : multicast           ? options->multicast_interface
                                               : 0;
    flow.traffic_class = (uint8_t)(request->traffic_class >= 0 ? request->traffic_class : options->traffic_class);
    question.traffic_class = flow.traffic_class;

    struct sockaddr_storage local = options->local;
    sa_family_t local_family;
    if (!address_read(&local, &local_family, &question.source, &flow.source_port, &scope)) {
        return TIMED_USE_KERNEL;
    }
    if (flow.source_port == 0) { /* as the kernel does on the first send */
        struct sockaddr_storage any = {.ss_family = (sa_family_t)socket->family};
        int error = system_bind(fd, (struct sockaddr *)&any,
                                socket->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        if (error != 0) {
            return error;
        }
        socket->options.valid = false;
        local = timed_options(socket, fd)->local;
        address_read(&local, &local_family, &question.source, &flow.source_port, &scope);
    }
    static const union ip_address any_address;
    if (memcmp(&request->source, &any_address, sizeof(any_address)) != 0) {
        question.source = request->source;
    } else if (multicast && flow.family == AF_INET && question.source.v4.s_addr == 0) {
        question.source.v4 = options->multicast_source;
    }
    if (!route_refresh(socket, &question)) {
        return TIMED_USE_KERNEL;
    }
    const struct route_answer *answer = &socket->route.answer;
    if (socket->route.error != 0 || answer->state != ROUTE_READY) {
        timed_say(false, "descriptor %d: the kernel sends (%s)", fd,
                  socket->route.error             ? strerror(-socket->route.error)
                  : answer->state == ROUTE_LOCAL  ? "to this host"
                  : answer->state == ROUTE_UNRESOLVED ? "the neighbour's address is not known yet"
                                                      : "no Ethernet interface");
        return TIMED_USE_KERNEL;
    }
    if (!options->broadcast && !multicast && (answer->destination_mac[0] & 1)) {
        return TIMED_USE_KERNEL; /* EACCES */
    }
    size_t header = frame_header_bytes(flow.family);
    ssize_t size = parts_gather(message, frame + header, sizeof(frame) - header);
    if (size < 0 || header + (size_t)size - FRAME_ETHERNET_BYTES > answer->mtu) {
        return -EMSGSIZE; /* a timed frame is one frame: fragments are none */
    }
    memcpy(flow.destination_mac, answer->destination_mac, 6);
    memcpy(flow.source_mac, answer->source_mac, 6);
    flow.source = answer->source;
    uint8_t hop_limit = multicast ? socket->options.multicast_hop_limit : socket->options.hop_limit;
    flow.hop_limit = (uint8_t)(request->hop_limit >= 0 ? request->hop_limit : hop_limit);
    ssize_t error = frame_send(socket, frame, frame_write(frame, &flow, (size_t)size), request);
    return error != 0 ? error : size;
}

ssize_t timed_send(struct timed_socket *socket, int fd, const struct msghdr *message, int flags) {
    struct request request = {.hop_limit = -1, .traffic_class = -1};
    if ((flags & ~PLAIN_FLAGS) != 0 || !timed_is_fast(socket) || !control_read(socket, message, &request)) {
        return TIMED_USE_KERNEL;
    }
    return socket->family == AF_PACKET ? packet_send(socket, fd, message, &request)
                                       : udp_send(socket, fd, message, &request);
}
