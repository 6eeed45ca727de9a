/*
 * The memory that the agent shares with one attached process: single-producer, single-consumer rings.
 *
 * One sealed memfd per process, made by the agent: one header page, then one channel per gated port that the pod uses.
 * A channel has three rings: transmit (process to agent), receive and errors (agent to process). A ring's position is
 * also the number of its slot. Positions are free-running 32-bit counts, masked on use.
 *
 * Trust: the agent never reads back what it wrote here, copies what the process wrote before it looks at it, and takes
 * nothing from the process but the producer position of the transmit ring, descriptors, slots and the consumer
 * positions of the other two rings. Several threads of a process take turns at a ring by a lock of their own.
 */
#ifndef TSN_PROTOCOL_SHM_H
#define TSN_PROTOCOL_SHM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define TSN_SHM_MAGIC UINT32_C(0x314e5354) /* "TSN1" */
#define TSN_SHM_ABI 1u

#define TSN_SHM_PAGE_BYTES 4096u
#define TSN_SHM_RING_ENTRIES 256u /* a power of two */
#define TSN_SHM_RING_MASK (TSN_SHM_RING_ENTRIES - 1u)
#define TSN_SHM_SLOT_BYTES 2048u
#define TSN_SHM_MAX_CHANNELS 4u

/* Frames are whole Ethernet frames without FCS. */
#define TSN_FRAME_MIN_BYTES 14u
#define TSN_FRAME_MAX_BYTES 2044u

/*
 * The stream is the pod's first of that traffic class on the channel; else, for a frame of class 0 with a launch time or
 * of TSN_CLASS_ANY, the only one there; else the frame is best effort if of class 0, and refused otherwise.
 */
#define TSN_STREAM_ANY UINT16_C(0xffff)
#define TSN_CLASS_ANY UINT8_C(0xff)

enum tsn_time_base {
    TSN_TIME_NONE = 0, /* no launch time: first in, first out within the traffic class */
    TSN_TIME_TAI = 1,
    TSN_TIME_MONOTONIC = 2,
    TSN_TIME_REALTIME = 3,
};

enum tsn_transmit_flags {
    TSN_TRANSMIT_REPORT_ERRORS = 1u << 0, /* put a record on the error ring when the frame is dropped */
    TSN_TRANSMIT_DEADLINE = 1u << 1,      /* time_ns is the latest moment: send as soon as the gate allows */
};

enum tsn_receive_flags {
    TSN_RECEIVE_SAME_HOST = 1u << 0, /* came from a pod of this node, through memory */
    TSN_RECEIVE_VLAN = 1u << 1,      /* vlan_tci holds the tag that was taken off */
    TSN_RECEIVE_CHECKSUM_PENDING = 1u << 2, /* from this machine's kernel, which has not filled in the checksum */
};

/* Written by the process. Reserved bytes are zero. */
struct tsn_transmit_descriptor {
    uint64_t time_ns; /* launch time by time_base; of no meaning with TSN_TIME_NONE */
    uint64_t cookie;  /* comes back in an error record */
    uint32_t length;  /* bytes in the slot of the same position */
    uint16_t stream;  /* number in the attach reply, or TSN_STREAM_ANY */
    uint8_t traffic_class;
    uint8_t time_base; /* enum tsn_time_base */
    uint8_t flags; /* enum tsn_transmit_flags */
    uint8_t reserved[7];
};

/* Written by the agent. */
struct tsn_receive_descriptor {
    uint64_t time_ns; /* of reception, TAI */
    uint32_t length;
    uint16_t vlan_tci;
    uint8_t flags; /* enum tsn_receive_flags */
    uint8_t reserved[17];
};

/* Written by the agent. */
struct tsn_error_record {
    uint64_t cookie;
    uint64_t time_ns;   /* the descriptor's, unchanged */
    uint32_t outcome;   /* enum tsn_outcome of core/outcome.h */
    uint16_t stream;
    uint8_t reserved[10];
};

/* One side writes, the other reads: each on its own cache line. */
struct tsn_shm_position {
    _Alignas(64) _Atomic uint32_t value;
};

