#include "route.h"

#include "system.h"

#include <linux/if_addr.h>
#include <net/if_arp.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#define ANSWER_BYTES 16384 /* a link message with its statistics and virtual functions is the largest */

struct request {
    struct nlmsghdr header;
    uint8_t body[256];
};

static size_t address_bytes(sa_family_t family) {
    return family == AF_INET ? 4 : 16;
}

static void request_begin(struct request *request, uint16_t type, const void *body, size_t size) {
    memset(request, 0, sizeof(*request));
    request->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
    request->header.nlmsg_type = type;
    request->header.nlmsg_flags = NLM_F_REQUEST;
    request->header.nlmsg_seq = 1;
    memcpy(NLMSG_DATA(&request->header), body, size);
}

static void request_add(struct request *request, uint16_t type, const void *value, size_t size) {
    struct rtattr *attribute =
        (struct rtattr *)(void *)((uint8_t *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (uint16_t)RTA_LENGTH(size);
    memcpy(RTA_DATA(attribute), value, size);
    request->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len));
}

/* Sends one request and reads its one answer into `buffer`. Returns the message or NULL with *error set. */
static struct nlmsghdr *exchange(int netlink, const struct request *request, uint8_t *buffer, int *error) {
    ssize_t size = system_sendto(netlink, request, request->header.nlmsg_len, 0, NULL, 0);
    if (size >= 0)
        size = system_recvfrom(netlink, buffer, ANSWER_BYTES, 0);
    if (size < 0) {
        *error = (int)size;
        return NULL;
    }
    struct nlmsghdr *header = (struct nlmsghdr *)(void *)buffer;
    if (!NLMSG_OK(header, (size_t)size)) {
        *error = -EBADMSG;
        return NULL;
    }
    if (header->nlmsg_type == NLMSG_ERROR) {
        *error = ((struct nlmsgerr *)NLMSG_DATA(header))->error;
        if (*error == 0)
            *error = -EBADMSG;
        return NULL;
    }
    return header;
}

#define for_each_attribute(attribute, first, length) \
    for (struct rtattr *attribute = (first); RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length))

static void copy_address(union ip_address *to, const struct rtattr *attribute) {
    size_t size = RTA_PAYLOAD(attribute);
    memcpy(to, RTA_DATA(attribute), size < sizeof(*to) ? size : sizeof(*to));
}

/* Fills interface, source and state; the next hop is the destination itself when it is on the link. */
static int ask_route(int netlink, const struct route_question *question, uint8_t *buffer, struct route_answer *answer,
                     sa_family_t *hop_family, union ip_address *next_hop) {
    static const union ip_address any;
    struct request request;
    struct rtmsg body = {.rtm_family = (uint8_t)question->family,
                         .rtm_dst_len = (uint8_t)(8 * address_bytes(question->family)),
                         .rtm_tos = question->family == AF_INET ? question->traffic_class & 0x1c : 0};
    int error = 0;
    request_begin(&request, RTM_GETROUTE, &body, sizeof(body));
    request_add(&request, RTA_DST, &question->destination, address_bytes(question->family));
    if (memcmp(&question->source, &any, sizeof(any)) != 0)
        request_add(&request, RTA_SRC, &question->source, address_bytes(question->family));
    if (question->interface > 0)
        request_add(&request, RTA_OIF, &question->interface, sizeof(question->interface));
    struct nlmsghdr *header = exchange(netlink, &request, buffer, &error);
    if (!header)
        return error;
    struct rtmsg *route = NLMSG_DATA(header);
    long length = (long)RTM_PAYLOAD(header);
    *next_hop = question->destination;
    *hop_family = question->family;
    answer->source = question->source;
    for_each_attribute(attribute, RTM_RTA(route), length) {
        if (attribute->rta_type == RTA_OIF)
            memcpy(&answer->interface, RTA_DATA(attribute), sizeof(answer->interface));
        else if (attribute->rta_type == RTA_PREFSRC && memcmp(&question->source, &any, sizeof(any)) == 0)
            copy_address(&answer->source, attribute);
        else if (attribute->rta_type == RTA_GATEWAY)
            copy_address(next_hop, attribute);
        else if (attribute->rta_type == RTA_VIA) {
            const struct rtvia *via = RTA_DATA(attribute);
            *hop_family = via->rtvia_family;
            memcpy(next_hop, via->rtvia_addr, address_bytes(*hop_family));
        }
    }
    answer->state = ROUTE_READY;
    if (route->rtm_type == RTN_LOCAL)
        answer->state = ROUTE_LOCAL;
    else if (route->rtm_type == RTN_MULTICAST || route->rtm_type == RTN_BROADCAST ||
             (question->family == AF_INET6 && question->destination.bytes[0] == 0xff))
        frame_multicast_mac(question->family, &question->destination, answer->destination_mac);
    else
        answer->state = ROUTE_UNRESOLVED;
    return 0;
}

/* Fills MAC and MTU of the way out. */
static int ask_link(int netlink, uint8_t *buffer, struct route_answer *answer) {
    struct request request;
    struct ifinfomsg body = {.ifi_family = AF_UNSPEC, .ifi_index = answer->interface};
    int error = 0;
    request_begin(&request, RTM_GETLINK, &body, sizeof(body));
    struct nlmsghdr *header = exchange(netlink, &request, buffer, &error);
    if (!header)
        return error;
    struct ifinfomsg *link = NLMSG_DATA(header);
    long length = (long)IFLA_PAYLOAD(header);
    if (link->ifi_type != ARPHRD_ETHER) {
        answer->state = ROUTE_NO_ETHERNET;
        return 0;
    }
    if (!(link->ifi_flags & IFF_UP))
        return -ENETDOWN;
    for_each_attribute(attribute, IFLA_RTA(link), length) {
        if (attribute->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(attribute) == 6)
            memcpy(answer->source_mac, RTA_DATA(attribute), 6);
        else if (attribute->rta_type == IFLA_MTU)
            memcpy(&answer->mtu, RTA_DATA(attribute), sizeof(answer->mtu));
    }
    return 0;
}

