#ifndef TSN_PRELOAD_H
#define TSN_PRELOAD_H

/* What the interposed functions share. */

#include "socket/next.h"
#include "socket/system.h"
#include "socket/timed.h"

#define PRELOADED __attribute__((visibility("default")))

/* -errno to the form of libc. */
static inline long preload_result(long result) {
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

/* True when a call may block: neither the flag nor the descriptor says otherwise. */
bool preload_blocks(int fd, int flags);

/* recvmsg of a timed socket, waiting included. */
ssize_t preload_receive(int fd, struct msghdr *message, int flags);

/* Sends through the agent if the descriptor's frames go there; TIMED_USE_KERNEL otherwise. */
ssize_t preload_send(int fd, const struct msghdr *message, int flags);

/*
 * ppoll over descriptors of which some may be timed sockets. `timeout_ns` below 0: without end. -1 and errno on failure.
 */
int preload_poll(struct pollfd *list, nfds_t count, int64_t timeout_ns, const sigset_t *mask);

/* Waits as a blocking recv does: for a datagram; reports on the error queue do not end it. */
int preload_wait_datagram(int fd, int64_t timeout_ns);

/* True when one of them is a timed socket. */
bool preload_poll_concerns(const struct pollfd *list, nfds_t count);

/* Tells the epoll sets that a descriptor was closed, be it one of theirs or a set itself. Within the bracket. */
void preload_epoll_closed(int fd);

#endif
