#include "engine/frame.h"

#include "protocol/control.h"

#include <errno.h>
#include <string.h>

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_VLAN = 0x8100, ETHERTYPE_IPV6 = 0x86dd, ETHERTYPE_QINQ = 0x88a8 };
enum { ADDRESSES_BYTES = 12, HEADER_BYTES = 14, TAG_BYTES = 4, IP_PROTOCOL_UDP = 17, UDP_HEADER_BYTES = 8 };

static uint16_t read16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static bool is_tag(uint16_t ethertype) {
    return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ || ethertype == 0x9100;
}

int tsn_frame_copy_tagged(uint8_t *to, const uint8_t *from, uint32_t length, int32_t vlan_tci) {
    if (length < HEADER_BYTES) return -EINVAL;
    uint8_t header[HEADER_BYTES];
    memcpy(header, from, sizeof(header));
    __asm__ volatile("" ::: "memory"); /* what was copied is what is judged: the writer may change it meanwhile */

    uint32_t skip = ADDRESSES_BYTES; /* of `from`: where the inner ethertype begins */
    if (is_tag(read16(header + ADDRESSES_BYTES))) skip += TAG_BYTES;
    if (length < skip + 2) return -EINVAL;

    uint32_t at = ADDRESSES_BYTES;
    memcpy(to, header, ADDRESSES_BYTES);
    if (vlan_tci != TSN_VLAN_NONE) {
        const uint8_t tag[TAG_BYTES] = {ETHERTYPE_VLAN >> 8, ETHERTYPE_VLAN & 0xff, (uint8_t)(vlan_tci >> 8),
                                        (uint8_t)vlan_tci};
        memcpy(to + at, tag, sizeof(tag));
        at += TAG_BYTES;
    }
    memcpy(to + at, from + skip, length - skip);
    if (is_tag(read16(to + at))) return -EINVAL;
    return (int)(at + length - skip);
}

static bool udp4(const uint8_t *packet, uint32_t length, struct tsn_destination *destination) {
    if (length < 20 || packet[0] >> 4 != 4 || packet[9] != IP_PROTOCOL_UDP) return false;
    uint32_t header = (packet[0] & 0x0fu) * 4u;
    bool fragment = (read16(packet + 6) & 0x3fff) != 0;
    if (header < 20 || fragment || length < header + UDP_HEADER_BYTES) return false;
    destination->kind = TSN_ADDRESS_UDP4;
    memcpy(destination->ip, packet + 16, 4);
    destination->port = read16(packet + header + 2);
    return true;
}

static bool udp6(const uint8_t *packet, uint32_t length, struct tsn_destination *destination) {
    if (length < 40 + UDP_HEADER_BYTES || packet[0] >> 4 != 6 || packet[6] != IP_PROTOCOL_UDP) return false;
    destination->kind = TSN_ADDRESS_UDP6;
    memcpy(destination->ip, packet + 24, 16);
    destination->port = read16(packet + 42);
    return true;
}

void tsn_frame_destination(const uint8_t *frame, uint32_t length, struct tsn_destination *destination) {
    *destination = (struct tsn_destination){.kind = TSN_ADDRESS_ETHERTYPE};
    if (length < HEADER_BYTES) return;
    memcpy(destination->mac, frame, TSN_MAC_BYTES);
    destination->multicast = (frame[0] & 1) != 0;
    uint32_t at = ADDRESSES_BYTES;
    if (is_tag(read16(frame + at))) at += TAG_BYTES;
    if (length < at + 2) return;
    uint16_t ethertype = read16(frame + at);
    at += 2;
    destination->ethertype = ethertype;
    if (ethertype == ETHERTYPE_IPV4)
        udp4(frame + at, length - at, destination);
    else if (ethertype == ETHERTYPE_IPV6)
        udp6(frame + at, length - at, destination);
}
