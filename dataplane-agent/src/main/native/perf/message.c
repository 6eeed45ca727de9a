#include "message.h"

#include <endian.h>
#include <string.h>

void message_write(const struct message *message, uint8_t *bytes) {
    int64_t behind = message->send_tai_ns - message->launch_tai_ns;
    if (behind > INT32_MAX)
        behind = INT32_MAX;
    if (behind < INT32_MIN)
        behind = INT32_MIN;
    uint32_t sequence = htobe32(message->sequence);
    uint64_t launch = htobe64((uint64_t)message->launch_tai_ns);
    uint32_t send = htobe32((uint32_t)(int32_t)behind);
    bytes[0] = MESSAGE_MAGIC;
    bytes[1] = (uint8_t)((message->launch_time ? 0x80 : 0) | (message->last ? 0x40 : 0) | (message->run & 0x3f));
    memcpy(bytes + 2, &sequence, sizeof(sequence));
    memcpy(bytes + 6, &launch, sizeof(launch));
    memcpy(bytes + 14, &send, sizeof(send));
}

bool message_read(struct message *message, const uint8_t *bytes, size_t size) {
    uint32_t sequence, send;
    uint64_t launch;
    if (size < MESSAGE_SIZE || bytes[0] != MESSAGE_MAGIC)
        return false;
    memcpy(&sequence, bytes + 2, sizeof(sequence));
    memcpy(&launch, bytes + 6, sizeof(launch));
    memcpy(&send, bytes + 14, sizeof(send));
    message->launch_time = (bytes[1] & 0x80) != 0;
    message->last = (bytes[1] & 0x40) != 0;
    message->run = bytes[1] & 0x3f;
    message->sequence = be32toh(sequence);
    message->launch_tai_ns = (int64_t)be64toh(launch);
    message->send_tai_ns = message->launch_tai_ns + (int32_t)be32toh(send);
    return true;
}