struct tsn_shm_channel {
    struct tsn_shm_position transmit_producer; /* process */
    struct tsn_shm_position transmit_consumer; /* agent */
    struct tsn_shm_position agent_sleeps;      /* agent: 1 = write to the channel's wake eventfd after publishing */
    struct tsn_shm_position receive_producer;  /* agent */
    struct tsn_shm_position receive_consumer;  /* process */
    struct tsn_shm_position error_producer;    /* agent */
    struct tsn_shm_position error_consumer;    /* process */
    struct tsn_shm_position process_waits;     /* process: 1 = ring the doorbell after a receive or error record */
    struct tsn_shm_position receive_lost;      /* agent: frames for this process while its receive ring was full */
    struct tsn_shm_position error_lost;        /* agent: likewise error records */

    _Alignas(TSN_SHM_PAGE_BYTES) struct tsn_transmit_descriptor transmit[TSN_SHM_RING_ENTRIES];
    struct tsn_receive_descriptor receive[TSN_SHM_RING_ENTRIES];
    struct tsn_error_record error[TSN_SHM_RING_ENTRIES];
    _Alignas(TSN_SHM_PAGE_BYTES) uint8_t transmit_slot[TSN_SHM_RING_ENTRIES][TSN_SHM_SLOT_BYTES];
    uint8_t receive_slot[TSN_SHM_RING_ENTRIES][TSN_SHM_SLOT_BYTES];
};

/* First page. For the process: the agent does not read it. */
struct tsn_shm_header {
    uint32_t magic;
    uint32_t abi;
    uint64_t region_bytes;
    uint32_t channels;
    uint32_t channel_bytes;
    uint32_t channel_offset; /* of channel 0 */
    uint32_t reserved;
    _Alignas(64) _Atomic int64_t tai_minus_utc_ns; /* as the agent reckons now */
};

struct tsn_shm_region {
    _Alignas(TSN_SHM_PAGE_BYTES) struct tsn_shm_header header;
    _Alignas(TSN_SHM_PAGE_BYTES) struct tsn_shm_channel channel[]; /* header.channels of them */
};

_Static_assert(sizeof(struct tsn_transmit_descriptor) == 32, "transmit descriptor");
_Static_assert(sizeof(struct tsn_receive_descriptor) == 32, "receive descriptor");
_Static_assert(sizeof(struct tsn_error_record) == 32, "error record");
_Static_assert(sizeof(struct tsn_shm_channel) == 4096 + 3 * 8192 + 2 * 524288, "channel");
_Static_assert(offsetof(struct tsn_shm_region, channel) == TSN_SHM_PAGE_BYTES, "region");

static inline size_t tsn_shm_region_bytes(uint32_t channels) {
    return offsetof(struct tsn_shm_region, channel) + (size_t)channels * sizeof(struct tsn_shm_channel);
}

/*
 * Entries between the two positions: 0 to TSN_SHM_RING_ENTRIES; UINT32_MAX when one of them is impossible.
 */
static inline uint32_t tsn_shm_used(uint32_t producer, uint32_t consumer) {
    uint32_t used = producer - consumer;
    return used <= TSN_SHM_RING_ENTRIES ? used : UINT32_MAX;
}

/*
 * The transmit side of a process: fill transmit_slot[p & mask] and transmit[p & mask], then publish. Returns 1 when the
 * agent must be woken by writing 8 bytes of value 1 to the channel's wake eventfd, else 0.
 */
static inline int tsn_shm_publish_transmit(struct tsn_shm_channel *channel, uint32_t next_producer) {
    /* Both in the one order of sequentially consistent operations, as the agent's store of agent_sleeps and last look. */
    atomic_store_explicit(&channel->transmit_producer.value, next_producer, memory_order_seq_cst);
    return atomic_load_explicit(&channel->agent_sleeps.value, memory_order_seq_cst) != 0;
}

/*
 * Before a process sleeps on the doorbell: says so and looks at both rings once more. Returns 1 when it may sleep; 0 when
 * something came after the positions given. Afterwards process_waits goes back to 0.
 */
static inline int tsn_shm_may_sleep(struct tsn_shm_channel *channel, uint32_t receive_consumer, uint32_t error_consumer) {
    atomic_store_explicit(&channel->process_waits.value, 1, memory_order_seq_cst);
    return atomic_load_explicit(&channel->receive_producer.value, memory_order_seq_cst) == receive_consumer &&
           atomic_load_explicit(&channel->error_producer.value, memory_order_seq_cst) == error_consumer;
}

#endif
