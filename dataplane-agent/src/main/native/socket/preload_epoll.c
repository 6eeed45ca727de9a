/*
 * epoll over timed sockets. Beside a timed socket its event descriptor is put into the set, under a key of the library's;
 * events with such a key are translated to the program's own before it sees them. The client's doorbell is in the set
 * too, so that a thread that sleeps in epoll_wait is woken for frames.
 */
#include "socket/preload.h"

#include <limits.h>
#include <string.h>

#define WATCHES_MAX 512
#define KEY 0x7d5a9e3100000000ULL
#define KEY_DOORBELL (KEY | 0xffffffffULL)

/* One timed socket in one set. */
struct watch {
    struct timed_socket *socket; /* NULL: free */
    int set, fd;
    uint64_t attachments; /* the client's count when its doorbell was put into the set */
    struct epoll_event event;
};

static struct watch watches[WATCHES_MAX];
static _Atomic unsigned watch_end; /* those beyond were never used */

static struct watch *find(int set, int fd) {
    for (unsigned i = 0; i < watch_end; i++) {
        if (watches[i].socket && watches[i].set == set && (fd < 0 || watches[i].fd == fd)) {
            return &watches[i];
        }
    }
    return NULL;
}

static void event_arm(struct watch *watch, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (watch->event.events & EPOLLET),
                                .data.u64 = KEY | (uint64_t)(watch - watches)};
    NEXT(epoll_ctl)(watch->set, operation, timed_event(watch->socket), &event);
}

static void watch_drop(struct watch *watch) {
    if (watch->socket->event >= 0) {
        NEXT(epoll_ctl)(watch->set, EPOLL_CTL_DEL, watch->socket->event, &watch->event);
    }
    watch->socket = NULL;
}

static void watch_add(int set, int fd, struct timed_socket *socket, const struct epoll_event *event) {
    unsigned i = 0;
    while (i < WATCHES_MAX && watches[i].socket) {
        i++;
    }
    if (i == WATCHES_MAX) {
        timed_say(true, "more than %d timed sockets in epoll sets: descriptor %d is watched by the kernel alone",
                  WATCHES_MAX, fd);
        return;
    }
    watches[i] = (struct watch){.socket = socket, .set = set, .fd = fd, .event = *event};
    watch_end = watch_end > i ? watch_end : i + 1;
    event_arm(&watches[i], EPOLL_CTL_ADD);
}

static void control(int set, int operation, int fd, const struct epoll_event *event) {
    struct timed_socket *socket = timed_find(fd);
    struct watch *watch = find(set, fd);
    if (watch && (operation == EPOLL_CTL_DEL || !socket)) {
        watch_drop(watch);
    } else if (watch && operation == EPOLL_CTL_MOD) {
        watch->event = *event;
        event_arm(watch, EPOLL_CTL_MOD); /* also re-arms after EPOLLONESHOT */
        event_arm(watch, EPOLL_CTL_ADD);
    } else if (!watch && socket && operation != EPOLL_CTL_DEL) {
        watch_add(set, fd, socket, event);
    }
}

PRELOADED int epoll_ctl(int set, int operation, int fd, struct epoll_event *event) {
    int result = NEXT(epoll_ctl)(set, operation, fd, event);
    if (result == 0 && (timed_find(fd) || watch_end > 0) && timed_enter()) {
        control(set, operation, fd, event);
        timed_leave();
    }
    return result;
}

void preload_epoll_closed(int fd) {
    for (unsigned i = 0; i < watch_end; i++) {
        if (watches[i].socket && (watches[i].fd == fd || watches[i].set == fd)) {
            watch_drop(&watches[i]);
        }
    }
}

/* Puts the doorbell and the connection of the present attachment into the set. */
static void doorbell_arm(struct watch *watch) {
    struct tsn_client *client = timed_client();
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = KEY_DOORBELL};
    if (!client->attached || watch->attachments == client->attachments) {
        return;
    }
    watch->attachments = client->attachments;
    NEXT(epoll_ctl)(watch->set, EPOLL_CTL_ADD, client->now.doorbell, &event);
    NEXT(epoll_ctl)(watch->set, EPOLL_CTL_ADD, client->now.connection, &event);
}

static uint32_t events_of(const struct watch *watch) {
    short queued = timed_events(watch->socket);
    uint32_t events = (queued & POLLIN ? EPOLLIN | EPOLLRDNORM : 0U) | (queued & POLLERR ? EPOLLERR : 0U);
    return events & (watch->event.events | EPOLLERR);
}

