/*
 * Messages between an attached process and the agent, over the pod's unix socket (SOCK_SEQPACKET: one message per
 * packet, host byte order). The connection stays open: its end is the end of the attachment.
 *
 *   process                        agent
 *   ATTACH                   ->
 *                            <-    ATTACHED + descriptors: memfd, doorbell, then one wake eventfd per channel
 *   MAPPED (after mmap)      ->    the agent adds F_SEAL_FUTURE_WRITE (nobody can punch holes) and starts to poll
 *   BIND / UNBIND            ->
 *                            <-    RESULT, one per BIND or UNBIND, in order
 *                            <-    STREAMS when the pod's streams changed
 *
 * The doorbell is a socket on which the agent sends one byte when process_waits of a channel was set and a receive or
 * error record came; it is readable until drained. The agent closes the connection when a message or a ring position is
 * impossible; the process sees its end, or ECONNRESET.
 */
#ifndef TSN_PROTOCOL_CONTROL_H
#define TSN_PROTOCOL_CONTROL_H

#include "protocol/shm.h"

#include <stddef.h>
#include <stdint.h>

#define TSN_CONTROL_MAGIC UINT32_C(0x434e5354) /* "TSNC" */
#define TSN_CONTROL_VERSION 1u
#define TSN_CONTROL_MAX_STREAMS 32u
#define TSN_STREAM_NAME_BYTES 64u
#define TSN_CONTROL_MAX_DESCRIPTORS (2u + TSN_SHM_MAX_CHANNELS)

enum tsn_control_type {
    TSN_CONTROL_ATTACH = 1,
    TSN_CONTROL_ATTACHED = 2,
    TSN_CONTROL_MAPPED = 3,
    TSN_CONTROL_BIND = 4,
    TSN_CONTROL_UNBIND = 5,
    TSN_CONTROL_RESULT = 6,
    TSN_CONTROL_STREAMS = 7,
};

struct tsn_control_header {
    uint32_t magic;
    uint16_t version;
    uint16_t type; /* enum tsn_control_type */
};

struct tsn_control_attach {
    struct tsn_control_header header;
    uint32_t shm_abi; /* TSN_SHM_ABI */
    uint32_t reserved;
};

enum tsn_phase { TSN_PHASE_ASSIGNED = 0, TSN_PHASE_FIXED = 1, TSN_PHASE_FREE = 2 };

/* One stream of the pod. Windows: [offset_ns + k * window_period_ns, + window_ns), TAI. */
struct tsn_control_stream {
    char name[TSN_STREAM_NAME_BYTES]; /* ends with a zero byte */
    uint64_t period_ns;
    uint64_t deadline_ns;
    uint64_t offset_ns;
    uint64_t window_ns;
    uint64_t window_period_ns;
    uint32_t frame_bytes; /* largest frame, with FCS */
    uint8_t phase;        /* enum tsn_phase */
    uint8_t traffic_class;
    uint8_t channel; /* ring set of its port */
    uint8_t reserved;
};

/* ATTACHED and STREAMS. Its length is that of `streams` entries: tsn_control_streams_bytes. */
struct tsn_control_streams {
    struct tsn_control_header header;
    int32_t status; /* 0; or -EPROTONOSUPPORT other version, -EACCES not this pod, -EUSERS too many, -ENODEV no port,
                       -ENOMEM, -ENOSPC … no memory to share */
    uint32_t channels;
    uint64_t region_bytes;
    int64_t tai_minus_utc_ns;
    uint16_t streams;
    uint8_t best_effort_channels; /* bit i: the port of channel i passes class 0 without a stream */
    uint8_t reserved[5];
    struct tsn_control_stream stream[TSN_CONTROL_MAX_STREAMS];
};

struct tsn_control_mapped {
    struct tsn_control_header header;
};

enum tsn_address_kind {
    TSN_ADDRESS_UDP4 = 1,     /* ip[0..3], port; ip 0.0.0.0: every address */
    TSN_ADDRESS_UDP6 = 2,     /* ip, port; :: every address */
    TSN_ADDRESS_ETHERTYPE = 3 /* ethertype; mac, or all zero: every destination of the pod */
};

/*
 * Frames that the process wants on the receive ring of a channel (TSN_CHANNEL_ALL: of every channel). An address that
 * another pod of the port has bound is refused (-EADDRINUSE), and so is one that is not the pod's (-EADDRNOTAVAIL).
 * A multicast address may be bound by many.
 */
#define TSN_CHANNEL_ALL UINT8_C(0xff)
struct tsn_control_bind {
    struct tsn_control_header header;
    uint8_t kind; /* enum tsn_address_kind */
    uint8_t channel;
    uint16_t port; /* host byte order */
    uint16_t ethertype;
    uint8_t mac[6]; /* destination; all zero for UDP: any */
    uint8_t ip[16];
};

struct tsn_control_result {
    struct tsn_control_header header;
    int32_t status;
    uint32_t reserved;
};

_Static_assert(sizeof(struct tsn_control_stream) == 112, "stream");
_Static_assert(offsetof(struct tsn_control_streams, stream) == 40, "streams");
_Static_assert(sizeof(struct tsn_control_bind) == 36, "bind");

static inline size_t tsn_control_streams_bytes(uint16_t streams) {
    return offsetof(struct tsn_control_streams, stream) + (size_t)streams * sizeof(struct tsn_control_stream);
}

static inline struct tsn_control_header tsn_control_header_of(enum tsn_control_type type) {
    struct tsn_control_header header = {TSN_CONTROL_MAGIC, TSN_CONTROL_VERSION, (uint16_t)type};
    return header;
}

/*
 * Checks a message that a process sent: `bytes` are what recvmsg gave. Returns its type, or -EBADMSG (no such message,
 * or its length is another), -EPROTONOSUPPORT (other version), -EINVAL (a field out of range).
 */
int tsn_control_check_request(const void *message, size_t bytes);

/* Likewise for a message that the agent sent. */
int tsn_control_check_reply(const void *message, size_t bytes);

#endif
