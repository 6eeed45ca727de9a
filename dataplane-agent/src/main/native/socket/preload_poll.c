/* poll and select over descriptors of which some are timed sockets. */
#include "socket/preload.h"

#include <stdlib.h>
#include <string.h>

/* The header's attribute says that poll only writes the list; it reads descriptors and events from it. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

/* Descriptors that a wait watches beside the program's own: the client's and one event per timed socket. */
#define EXTRA_MAX 64

bool preload_poll_concerns(const struct pollfd *list, nfds_t count) {
    for (nfds_t i = 0; i < count; i++) {
        if (timed_find(list[i].fd)) {
            return true;
        }
    }
    return false;
}

/* What is queued in the library for a descriptor, of what the caller asked for. */
static short queued(const struct pollfd *entry, bool errors) {
    struct timed_socket *socket = timed_find(entry->fd);
    return socket ? (short)(timed_events(socket) & (entry->events | (errors ? POLLERR : 0))) : 0;
}

/* Adds what is queued in the library to revents. Returns how many descriptors have something. */
static int merge(struct pollfd *list, nfds_t count, bool errors) {
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        list[i].revents |= queued(&list[i], errors);
        ready += list[i].revents != 0;
    }
    return ready;
}

static bool anything_queued(const struct pollfd *list, nfds_t count, bool errors) {
    for (nfds_t i = 0; i < count; i++) {
        if (queued(&list[i], errors)) {
            return true;
        }
    }
    return false;
}

/*
 * Adds the descriptors whose readiness may mean a frame for the caller, unless something is there already. Shortens the
 * wait to what the library must not sleep through: an agent that comes back, and, for a caller that does not want
 * errors while there are some, datagrams that another thread takes from the ring.
 */
static nfds_t extra_add(struct pollfd *all, nfds_t count, bool errors, int64_t *slice_ns) {
    timed_collect();
    if (anything_queued(all, count, errors)) {
        return 0;
    }
    nfds_t added = client_wait_begin(timed_client(), all + count);
    if (added == 0) {
        return 0;
    }
    *slice_ns = timed_client()->attached ? 1000000000LL : 100000000LL;
    for (nfds_t i = 0; i < count && added < EXTRA_MAX; i++) {
        struct timed_socket *socket = timed_find(all[i].fd);
        if (socket && !errors && socket->error_count > 0) {
            *slice_ns = 10000000LL;
        } else if (socket) {
            all[count + added++] = (struct pollfd){.fd = timed_event(socket), .events = POLLIN};
        }
    }
    return added;
}

/* One wait. Returns descriptors ready, 0 when nothing of the program's is, -1 with errno. */
static int poll_once(struct pollfd *list, nfds_t count, int64_t timeout_ns, const sigset_t *mask, bool errors) {
    struct pollfd small[EXTRA_MAX * 2];
    struct pollfd *all = count <= EXTRA_MAX ? small : malloc((count + EXTRA_MAX) * sizeof(*all));
    if (!all) {
        errno = ENOMEM;
        return -1;
    }
    memcpy(all, list, count * sizeof(*all));
    nfds_t added = 0;
    if (timed_enter()) {
        int64_t slice_ns = 0; /* nothing to wait for: only look at the kernel's side */
        added = extra_add(all, count, errors, &slice_ns);
        timeout_ns = timeout_ns < 0 || timeout_ns > slice_ns ? slice_ns : timeout_ns;
        timed_leave();
    }
    struct timespec time = {timeout_ns / 1000000000LL, timeout_ns % 1000000000LL};
    int answer = NEXT(ppoll)(all, count + added, timeout_ns < 0 ? NULL : &time, mask);
    int error = errno;
    if (answer >= 0) {
        memcpy(list, all, count * sizeof(*all));
    }
    if (timed_enter()) {
        if (added > 0) {
            client_wait_end(timed_client());
        }
        timed_collect();
        answer = answer >= 0 ? merge(list, count, errors) : answer;
        timed_leave();
    }
    if (all != small) {
        free(all);
    }
    errno = error;
    return answer;
}

static int poll_until(struct pollfd *list, nfds_t count, int64_t timeout_ns, const sigset_t *mask, bool errors) {
    int64_t end = timeout_ns > 0 ? system_clock_ns(CLOCK_MONOTONIC) + timeout_ns : 0;
    for (;;) {
        int answer = poll_once(list, count, timeout_ns, mask, errors);
        if (answer != 0 || timeout_ns == 0) {
            return answer;
        }
        if (timeout_ns > 0) { /* woken for a frame of somebody else */
            timeout_ns = end - system_clock_ns(CLOCK_MONOTONIC);
            timeout_ns = timeout_ns > 0 ? timeout_ns : 0;
        }
    }
}