/* EPOLLONESHOT: one event from either side, kernel or library, silences both. */
static void silence(const struct watch *watch) {
    struct epoll_event none = {.events = 0, .data = watch->event.data};
    if (watch->event.events & EPOLLONESHOT) {
        NEXT(epoll_ctl)(watch->set, EPOLL_CTL_DEL, watch->socket->event, &none);
        NEXT(epoll_ctl)(watch->set, EPOLL_CTL_MOD, watch->fd, &none);
    }
}

static bool merged(struct epoll_event *events, int count, const struct watch *watch, uint32_t more) {
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == watch->event.data.u64) {
            events[i].events |= more;
            return true;
        }
    }
    return false;
}

/* Replaces the library's keys by the program's data. Returns how many events are left. */
static int translate(int set, struct epoll_event *events, int count) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        struct epoll_event event = events[i];
        uint64_t index = event.data.u64 - KEY;
        if (event.data.u64 == KEY_DOORBELL) {
            continue;
        }
        if (index >= WATCHES_MAX) {
            events[kept++] = event;
            for (unsigned k = 0; k < watch_end; k++) {
                if (watches[k].socket && watches[k].set == set && watches[k].event.data.u64 == event.data.u64) {
                    silence(&watches[k]);
                }
            }
            continue;
        }
        const struct watch *watch = &watches[index];
        uint32_t queued = watch->socket && watch->set == set ? events_of(watch) : 0;
        if (queued && !merged(events, kept, watch, queued)) {
            events[kept++] = (struct epoll_event){.events = queued, .data = watch->event.data};
        }
        if (queued) {
            silence(watch);
        }
    }
    return kept;
}

static int wait_once(int set, struct epoll_event *events, int max, int64_t timeout_ns, const sigset_t *mask) {
    bool waiting = false;
    if (timed_enter()) {
        struct pollfd unused[CLIENT_WAIT_DESCRIPTORS];
        struct watch *watch = find(set, -1);
        timed_collect();
        if (watch) {
            waiting = client_wait_begin(timed_client(), unused) > 0;
            doorbell_arm(watch);
            int64_t slice_ns = !waiting ? 0 : timed_client()->attached ? 1000000000LL : 100000000LL;
            timeout_ns = timeout_ns < 0 || timeout_ns > slice_ns ? slice_ns : timeout_ns;
        }
        timed_leave();
    }
    int timeout_ms = timeout_ns < 0 ? -1 : (int)((timeout_ns + 999999) / 1000000);
    int answer = NEXT(epoll_pwait)(set, events, max, timeout_ms, mask);
    int error = errno;
    if (timed_enter()) {
        if (waiting) {
            client_wait_end(timed_client());
        }
        timed_collect();
        answer = answer > 0 ? translate(set, events, answer) : answer;
        timed_leave();
    }
    errno = error;
    return answer;
}

static int wait_until(int set, struct epoll_event *events, int max, int64_t timeout_ns, const sigset_t *mask) {
    int64_t end = timeout_ns > 0 ? system_clock_ns(CLOCK_MONOTONIC) + timeout_ns : 0;
    for (;;) {
        int answer = wait_once(set, events, max, timeout_ns, mask);
        if (answer != 0 || timeout_ns == 0) {
            return answer;
        }
        if (timeout_ns > 0) {
            timeout_ns = end - system_clock_ns(CLOCK_MONOTONIC);
            timeout_ns = timeout_ns > 0 ? timeout_ns : 0;
        }
    }
}

static bool concerns(int set) {
    return watch_end > 0 && find(set, -1) != NULL;
}

PRELOADED int epoll_wait(int set, struct epoll_event *events, int max, int timeout_ms) {
    return concerns(set) ? wait_until(set, events, max, timeout_ms * 1000000LL, NULL)
                         : NEXT(epoll_wait)(set, events, max, timeout_ms);
}

PRELOADED int epoll_pwait(int set, struct epoll_event *events, int max, int timeout_ms, const sigset_t *mask) {
    return concerns(set) ? wait_until(set, events, max, timeout_ms * 1000000LL, mask)
                         : NEXT(epoll_pwait)(set, events, max, timeout_ms, mask);
}

PRELOADED int epoll_pwait2(int set, struct epoll_event *events, int max, const struct timespec *timeout,
                           const sigset_t *mask) {
    if (!concerns(set)) {
        return NEXT(epoll_pwait2)(set, events, max, timeout, mask);
    }
    return wait_until(set, events, max, timeout ? timeout->tv_sec * 1000000000LL + timeout->tv_nsec : -1, mask);
}
