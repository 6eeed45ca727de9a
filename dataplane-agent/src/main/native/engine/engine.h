/*
 * The frame engine: gated ports, pods with their streams, attached processes.
 *
 * One native poll thread per port moves frames: rings of the attached processes -> checks -> policing -> gates -> port,
 * and port -> receive rings. One native server thread talks with processes that attach. Calls below come from any other
 * thread, one at a time per engine; each takes effect whole or not at all, may wait for a poll thread (milliseconds),
 * and never makes a poll thread wait.
 *
 * Errors: a negative errno, and one sentence in `error`, which may be NULL.
 */
#ifndef TSN_ENGINE_H
#define TSN_ENGINE_H

#include "core/gates.h"

#include <stddef.h>
#include <stdint.h>

#define TSN_ENGINE_ABI 1u

struct tsn_engine;

struct tsn_error {
    char text[256];
};

/* TAI minus UTC is what the kernel says, asked again and again. */
#define TSN_TAI_OFFSET_OF_KERNEL INT64_MIN

struct tsn_engine_config {
    int64_t tai_minus_utc_ns;       /* TSN_TAI_OFFSET_OF_KERNEL, or a fixed offset */
    uint32_t max_processes_per_pod; /* 1 to 64; 0: 16 */
    uint32_t max_streams_per_port;  /* 1 to 4,096; 0: 256 */
    const char *dpdk_library;       /* path of libdataplane-dpdk.so; NULL: found by the dynamic linker */
    uint8_t check_cgroup;           /* 1: a process attaches only from a control group of the pod; needs the host's PID namespace */
    const char *dpdk_eal_arguments; /* extra EAL options separated by spaces, such as --no-huge; NULL: none */
};

struct tsn_engine_port_config {
    const char *name;          /* 1 to 63 characters */
    const char *backend;       /* af_packet, dpdk, null, or wire (a datagram socket) */
    const char *device;        /* kernel interface; DPDK device arguments: net_af_packet0,iface=eth1 or 0000:05:00.0 */
    const char *kernel_interface; /* received frames that nobody bound go here, such as a veth to a bridge of the pods'
                                     kernel interfaces; NULL: they are dropped. Not for af_packet: its kernel has them */
    uint64_t link_rate_bps;    /* above 0 */
    uint32_t overhead_bytes;   /* on the wire beside the 20 of preamble and gap and the 4 of the FCS: 50 for VXLAN */
    uint32_t max_frame_bytes;  /* largest frame with FCS, 64 to 2,048; 0: 1,522 */
    uint32_t frame_buffers;    /* frames that can wait for their gate, 64 to 262,144; 0: 4,096 */
    uint32_t idle_margin_ns;   /* awake this long before the next launch; 0: 150,000 */
    uint32_t launch_ahead_ns;  /* calibrated path from the engine to the wire, taken off launch times */
    uint32_t offload_lead_ns;  /* hand over this early to a port with launch-time offload; 0: 200,000 */
    int32_t vlan_id;           /* 1 to 4094: frames leave with this VLAN tag; 0: priority tag; -1: untagged */
    int32_t cpu;               /* of the poll thread, which this process's other threads leave; -1: not pinned */
    uint8_t spin;              /* 1: the poll thread never sleeps */
    uint8_t best_effort;       /* 1: frames of class 0 pass without a stream, where the gates allow */
    uint8_t deliver_locally;   /* 1: frames to an address bound by a pod of the port go through memory, gated alike */
    uint8_t admin_gate_states; /* gates before the first list; bit i: class i. 1 opens best effort alone */
};

struct tsn_engine_stream_config {
    const char *name; /* 1 to 63 characters */
    const char *port; /* name of an open port */
    uint64_t period_ns;
    uint64_t deadline_ns;
    uint64_t offset_ns;
    uint64_t window_ns;
    uint64_t window_period_ns;
    uint32_t frame_bytes; /* with FCS */
    uint8_t phase;        /* enum tsn_phase of protocol/control.h */
    uint8_t traffic_class;
    uint8_t late_policy; /* enum tsn_late_policy of core/egress.h */
    uint8_t refuse_outside_windows; /* 1: a launch time outside the windows is refused; 0: it moves to the next */
};

struct tsn_engine_pod_config {
    const char *uid;     /* 1 to 63 characters */
    const char *socket;  /* path of at most 107 bytes; its folder exists; a stale socket there is replaced */
    const uint8_t *macs; /* source addresses the pod may use, 6 bytes each */
    uint32_t mac_count;  /* 0 to 8; 0: any address */
    int64_t owner_uid;   /* user that may attach beside root; -1: every user */
    const struct tsn_engine_stream_config *streams;
    uint32_t stream_count; /* 0 to 32; the index is the stream's number for the pod */
};

/* Starts the server thread. *engine is NULL after a failure. */
int tsn_engine_create(const struct tsn_engine_config *config, struct tsn_engine **engine, struct tsn_error *error);

/* Ends all attachments (processes fall back or attach to the next engine), counts queued frames, joins the threads. */
void tsn_engine_destroy(struct tsn_engine *engine);

/* Opens a port and starts its poll thread. -EEXIST: is open. */
int tsn_engine_open_port(struct tsn_engine *engine, const struct tsn_engine_port_config *config,
                         struct tsn_error *error);

/* Frames still queued end as flushed. -EBUSY: a pod has streams there. -ENOENT: unknown. */
int tsn_engine_close_port(struct tsn_engine *engine, const char *port, struct tsn_error *error);

/*
 * The list is checked and becomes the admin list; it takes over at a cycle boundary. Returns without waiting for that:
 * see config_changes in the statistics. The list is copied.
 */
int tsn_engine_set_gates(struct tsn_engine *engine, const char *port, const struct tsn_gate_list *list,
                         struct tsn_error *error);

/*
 * Admits a pod, or replaces the streams of one that is known: attached processes stay attached and are told. When the
 * set of its ports changed, its processes are detached instead and attach anew.
 */
int tsn_engine_put_pod(struct tsn_engine *engine, const struct tsn_engine_pod_config *pod, struct tsn_error *error);

/* Detaches the pod's processes, removes its socket, flushes and frees its streams. -ENOENT: unknown. */
int tsn_engine_remove_pod(struct tsn_engine *engine, const char *uid, struct tsn_error *error);

/* The statistics page (engine/stats.h): valid until tsn_engine_destroy, written all the time, read without a lock. */
const void *tsn_engine_stats(const struct tsn_engine *engine, size_t *bytes);

/* 0 when ports of a backend can be opened on this machine; else -ENOTSUP with the cause. */
int tsn_engine_backend_available(struct tsn_engine *engine, const char *backend, struct tsn_error *error);

#endif