int preload_poll(struct pollfd *list, nfds_t count, int64_t timeout_ns, const sigset_t *mask) {
    return poll_until(list, count, timeout_ns, mask, true);
}

int preload_wait_datagram(int fd, int64_t timeout_ns) {
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    return poll_until(&entry, 1, timeout_ns, NULL, false);
}

PRELOADED int poll(struct pollfd *list, nfds_t count, int timeout_ms) {
    return preload_poll_concerns(list, count) ? preload_poll(list, count, timeout_ms * 1000000LL, NULL)
                                              : NEXT(poll)(list, count, timeout_ms);
}

PRELOADED int ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
    if (!preload_poll_concerns(list, count)) {
        return NEXT(ppoll)(list, count, timeout, mask);
    }
    return preload_poll(list, count, timeout ? timeout->tv_sec * 1000000000LL + timeout->tv_nsec : -1, mask);
}

PRELOADED int __poll_chk(struct pollfd *list, nfds_t count, int timeout_ms, size_t room);
PRELOADED int __poll_chk(struct pollfd *list, nfds_t count, int timeout_ms, size_t room) {
    if (room / sizeof(*list) < count) {
        abort();
    }
    return poll(list, count, timeout_ms);
}

PRELOADED int __ppoll_chk(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                          size_t room);
PRELOADED int __ppoll_chk(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                          size_t room) {
    if (room / sizeof(*list) < count) {
        abort();
    }
    return ppoll(list, count, timeout, mask);
}

static bool in_set(const fd_set *set, int fd) {
    return set && FD_ISSET(fd, set);
}

static bool select_concerns(int end, const fd_set *read_set, const fd_set *except_set) {
    for (int fd = 0; fd < end && fd < FD_SETSIZE; fd++) {
        if ((in_set(read_set, fd) || in_set(except_set, fd)) && timed_find(fd)) {
            return true;
        }
    }
    return false;
}

/* select in terms of poll: the kernel's own mapping of events (POLLIN_SET and so on in fs/select.c). */
static int select_poll(int end, fd_set *read_set, fd_set *write_set, fd_set *except_set, int64_t timeout_ns,
                       const sigset_t *mask) {
    struct pollfd list[FD_SETSIZE];
    nfds_t count = 0;
    for (int fd = 0; fd < end && fd < FD_SETSIZE; fd++) {
        short events = (short)((in_set(read_set, fd) ? POLLIN : 0) | (in_set(write_set, fd) ? POLLOUT : 0) |
                               (in_set(except_set, fd) ? POLLPRI : 0));
        if (events) {
            list[count++] = (struct pollfd){.fd = fd, .events = events};
        }
    }
    int answer = preload_poll(list, count, timeout_ns, mask);
    if (answer < 0) {
        return -1;
    }
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        if (list[i].revents & POLLNVAL) {
            errno = EBADF;
            return -1;
        }
        const struct {
            fd_set *set;
            short on;
        } sets[] = {{read_set, POLLIN | POLLHUP | POLLERR}, {write_set, POLLOUT | POLLERR}, {except_set, POLLPRI}};
        for (int k = 0; k < 3; k++) {
            if (!in_set(sets[k].set, list[i].fd)) {
                continue;
            }
            if (list[i].revents & sets[k].on) {
                ready++;
            } else {
                FD_CLR(list[i].fd, sets[k].set);
            }
        }
    }
    return ready;
}

PRELOADED int select(int end, fd_set *read_set, fd_set *write_set, fd_set *except_set, struct timeval *timeout) {
    if (!select_concerns(end, read_set, except_set)) {
        return NEXT(select)(end, read_set, write_set, except_set, timeout);
    }
    int64_t timeout_ns = timeout ? timeout->tv_sec * 1000000000LL + timeout->tv_usec * 1000LL : -1;
    int64_t start = system_clock_ns(CLOCK_MONOTONIC);
    int answer = select_poll(end, read_set, write_set, except_set, timeout_ns, NULL);
    if (timeout) { /* Linux leaves the rest of the time */
        int64_t left = timeout_ns - (system_clock_ns(CLOCK_MONOTONIC) - start);
        left = left > 0 ? left : 0;
        *timeout = (struct timeval){left / 1000000000LL, left % 1000000000LL / 1000};
    }
    return answer;
}

PRELOADED int pselect(int end, fd_set *read_set, fd_set *write_set, fd_set *except_set, const struct timespec *timeout,
                      const sigset_t *mask) {
    if (!select_concerns(end, read_set, except_set)) {
        return NEXT(pselect)(end, read_set, write_set, except_set, timeout, mask);
    }
    int64_t timeout_ns = timeout ? timeout->tv_sec * 1000000000LL + timeout->tv_nsec : -1;
    return select_poll(end, read_set, write_set, except_set, timeout_ns, mask);
}