/* Fills the destination's MAC when the kernel knows it. */
static int ask_neighbour(int netlink, sa_family_t family, const union ip_address *next_hop, uint8_t *buffer,
                         struct route_answer *answer) {
    struct request request;
    struct ndmsg body = {.ndm_family = (uint8_t)family, .ndm_ifindex = answer->interface};
    int error = 0;
    request_begin(&request, RTM_GETNEIGH, &body, sizeof(body));
    request_add(&request, NDA_DST, next_hop, address_bytes(family));
    struct nlmsghdr *header = exchange(netlink, &request, buffer, &error);
    if (!header)
        return error == -ENOENT ? 0 : error;
    struct ndmsg *neighbour = NLMSG_DATA(header);
    if (neighbour->ndm_state & NUD_FAILED)
        return 0;
    if (!(neighbour->ndm_state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)))
        return 0;
    struct rtattr *first = (struct rtattr *)(void *)((uint8_t *)neighbour + NLMSG_ALIGN(sizeof(*neighbour)));
    long length = (long)header->nlmsg_len - (long)NLMSG_LENGTH(sizeof(*neighbour));
    for_each_attribute(attribute, first, length) {
        if (attribute->rta_type == NDA_LLADDR && RTA_PAYLOAD(attribute) == 6) {
            memcpy(answer->destination_mac, RTA_DATA(attribute), 6);
            answer->state = ROUTE_READY;
            answer->stale = neighbour->ndm_state == NUD_STALE;
        }
    }
    return 0;
}

int route_ask(const struct route_question *question, struct route_answer *answer) {
    uint8_t buffer[ANSWER_BYTES] __attribute__((aligned(8)));
    union ip_address next_hop;
    sa_family_t hop_family = question->family;
    memset(answer, 0, sizeof(*answer));
    int netlink = system_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0)
        return netlink;
    int error = ask_route(netlink, question, buffer, answer, &hop_family, &next_hop);
    if (error == 0 && answer->state != ROUTE_LOCAL)
        error = ask_link(netlink, buffer, answer);
    if (error == 0 && answer->state == ROUTE_UNRESOLVED)
        error = ask_neighbour(netlink, hop_family, &next_hop, buffer, answer);
    system_close(netlink);
    return error;
}

int route_link(int interface, struct route_answer *answer) {
    uint8_t buffer[ANSWER_BYTES] __attribute__((aligned(8)));
    memset(answer, 0, sizeof(*answer));
    int netlink = system_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0) {
        return netlink;
    }
    answer->interface = interface;
    answer->state = ROUTE_READY;
    int error = ask_link(netlink, buffer, answer);
    system_close(netlink);
    return error;
}

/* One message of the dump. */
static bool own_mac(struct nlmsghdr *header, uint8_t mac[6]) {
    struct ifinfomsg *link = NLMSG_DATA(header);
    long length = (long)IFLA_PAYLOAD(header);
    for_each_attribute(attribute, IFLA_RTA(link), length) {
        if (attribute->rta_type == IFLA_ADDRESS && RTA_PAYLOAD(attribute) == 6) {
            memcpy(mac, RTA_DATA(attribute), 6);
            return link->ifi_type == ARPHRD_ETHER && (link->ifi_flags & IFF_UP);
        }
    }
    return false;
}

int route_own_macs(uint8_t (*macs)[6], size_t capacity) {
    uint8_t buffer[ANSWER_BYTES * 2] __attribute__((aligned(8)));
    struct request request;
    struct ifinfomsg body = {.ifi_family = AF_UNSPEC};
    size_t count = 0;
    int netlink = system_socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0) {
        return netlink;
    }
    request_begin(&request, RTM_GETLINK, &body, sizeof(body));
    request.header.nlmsg_flags |= NLM_F_DUMP;
    ssize_t size = system_sendto(netlink, &request, request.header.nlmsg_len, 0, NULL, 0);
    for (bool more = size > 0; more;) {
        size = system_recvfrom(netlink, buffer, sizeof(buffer), 0);
        if (size <= 0) {
            break;
        }
        size_t left = (size_t)size;
        for (struct nlmsghdr *header = (struct nlmsghdr *)(void *)buffer; NLMSG_OK(header, left);
             header = NLMSG_NEXT(header, left)) {
            more &= header->nlmsg_type == RTM_NEWLINK;
            if (header->nlmsg_type == RTM_NEWLINK && count < capacity && own_mac(header, macs[count])) {
                count++;
            }
        }
    }
    system_close(netlink);
    return size < 0 ? (int)size : (int)count;
}

void route_verify(const struct route_question *question) {
    struct sockaddr_storage to = {.ss_family = question->family};
    socklen_t length;
    if (question->family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&to;
        v4->sin_addr = question->destination.v4;
        v4->sin_port = htons(9);
        length = sizeof(*v4);
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to;
        v6->sin6_addr = question->destination.v6;
        v6->sin6_port = htons(9);
        v6->sin6_scope_id = (uint32_t)question->interface;
        length = sizeof(*v6);
    }
    int probe = system_socket(question->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return;
    (void)system_sendto(probe, NULL, 0, MSG_NOSIGNAL, (struct sockaddr *)&to, length);
    system_close(probe);
}
