#include "protocol/control.h"

#include <errno.h>
#include <string.h>

static int check_header(const void *message, size_t bytes, struct tsn_control_header *header) {
    if (bytes < sizeof(*header)) {
        return -EBADMSG;
    }
    memcpy(header, message, sizeof(*header));
    if (header->magic != TSN_CONTROL_MAGIC) {
        return -EBADMSG;
    }
    return header->version == TSN_CONTROL_VERSION ? 0 : -EPROTONOSUPPORT;
}

static int check_bind(const void *message, size_t bytes, int type) {
    struct tsn_control_bind bind;
    if (bytes != sizeof(bind)) {
        return -EBADMSG;
    }
    memcpy(&bind, message, sizeof(bind));
    if (bind.channel >= TSN_SHM_MAX_CHANNELS && bind.channel != TSN_CHANNEL_ALL) {
        return -EINVAL;
    }
    switch (bind.kind) {
        case TSN_ADDRESS_UDP4:
        case TSN_ADDRESS_UDP6:
            return bind.port != 0 ? type : -EINVAL;
        case TSN_ADDRESS_ETHERTYPE:
            return bind.ethertype >= 0x0600 ? type : -EINVAL;
        default:
            return -EINVAL;
    }
}

int tsn_control_check_request(const void *message, size_t bytes) {
    struct tsn_control_header header;
    int error = check_header(message, bytes, &header);
    if (error) {
        return error;
    }
    switch (header.type) {
        case TSN_CONTROL_ATTACH: {
            struct tsn_control_attach attach;
            if (bytes != sizeof(attach)) {
                return -EBADMSG;
            }
            memcpy(&attach, message, sizeof(attach));
            return attach.shm_abi == TSN_SHM_ABI ? header.type : -EPROTONOSUPPORT;
        }
        case TSN_CONTROL_MAPPED:
            return bytes == sizeof(struct tsn_control_mapped) ? header.type : -EBADMSG;
        case TSN_CONTROL_BIND:
        case TSN_CONTROL_UNBIND:
            return check_bind(message, bytes, header.type);
        default:
            return -EBADMSG;
    }
}

static int check_streams(const void *message, size_t bytes, int type) {
    struct tsn_control_streams head;
    const size_t fixed = offsetof(struct tsn_control_streams, stream);
    if (bytes < fixed) {
        return -EBADMSG;
    }
    memcpy(&head, message, fixed);
    if (head.streams > TSN_CONTROL_MAX_STREAMS || bytes != tsn_control_streams_bytes(head.streams)) {
        return -EBADMSG;
    }
    if (head.status != 0) {
        return head.status < 0 ? type : -EINVAL;
    }
    if (head.channels == 0 || head.channels > TSN_SHM_MAX_CHANNELS ||
            head.region_bytes != tsn_shm_region_bytes(head.channels)) {
        return -EINVAL;
    }
    for (uint16_t i = 0; i < head.streams; i++) {
        struct tsn_control_stream stream;
        memcpy(&stream, (const uint8_t *)message + fixed + (size_t)i * sizeof(stream), sizeof(stream));
        if (memchr(stream.name, 0, sizeof(stream.name)) == NULL || stream.traffic_class > 7 ||
                stream.phase > TSN_PHASE_FREE || stream.channel >= head.channels || stream.period_ns == 0 ||
                stream.window_period_ns == 0) {
            return -EINVAL;
        }
    }
    return type;
}

int tsn_control_check_reply(const void *message, size_t bytes) {
    struct tsn_control_header header;
    int error = check_header(message, bytes, &header);
    if (error) {
        return error;
    }
    switch (header.type) {
        case TSN_CONTROL_ATTACHED:
        case TSN_CONTROL_STREAMS:
            return check_streams(message, bytes, header.type);
        case TSN_CONTROL_RESULT:
            return bytes == sizeof(struct tsn_control_result) ? header.type : -EBADMSG;
        default:
            return -EBADMSG;
    }
}
