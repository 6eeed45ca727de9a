#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <string.h>

uint64_t checksum_add(uint64_t sum, const void *bytes, size_t size) {
    const uint8_t *next = bytes;
    /* Sums of 32-bit words in 64 bits cannot overflow for any frame; order of bytes does not matter to the sum. */
    for (; size >= 4; size -= 4, next += 4) {
        uint32_t word;
        memcpy(&word, next, sizeof(word));
        sum += word;
    }
    if (size > 0) {
        uint32_t word = 0;
        memcpy(&word, next, size);
        sum += word;
    }
    return sum;
}

uint16_t checksum_finish(uint64_t sum) {
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

size_t frame_header_bytes(sa_family_t family) {
    return FRAME_ETHERNET_BYTES + (family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ip6_hdr)) +
           sizeof(struct udphdr);
}

/* Sum of the pseudo header of RFC 768 or RFC 8200 section 8.1. */
static uint64_t pseudo_header_sum(sa_family_t family, const void *source, const void *destination, size_t udp_size) {
    size_t address_size = family == AF_INET ? 4 : 16;
    uint64_t sum = checksum_add(0, source, address_size);
    sum = checksum_add(sum, destination, address_size);
    return sum + htons(IPPROTO_UDP) + htonl((uint32_t)udp_size);
}

static void ipv4_write(uint8_t *at, const struct frame_flow *flow, size_t udp_size) {
    struct iphdr header = {
        .version = 4,
        .ihl = 5,
        .tos = flow->traffic_class,
        .tot_len = htons((uint16_t)(sizeof(header) + udp_size)),
        .frag_off = htons(IP_DF),
        .ttl = flow->hop_limit,
        .protocol = IPPROTO_UDP,
        .saddr = flow->source.v4.s_addr,
        .daddr = flow->destination.v4.s_addr,
    };
    header.check = checksum_finish(checksum_add(0, &header, sizeof(header)));
    memcpy(at, &header, sizeof(header));
}

static void ipv6_write(uint8_t *at, const struct frame_flow *flow, size_t udp_size) {
    struct ip6_hdr header = {.ip6_src = flow->source.v6, .ip6_dst = flow->destination.v6};
    header.ip6_flow = htonl(6U << 28 | (uint32_t)flow->traffic_class << 20);
    header.ip6_plen = htons((uint16_t)udp_size);
    header.ip6_nxt = IPPROTO_UDP;
    header.ip6_hlim = flow->hop_limit;
    memcpy(at, &header, sizeof(header));
}

