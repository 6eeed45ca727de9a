/*
 * tsn.h: time-critical frames from a pod, for programs that cannot preload libtsnsocket.so (static, Go, musl) or that
 * want to say exactly what they mean. Link libtsn.a; nothing else is needed beyond libc and its threads.
 *
 *     struct tsn_client *client;
 *     int error = tsn_client_open(&client, NULL);
 *     int stream = tsn_client_find_stream(client, "control");
 *     struct tsn_client_launch launch = {.stream = stream, .flags = TSN_CLIENT_TIMED, .clock = CLOCK_TAI, .time_ns = t};
 *     error = tsn_client_send(client, frame, size, &launch);
 *
 * Every function may be called from any thread and returns a negative errno when it fails. A client belongs to the
 * process that opened it: after fork() the child calls tsn_client_after_fork(). The agent may restart at any time: the
 * client attaches again by itself, frames that the old agent had not taken are handed to the new one, and calls made
 * in between answer -ENOTCONN.
 */
#ifndef TSN_H
#define TSN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TSN_CLIENT_DEFAULT_SOCKET "/run/latency-scheduler/tsn.sock"
#define TSN_CLIENT_FRAME_MAX 2044 /* bytes of one frame without FCS */
#define TSN_CLIENT_STREAMS_MAX 32
#define TSN_CLIENT_ANY_STREAM (-1)

struct tsn_client;

enum tsn_client_phase {
    TSN_CLIENT_ASSIGNED = 0, /* the application releases at offset_ns, or lets the agent align it */
    TSN_CLIENT_FIXED = 1,    /* it releases at a phase of its own */
    TSN_CLIENT_FREE = 2      /* it releases whenever it wants */
};

/* A stream of the pod. Its windows are [offset_ns + k * window_period_ns, + window_ns) in TAI. */
struct tsn_client_stream {
    char name[64];
    int64_t period_ns;
    int64_t deadline_ns;
    int64_t offset_ns;
    int64_t window_ns;
    int64_t window_period_ns;
    uint32_t frame_bytes; /* largest frame, with FCS */
    uint8_t phase;        /* enum tsn_client_phase */
    uint8_t traffic_class;
};

enum tsn_client_flags {
    TSN_CLIENT_TIMED = 1,    /* time_ns and clock are valid; without it frames leave in order, aligned to the windows */
    TSN_CLIENT_REPORT = 2,   /* tell by tsn_client_reports when the frame is dropped */
    TSN_CLIENT_DEADLINE = 4, /* time_ns is the latest time: send as soon as the gate allows */
    TSN_CLIENT_CLASS = 8     /* with TSN_CLIENT_ANY_STREAM: the stream of traffic_class, else the pod's only one */
};

struct tsn_client_launch {
    int stream; /* its number, or TSN_CLIENT_ANY_STREAM */
    unsigned flags;
    uint8_t traffic_class;
    clockid_t clock; /* CLOCK_TAI, CLOCK_MONOTONIC or CLOCK_REALTIME, as this kernel shows them */
    int64_t time_ns;
    uint64_t cookie; /* comes back in a report */
};

/* A frame that was accepted and then dropped. */
struct tsn_client_report {
    uint64_t cookie;  /* of its launch */
    uint32_t outcome; /* see tsn_client_outcome */
    int stream;
};

struct tsn_client_arrival {
    int64_t realtime_ns; /* reception, CLOCK_REALTIME of this kernel */
    uint16_t vlan_tci;   /* valid with has_vlan */
    uint8_t has_vlan;
    uint8_t same_host; /* came through memory from a pod of this node */
    uint8_t checksum_pending; /* from this machine's kernel, which left the transport checksum to a card */
};

/*
 * Attaches to the agent by its socket (NULL: the environment's TSN_SOCKET, else TSN_CLIENT_DEFAULT_SOCKET). Waits for
 * the answer for up to five seconds. -ENOENT or -ECONNREFUSED: no agent; -EACCES: not this pod's socket;
 * -EPROTONOSUPPORT: agent of another version; -EUSERS: too many processes; -ETIMEDOUT.
 */
int tsn_client_open(struct tsn_client **client, const char *socket_path);

/* Detaches: frames that the agent has not taken yet are lost. NULL is allowed. No other thread may use the client. */
void tsn_client_close(struct tsn_client *client);

/* In the child of a fork: lets go of the parent's attachment and attaches anew. */
int tsn_client_after_fork(struct tsn_client *client);

/* Copies up to `capacity` streams; returns how many the pod has. They change when the pod's allocation does. */
int tsn_client_streams(struct tsn_client *client, struct tsn_client_stream *list, size_t capacity);

/* The number of the stream of that name, or -ENOENT. */
int tsn_client_find_stream(struct tsn_client *client, const char *name);

/* The start of the stream's first window at or after a time of `clock`. -ENOENT: no such stream. */
int tsn_client_next_window(struct tsn_client *client, int stream, clockid_t clock, int64_t after_ns, int64_t *start_ns);

/*
 * Hands over a whole Ethernet frame without FCS; it is copied. The agent adds the VLAN tag where the port has one.
 * -EMSGSIZE: larger than the stream or TSN_CLIENT_FRAME_MAX allows; -EINVAL: shorter than a header, unknown clock or
 * stream; -ENOBUFS: the ring is full (256 frames wait); -ENOTCONN: no agent now. 0 means accepted: what becomes of the
 * frame later is counted by the agent and, with TSN_CLIENT_REPORT, reported.
 */
int tsn_client_send(struct tsn_client *client, const void *frame, size_t size, const struct tsn_client_launch *launch);

/* Takes up to `capacity` reports; returns how many, 0 when there are none. */
int tsn_client_reports(struct tsn_client *client, struct tsn_client_report *list, size_t capacity);

/*
 * Asks for received frames: a UDP address of the pod (sockaddr_in or sockaddr_in6; the any-address stands for all), or an
 * EtherType (sockaddr_ll: sll_protocol, and sll_addr if sll_halen is 6). -EADDRINUSE, -EADDRNOTAVAIL, -EUSERS.
 */
int tsn_client_bind(struct tsn_client *client, const struct sockaddr *address, socklen_t length);
int tsn_client_unbind(struct tsn_client *client, const struct sockaddr *address, socklen_t length);

/*
 * Takes one received frame, without FCS. Returns its size, or -EAGAIN; of a frame above `size` that many bytes are copied
 * and its real size is returned.
 */
ssize_t tsn_client_receive(struct tsn_client *client, void *frame, size_t size, struct tsn_client_arrival *arrival);

/* Waits for a frame or a report, up to timeout_ns (negative: for ever). 1: there is one; 0: time is up; -EINTR. */
int tsn_client_wait(struct tsn_client *client, int64_t timeout_ns);

/* What an outcome of a report means, in a few words; "unknown" for numbers of a newer agent. */
const char *tsn_client_outcome(uint32_t outcome);

#ifdef __cplusplus
}
#endif
#endif
