#ifndef TSN_TIMED_H
#define TSN_TIMED_H

/*
 * What libtsnsocket knows of the program's sockets. Only those that asked for timing (SO_TXTIME, SO_PRIORITY) or that
 * receive through the agent are known; for any other descriptor timed_find answers NULL after one load.
 *
 * One lock guards everything, the client's attachment included. Each operation is a bracket
 *     if (timed_enter()) { … timed_leave(); }
 * where timed_enter refuses inside a signal handler that interrupted the library in this very thread: such a call goes
 * to the kernel, instead of waiting for a lock that its own thread holds.
 */

#include "socket/client.h"
#include "socket/frame.h"
#include "socket/route.h"

#include <linux/net_tstamp.h>
#include <stdbool.h>

#define TIMED_SOCKETS_MAX 256
#define TIMED_DESCRIPTORS_MAX 65536
#define TIMED_ERRORS 64
#define TIMED_DATAGRAMS 256

/* Answer of the operations below: not ours, the kernel is to do it. */
#define TIMED_USE_KERNEL (-100000)

struct timed_error {
    uint64_t cookie;
    uint32_t outcome;
};

/* One received frame, of at most one slot. */
struct timed_datagram {
    struct tsn_client_arrival arrival;
    uint32_t size;
    uint8_t frame[TSN_SHM_SLOT_BYTES];
};

/* What the kernel says of a socket; asked once and again after the program changed something. */
struct timed_options {
    bool valid;
    bool broadcast;
    bool v6_only;
    bool timestamp, timestamp_ns, packet_info;
    uint8_t hop_limit, multicast_hop_limit, traffic_class;
    int interface, multicast_interface;
    struct in_addr multicast_source; /* IPv4: of the interface for multicast */
    bool connected;
    struct sockaddr_storage local, peer;
    socklen_t local_length, peer_length;
};

/* The last destination and the way there. */
struct timed_route {
    int64_t asked_ns; /* MONOTONIC_COARSE; 0: never */
    int64_t verified_ns;
    int error;
    struct route_question question;
    struct route_answer answer;
};

struct timed_socket {
    unsigned references; /* descriptors; 0: free */
    uint16_t number, generation;
    uint64_t inode;
    int family, type, protocol;
    bool txtime, txtime_pretended, priority_set, priority_pretended;
    struct sock_txtime txtime_value;
    int priority;
    int multicast_interface;
    uint32_t sequence;
    struct timed_options options;
    struct timed_route route;
    bool receives; /* through the agent's rings, beside the kernel */
    bool bind_due; /* receives, but this process has not asked the agent yet */
    struct sockaddr_storage bound;
    socklen_t bound_length;
    int event; /* eventfd, readable while there is a datagram or an error; -1: nobody waited yet */
    unsigned error_first, error_count;
    struct timed_error error[TIMED_ERRORS];
    unsigned datagram_first, datagram_count;
    uint64_t datagrams_lost;
    struct timed_datagram *datagram; /* TIMED_DATAGRAMS of them, once it receives */
};

/* False when the descriptor was closed behind the library's back and is another file now. */
bool timed_is_same(const struct timed_socket *socket, int fd);

/* The socket of a descriptor, or NULL. Without the lock a hint; with it, the truth. */
struct timed_socket *timed_find(int fd);

bool timed_enter(void);
void timed_leave(void);

/* Within the bracket: lets others in for a while, without leaving it. */
void timed_unlock(void);
void timed_lock(void);

/* Within the bracket, from here on. */
struct tsn_client *timed_client(void);

/* Knows a UDP or packet socket from now on; NULL for any other kind and when there are too many. */
struct timed_socket *timed_track(int fd);
void timed_copied(int from, int to);
void timed_closed(int fd);
bool timed_is_internal(int fd);
void timed_each(void (*visit)(struct timed_socket *socket, void *argument), void *argument);

/* True when the socket's frames go to the agent now: it has a stream for them. */
bool timed_is_fast(struct timed_socket *socket);

/* Attaches if need be; says once on stderr what is missing. */
void timed_attach(void);

/* Makes `event` show whether the socket has datagrams or errors. */
void timed_event_update(struct timed_socket *socket);
int timed_event(struct timed_socket *socket);

int timed_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int timed_getsockopt(struct timed_socket *socket, int level, int name, void *value, socklen_t *length);

/* After the kernel bound the socket: receive through the agent where the socket or TSN_RECEIVE asks for it. */
void timed_bound(int fd);

/* Asks the agent for what is sent to socket->bound, or no longer. 0 or the agent's -errno. */
int timed_ask_for_frames(struct timed_socket *socket, bool wanted);

const struct timed_options *timed_options(struct timed_socket *socket, int fd);

/*
 * Sends one message. Returns its size, -errno, or TIMED_USE_KERNEL for whatever is not a plain datagram to another host.
 * Leaves and enters the bracket while it asks for a route.
 */
ssize_t timed_send(struct timed_socket *socket, int fd, const struct msghdr *message, int flags);

/* `message` without its SCM_TXTIME, for a kernel socket whose SO_TXTIME was only pretended. */
void timed_without_txtime(struct msghdr *copy, const struct msghdr *message, uint8_t *control, size_t size);

/* Remembers a frame that may be reported, and finds it again. */
uint64_t timed_remember(struct timed_socket *socket, const uint8_t *frame, size_t size, int64_t launch_ns);

struct timed_sent {
    uint64_t cookie;
    int64_t launch_ns;
    uint32_t size;
    uint8_t frame[TSN_SHM_SLOT_BYTES];
};
const struct timed_sent *timed_recall(uint64_t cookie);

/* Moves what the agent delivered to the sockets it is for. */
void timed_collect(void);

/* Takes one received datagram, or one error with MSG_ERRQUEUE. -EAGAIN: none. */
ssize_t timed_receive(struct timed_socket *socket, int fd, struct msghdr *message, int flags);

/* POLLIN, POLLERR of what is queued here. */
short timed_events(const struct timed_socket *socket);

/* Prints "libtsnsocket: …": always, or only with TSN_DEBUG. */
void timed_say(bool always, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
