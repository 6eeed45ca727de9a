/* Options of timed sockets: what the program set, what the kernel says, what is only pretended. */
#include "socket/next.h"
#include "socket/system.h"
#include "socket/timed.h"

#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>

static bool has_stream_of_class(int traffic_class) {
    struct tsn_client *client = timed_client();
    timed_attach();
    for (unsigned i = 0; client->attached && i < client->stream_count; i++) {
        if (client->stream[i].traffic_class == traffic_class) {
            return true;
        }
    }
    return false;
}

/* Same checks as the kernel's sock_setsockopt, which has the last word where it allows the option. */
static int set_txtime(int fd, const void *value, socklen_t length) {
    struct sock_txtime txtime;
    struct timed_socket *socket = timed_track(fd);
    int error = system_setsockopt(fd, SOL_SOCKET, SO_TXTIME, value, length);
    if (!socket || length != sizeof(txtime)) {
        return error;
    }
    memcpy(&txtime, value, sizeof(txtime));
    if (txtime.flags & ~(uint32_t)SOF_TXTIME_FLAGS_MASK) {
        return -EINVAL;
    }
    timed_attach();
    bool pretended = false;
    if (error == -EPERM || error == -ENOPROTOOPT) {
        /* Clocks other than MONOTONIC need CAP_NET_ADMIN in the kernel. The agent has its own admission. */
        bool usable = txtime.clockid == CLOCK_TAI || txtime.clockid == CLOCK_REALTIME || txtime.clockid == CLOCK_MONOTONIC;
        if (!usable || !timed_client()->attached || timed_client()->stream_count == 0) {
            return error;
        }
        pretended = true;
        error = 0;
    }
    if (error == 0) {
        socket->txtime = true;
        socket->txtime_pretended = pretended;
        socket->txtime_value = txtime;
        timed_bound(fd);
    }
    return error;
}

static int set_priority(int fd, const void *value, socklen_t length) {
    int priority;
    int error = system_setsockopt(fd, SOL_SOCKET, SO_PRIORITY, value, length);
    if (length < sizeof(priority) || (error != 0 && error != -EPERM)) {
        return error;
    }
    memcpy(&priority, value, sizeof(priority));
    struct timed_socket *socket = timed_find(fd);
    bool timed = priority >= 0 && priority <= 7 && has_stream_of_class(priority);
    if (error == -EPERM && !timed) { /* 7 and more need CAP_NET_ADMIN in the kernel */
        return error;
    }
    if (!socket && (priority > 0 || timed)) {
        socket = timed_track(fd);
    }
    if (!socket) {
        return error;
    }
    socket->priority = priority;
    socket->priority_set = true;
    socket->priority_pretended = error == -EPERM;
    if (timed) {
        timed_bound(fd);
    }
    return 0;
}

int timed_setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    if (level == SOL_SOCKET && name == SO_TXTIME) {
        return set_txtime(fd, value, length);
    }
    if (level == SOL_SOCKET && name == SO_PRIORITY) {
        return set_priority(fd, value, length);
    }
    struct timed_socket *socket = timed_find(fd);
    int error = system_setsockopt(fd, level, name, value, length);
    if (error == 0 && level == IPPROTO_IP && name == IP_MULTICAST_IF && length >= sizeof(struct ip_mreqn)) {
        /* getsockopt gives the address alone: an interface chosen by its index must be remembered. */
        struct ip_mreqn multicast;
        memcpy(&multicast, value, sizeof(multicast));
        socket = timed_track(fd);
        if (socket) {
            socket->multicast_interface = multicast.imr_ifindex;
        }
    }
    if (socket) {
        socket->options.valid = false;
        socket->route.asked_ns = 0;
    }
    return error;
}

int timed_getsockopt(struct timed_socket *socket, int level, int name, void *value, socklen_t *length) {
    const void *answer = NULL;
    socklen_t size = 0;
    if (level == SOL_SOCKET && name == SO_TXTIME && socket->txtime_pretended) {
        answer = &socket->txtime_value;
        size = sizeof(socket->txtime_value);
    } else if (level == SOL_SOCKET && name == SO_PRIORITY && socket->priority_pretended) {
        answer = &socket->priority;
        size = sizeof(socket->priority);
    }
    if (!answer) {
        return TIMED_USE_KERNEL;
    }
    if (*length < size) {
        size = *length;
    }
    memcpy(value, answer, size);
    *length = size;
    return 0;
}

static int read_int(int fd, int level, int name) {
    int value = 0;
    socklen_t length = sizeof(value);
    return system_getsockopt(fd, level, name, &value, &length) == 0 ? value : 0;
}

static int bound_interface(int fd, const struct timed_socket *socket, const struct timed_options *options) {
    if (socket->family == AF_PACKET) {
        struct sockaddr_ll local;
        memcpy(&local, &options->local, sizeof(local));
        return local.sll_ifindex;
    }
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif
    int index = read_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX);
    if (index == 0 && socket->family == AF_INET) {
        uint32_t unicast = (uint32_t)read_int(fd, IPPROTO_IP, 50 /* IP_UNICAST_IF, network byte order */);
        index = (int)ntohl(unicast);
    }
    return index;
}

