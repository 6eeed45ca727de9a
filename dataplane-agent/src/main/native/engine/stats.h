/*
 * Layout of the statistics page: header; records of ports; then per port its stream names and its stream counters.
 * Readers (Java through a direct ByteBuffer) take offsets and strides from the header and assert sizes.
 *
 * Every counter has one writer, is 64 bits in host byte order and is read with one relaxed load. Counters only grow,
 * also over close and reopen of a port of the same name; those of a stream start from 0 with each new stream.
 *
 * A frame counts in one class of its port and, if it has one, in its stream: offered - sum of outcomes are under way.
 */
#ifndef TSN_ENGINE_STATS_H
#define TSN_ENGINE_STATS_H

#include "core/stats.h"

#define TSN_STATS_MAGIC UINT32_C(0x534e5354) /* "TSNS" */
#define TSN_STATS_ABI 1u
#define TSN_STATS_PORTS 8u
#define TSN_STATS_NAME_BYTES 64u

/* One port. `egress` is the core's. */
struct tsn_engine_port_stats {
    char name[TSN_STATS_NAME_BYTES]; /* empty: the record is free */
    uint64_t open;                   /* 1 while the port is open */
    uint64_t link_up;
    uint64_t launch_offload;    /* 1: the device holds frames until their launch time */
    uint64_t gates_pending;     /* 1: an admin list waits for its cycle boundary */
    uint64_t tai_minus_utc_ns;  /* int64 */
    uint64_t processes;         /* attached now */
    uint64_t processes_cut_off; /* detached for an impossible ring position */
    uint64_t polls;             /* rounds of the poll thread */
    uint64_t sleeps;
    uint64_t longest_round_ns;  /* without sleep: the machine's own gaps */
    uint64_t transmit_retries;  /* times that the device took nothing */
    uint64_t transmit_errors;   /* frames that the device took and then lost, by its own count; they count as sent too */
    uint64_t received;          /* frames from the device */
    uint64_t received_local;    /* frames from pods of this port, through memory */
    uint64_t receive_delivered; /* records put on receive rings, and frames given to the kernel interface */
    uint64_t receive_unmatched; /* frames that nobody bound and no kernel interface took */
    uint64_t receive_lost;      /* frames for a full receive ring */
    uint64_t error_lost;        /* records for a full error ring */
    struct tsn_port_stats egress;
};

/* Who a stream's counters belong to. */
struct tsn_engine_stream_name {
    char pod_uid[TSN_STATS_NAME_BYTES]; /* empty: the record is free */
    char name[TSN_STATS_NAME_BYTES];
    uint64_t generation; /* odd while the record changes hands: read again when it changed meanwhile */
};

struct tsn_engine_stats_header {
    uint32_t magic;
    uint32_t abi;
    uint64_t page_bytes;
    uint32_t ports; /* records, used or not */
    uint32_t port_offset;
    uint32_t port_stride; /* sizeof(struct tsn_engine_port_stats) */
    uint32_t streams_per_port;
    uint32_t stream_name_offset; /* record of stream s of port p: offset + (p * streams_per_port + s) * stride */
    uint32_t stream_name_stride; /* sizeof(struct tsn_engine_stream_name) */
    uint32_t stream_offset;
    uint32_t stream_stride; /* sizeof(struct tsn_stream_stats) */
    uint32_t outcomes;
    uint32_t classes;
    uint32_t histogram_buckets;
    uint32_t histogram_sub_bits;
    uint32_t egress_offset; /* of the core's counters in a port's record */
    uint64_t pods;
    uint64_t attach_refused; /* connections refused: credentials, version, quota */
    uint64_t bad_requests;   /* control messages that made no sense */
};

_Static_assert(sizeof(struct tsn_engine_port_stats) == 64 + 18 * 8 + sizeof(struct tsn_port_stats), "port");
_Static_assert(sizeof(struct tsn_engine_stream_name) == 136, "stream name");
_Static_assert(sizeof(struct tsn_engine_stats_header) == 96, "header");

#endif