size_t frame_write(uint8_t *frame, const struct frame_flow *flow, size_t payload_size) {
    size_t header_bytes = frame_header_bytes(flow->family);
    size_t udp_size = sizeof(struct udphdr) + payload_size;
    uint16_t type = htons(flow->family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
    uint8_t *udp_at = frame + header_bytes - sizeof(struct udphdr);
    memcpy(frame, flow->destination_mac, 6);
    memcpy(frame + 6, flow->source_mac, 6);
    memcpy(frame + 12, &type, sizeof(type));
    if (flow->family == AF_INET)
        ipv4_write(frame + FRAME_ETHERNET_BYTES, flow, udp_size);
    else
        ipv6_write(frame + FRAME_ETHERNET_BYTES, flow, udp_size);
    struct udphdr udp = {
        .source = flow->source_port, .dest = flow->destination_port, .len = htons((uint16_t)udp_size)};
    uint64_t sum = pseudo_header_sum(flow->family, &flow->source, &flow->destination, udp_size);
    sum = checksum_add(sum, &udp, sizeof(udp));
    udp.check = checksum_finish(checksum_add(sum, udp_at + sizeof(udp), payload_size));
    if (udp.check == 0)
        udp.check = 0xffff; /* 0 says "no checksum" */
    memcpy(udp_at, &udp, sizeof(udp));
    return header_bytes + payload_size;
}

static int udp_read(const uint8_t *at, size_t size, bool checksum_pending, struct frame_datagram *datagram) {
    struct udphdr udp;
    if (size < sizeof(udp))
        return -EBADMSG;
    memcpy(&udp, at, sizeof(udp));
    size_t udp_size = ntohs(udp.len);
    if (udp_size < sizeof(udp) || udp_size > size)
        return -EBADMSG;
    if (udp.check == 0 && datagram->family == AF_INET6)
        return -EBADMSG;
    if (udp.check != 0 && !checksum_pending) {
        uint64_t sum =
            pseudo_header_sum(datagram->family, &datagram->source, &datagram->destination, udp_size);
        if (checksum_finish(checksum_add(sum, at, udp_size)) != 0)
            return -EBADMSG;
    }
    datagram->source_port = udp.source;
    datagram->destination_port = udp.dest;
    datagram->payload = at + sizeof(udp);
    datagram->payload_size = udp_size - sizeof(udp);
    return 0;
}

static int ipv4_read(const uint8_t *at, size_t size, bool checksum_pending, struct frame_datagram *datagram) {
    struct iphdr header;
    if (size < sizeof(header))
        return -EBADMSG;
    memcpy(&header, at, sizeof(header));
    size_t header_size = header.ihl * 4U, total = ntohs(header.tot_len);
    if (header.version != 4 || header_size < sizeof(header) || total < header_size || total > size)
        return -EBADMSG;
    if (checksum_finish(checksum_add(0, at, header_size)) != 0)
        return -EBADMSG;
    if (header.protocol != IPPROTO_UDP || (ntohs(header.frag_off) & (IP_MF | IP_OFFMASK)) != 0)
        return -EPROTONOSUPPORT;
    datagram->family = AF_INET;
    datagram->source.v4.s_addr = header.saddr;
    datagram->destination.v4.s_addr = header.daddr;
    datagram->hop_limit = header.ttl;
    datagram->traffic_class = header.tos;
    return udp_read(at + header_size, total - header_size, checksum_pending, datagram);
}

static int ipv6_read(const uint8_t *at, size_t size, bool checksum_pending, struct frame_datagram *datagram) {
    struct ip6_hdr header;
    if (size < sizeof(header))
        return -EBADMSG;
    memcpy(&header, at, sizeof(header));
    uint32_t flow = ntohl(header.ip6_flow);
    size_t payload = ntohs(header.ip6_plen);
    if (flow >> 28 != 6 || payload > size - sizeof(header))
        return -EBADMSG;
    if (header.ip6_nxt != IPPROTO_UDP)
        return -EPROTONOSUPPORT;
    datagram->family = AF_INET6;
    datagram->source.v6 = header.ip6_src;
    datagram->destination.v6 = header.ip6_dst;
    datagram->hop_limit = header.ip6_hlim;
    datagram->traffic_class = (uint8_t)(flow >> 20);
    return udp_read(at + sizeof(header), payload, checksum_pending, datagram);
}

int frame_read(const uint8_t *frame, size_t size, bool checksum_pending, struct frame_datagram *datagram) {
    size_t at = 12;
    uint16_t type;
    memset(datagram, 0, sizeof(*datagram));
    for (;; at += 4) {
        if (size < at + sizeof(type))
            return -EBADMSG;
        memcpy(&type, frame + at, sizeof(type));
        type = ntohs(type);
        if (type != ETH_P_8021Q && type != ETH_P_8021AD)
            break;
    }
    at += sizeof(type);
    if (type == ETH_P_IP)
        return ipv4_read(frame + at, size - at, checksum_pending, datagram);
    if (type == ETH_P_IPV6)
        return ipv6_read(frame + at, size - at, checksum_pending, datagram);
    return -EPROTONOSUPPORT;
}

void frame_multicast_mac(sa_family_t family, const union ip_address *group, uint8_t mac[6]) {
    const uint8_t *address = group->bytes;
    if (family == AF_INET6) {
        mac[0] = mac[1] = 0x33;
        memcpy(mac + 2, address + 12, 4);
    } else if ((address[0] & 0xf0) == 0xe0) {
        const uint8_t prefix[3] = {0x01, 0x00, 0x5e};
        memcpy(mac, prefix, sizeof(prefix));
        mac[3] = address[1] & 0x7f;
        memcpy(mac + 4, address + 2, 2);
    } else {
        memset(mac, 0xff, 6);
    }
}
