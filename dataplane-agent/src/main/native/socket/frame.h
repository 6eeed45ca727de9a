#ifndef TSN_FRAME_H
#define TSN_FRAME_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ethernet frames that carry one UDP datagram: pure functions of bytes. */

#define FRAME_ETHERNET_BYTES 14
#define FRAME_FCS_BYTES 4

/* An IPv4 or IPv6 address; IPv4 in the first four bytes. */
union ip_address {
    struct in_addr v4;
    struct in6_addr v6;
    uint8_t bytes[16];
};

/* Both ends of a flow and what its headers say. Ports and addresses are in network byte order. */
struct frame_flow {
    uint8_t destination_mac[6];
    uint8_t source_mac[6];
    sa_family_t family; /* AF_INET or AF_INET6 */
    union ip_address source;
    union ip_address destination;
    in_port_t source_port;
    in_port_t destination_port;
    uint8_t hop_limit;     /* IPv4: time to live */
    uint8_t traffic_class; /* DSCP and ECN */
};

/* A datagram found in a received frame. `payload` points into the frame. */
struct frame_datagram {
    sa_family_t family;
    union ip_address source;
    union ip_address destination;
    in_port_t source_port;
    in_port_t destination_port;
    uint8_t hop_limit;
    uint8_t traffic_class;
    const uint8_t *payload;
    size_t payload_size;
};

/* Bytes before the payload: 42 for IPv4, 62 for IPv6. */
size_t frame_header_bytes(sa_family_t family);

/*
 * Writes the headers before a payload that already stands at frame + frame_header_bytes(), checksums included
 * (RFC 768, 791, 8200; an IPv4 datagram is atomic: DF, identification 0, RFC 6864). `payload_size` must leave the IP
 * length within 65,535. Returns the frame's size without FCS and without padding.
 */
size_t frame_write(uint8_t *frame, const struct frame_flow *flow, size_t payload_size);

/*
 * Finds the UDP datagram of a frame, behind any 802.1Q tags. Returns 0, -EPROTONOSUPPORT when it carries none (or a
 * fragment), -EBADMSG when lengths or checksums are wrong. Reads nothing outside `size`. `checksum_pending`: the UDP
 * checksum was left to a network card that never saw the frame, so it is not looked at.
 */
int frame_read(const uint8_t *frame, size_t size, bool checksum_pending, struct frame_datagram *datagram);

/* The destination MAC of a multicast or broadcast address (RFC 1112, 2464). */
void frame_multicast_mac(sa_family_t family, const union ip_address *group, uint8_t mac[6]);

/* One's complement sum over bytes, to be folded and inverted; `sum` chains parts of even length. */
uint64_t checksum_add(uint64_t sum, const void *bytes, size_t size);
uint16_t checksum_finish(uint64_t sum);

#endif
