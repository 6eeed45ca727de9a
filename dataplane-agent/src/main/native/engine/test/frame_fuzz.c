/*
 * Fuzzes what reads a frame: the copy with its tag, as a process wrote it, and its destination, as it came from the wire.
 * Every buffer is exactly as long as it has to be, so that a byte too far is seen. First byte: the tag; the rest: the frame.
 */
#include "engine/frame.h"
#include "protocol/control.h"
#include "protocol/shm.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static uint8_t *exactly(const uint8_t *data, size_t bytes) {
    uint8_t *copy = malloc(bytes > 0 ? bytes : 1);
    if (!copy) abort();
    if (bytes > 0) memcpy(copy, data, bytes);
    return copy;
}

static void look_at(const uint8_t *frame, size_t bytes) {
    uint8_t *received = exactly(frame, bytes);
    struct tsn_destination destination;
    tsn_frame_destination(received, (uint32_t)bytes, &destination);
    bool udp = destination.kind == TSN_ADDRESS_UDP4 || destination.kind == TSN_ADDRESS_UDP6;
    if (udp && bytes < 14 + 28) abort(); /* shorter than the headers that it is said to have */
    if (bytes >= 14 && memcmp(destination.mac, frame, sizeof(destination.mac)) != 0) abort();
    free(received);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes < 1 || bytes > TSN_FRAME_MAX_BYTES) return 0;
    int32_t tag = data[0] & 1 ? TSN_VLAN_NONE : data[0] << 8 | 100;
    data++, bytes--;
    uint8_t *slot = exactly(data, bytes), *copy = malloc(bytes + 4);
    if (!copy) abort();
    int length = tsn_frame_copy_tagged(copy, slot, (uint32_t)bytes, tag);
    if (length > 0) {
        if ((size_t)length > bytes + 4 || length < 14) abort();
        bool tagged = copy[12] == 0x81 && copy[13] == 0;
        if (tagged != (tag != TSN_VLAN_NONE)) abort(); /* the agent's own tag, or none */
        look_at(copy, (size_t)length);
    }
    look_at(data, bytes);
    free(copy);
    free(slot);
    return 0;
}
