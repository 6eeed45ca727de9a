/*
 * Ethernet frames as the engine needs them: VLAN tag, source address, destination key. Pure; every byte is untrusted.
 */
#ifndef TSN_ENGINE_FRAME_H
#define TSN_ENGINE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TSN_MAC_BYTES 6u

/* What a frame is addressed to. Multicast and broadcast of Ethernet or IP set `multicast`. */
struct tsn_destination {
    uint8_t mac[TSN_MAC_BYTES];
    bool multicast;
    uint8_t kind; /* enum tsn_address_kind of protocol/control.h */
    uint16_t port; /* UDP, host byte order */
    uint16_t ethertype;
    uint8_t ip[16]; /* the first four bytes for UDP4 */
};

/* No tag on the frame that leaves. */
#define TSN_VLAN_NONE (-1)

/*
 * Copies a frame from untrusted memory into `to` (room for length + 4 bytes), replacing its VLAN tag by `vlan_tci`, or
 * taking it off for TSN_VLAN_NONE. Each byte of `from` is read once. Returns the length in `to`, or -EINVAL: shorter than
 * a header, or a second tag below the first (a pod does not choose its VLAN).
 */
int tsn_frame_copy_tagged(uint8_t *to, const uint8_t *from, uint32_t length, int32_t vlan_tci);

/* Whom the frame is for. A frame that is not whole UDP (fragments included) counts by its ethertype. */
void tsn_frame_destination(const uint8_t *frame, uint32_t length, struct tsn_destination *destination);

/* Bytes on the wire with FCS, padded. */
static inline uint32_t tsn_frame_wire_bytes(uint32_t length) { return length < 60 ? 64 : length + 4; }

#endif