const struct timed_options *timed_options(struct timed_socket *socket, int fd) {
    struct timed_options *options = &socket->options;
    if (options->valid) {
        return options;
    }
    memset(options, 0, sizeof(*options));
    options->local_length = sizeof(options->local);
    options->peer_length = sizeof(options->peer);
    system_getsockname(fd, (struct sockaddr *)&options->local, &options->local_length);
    options->connected = system_getpeername(fd, (struct sockaddr *)&options->peer, &options->peer_length) == 0;
    options->interface = bound_interface(fd, socket, options);
    options->broadcast = read_int(fd, SOL_SOCKET, SO_BROADCAST) != 0;
    options->timestamp_ns = read_int(fd, SOL_SOCKET, SO_TIMESTAMPNS) != 0;
    options->timestamp = read_int(fd, SOL_SOCKET, SO_TIMESTAMP) != 0;
    if (socket->family == AF_INET6) {
        options->v6_only = read_int(fd, IPPROTO_IPV6, IPV6_V6ONLY) != 0;
        options->hop_limit = (uint8_t)read_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
        options->multicast_hop_limit = (uint8_t)read_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS);
        options->multicast_interface = read_int(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF);
        options->traffic_class = (uint8_t)read_int(fd, IPPROTO_IPV6, IPV6_TCLASS);
        options->packet_info = read_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) != 0;
    } else if (socket->family == AF_INET) {
        options->hop_limit = (uint8_t)read_int(fd, IPPROTO_IP, IP_TTL);
        options->multicast_hop_limit = (uint8_t)read_int(fd, IPPROTO_IP, IP_MULTICAST_TTL);
        options->traffic_class = (uint8_t)read_int(fd, IPPROTO_IP, IP_TOS);
        options->packet_info = read_int(fd, IPPROTO_IP, IP_PKTINFO) != 0;
        options->multicast_interface = socket->multicast_interface;
        options->multicast_source.s_addr = (in_addr_t)read_int(fd, IPPROTO_IP, IP_MULTICAST_IF);
    }
    options->valid = true;
    return options;
}

/* TSN_RECEIVE: UDP ports that receive through the agent, separated by commas, or "all". */
static bool receive_wanted(uint16_t port) {
    const char *list = getenv("TSN_RECEIVE");
    while (list && *list) {
        char *end;
        if (strncmp(list, "all", 3) == 0) {
            return true;
        }
        unsigned long wanted = strtoul(list, &end, 10);
        if (end != list && wanted == port) {
            return true;
        }
        list = strchr(list, ',');
        list = list ? list + 1 : NULL;
    }
    return false;
}

/* The port of a local address in host order, or the EtherType of a packet socket; 0: not bound. */
static uint16_t local_port(const struct sockaddr_storage *local) {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_ll packet;
    switch (local->ss_family) {
    case AF_INET:
        memcpy(&v4, local, sizeof(v4));
        return ntohs(v4.sin_port);
    case AF_INET6:
        memcpy(&v6, local, sizeof(v6));
        return ntohs(v6.sin6_port);
    case AF_PACKET:
        memcpy(&packet, local, sizeof(packet));
        return ntohs(packet.sll_protocol) >= 0x600 ? ntohs(packet.sll_protocol) : 0;
    default:
        return 0;
    }
}

/* An agent that does not know the pod's addresses wants to be told one: the MACs of this network namespace. */
static int ask_by_mac(const struct sockaddr *address, socklen_t length) {
    uint8_t macs[8][6];
    int count = route_own_macs(macs, 8), bound = 0, error = -EADDRNOTAVAIL;
    for (int i = 0; i < count; i++) {
        int answer = client_bind(timed_client(), address, length, macs[i]);
        bound += answer == 0;
        error = answer != 0 ? answer : error;
    }
    return bound > 0 ? 0 : error;
}

static int ask(const struct sockaddr *address, socklen_t length, bool wanted) {
    if (!wanted) {
        return client_unbind(timed_client(), address, length);
    }
    int error = client_bind(timed_client(), address, length, NULL);
    return error == -EADDRNOTAVAIL ? ask_by_mac(address, length) : error;
}

int timed_ask_for_frames(struct timed_socket *socket, bool wanted) {
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6;
    memcpy(&v6, &socket->bound, sizeof(v6));
    if (socket->family != AF_INET6 || (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) &&
                                       (!IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr) || socket->options.v6_only))) {
        return ask((struct sockaddr *)&socket->bound, socket->bound_length, wanted);
    }
    /* An IPv6 socket that takes IPv4 too. */
    v4.sin_port = v6.sin6_port;
    memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
    int error = ask((struct sockaddr *)&v4, sizeof(v4), wanted);
    if (error == 0 && IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) {
        error = ask((struct sockaddr *)&v6, sizeof(v6), wanted);
    }
    return error;
}

void timed_bound(int fd) {
    struct timed_socket *socket = timed_find(fd);
    struct sockaddr_storage local;
    socklen_t length = sizeof(local);
    memset(&local, 0, sizeof(local));
    if (system_getsockname(fd, (struct sockaddr *)&local, &length) != 0) {
        return;
    }
    uint16_t port = local_port(&local);
    bool timed = socket && (socket->txtime || socket->priority_set);
    if (socket) {
        socket->options.valid = false;
    }
    if (port == 0 || (socket && socket->receives) || (!timed && !receive_wanted(port))) {
        return;
    }
    socket = timed_track(fd);
    timed_attach();
    if (!socket || (!timed_client()->attached && !timed_client()->attaching && timed_client()->attachments == 0 && timed)) {
        return; /* nobody to receive from: the kernel it is; TSN_RECEIVE waits for an agent */
    }
    if (!socket->datagram) {
        socket->datagram = malloc(TIMED_DATAGRAMS * sizeof(*socket->datagram));
    }
    if (!socket->datagram) {
        return;
    }
    socket->bound = local;
    socket->bound_length = length;
    timed_options(socket, fd);
    int error = timed_ask_for_frames(socket, true);
    if (error != 0) {
        timed_say(false, "port %u is received through the kernel: %s", port, strerror(-error));
        return;
    }
    socket->receives = true;
    timed_say(false, "port %u is received through the agent", port);
}
