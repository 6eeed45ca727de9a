/* Options, addresses and the life of descriptors. */
#include "socket/preload.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

/* A new descriptor has nothing to do with an older one of the same number that was closed unseen. */
static void appeared(int fd) {
    if (timed_find(fd) && timed_enter()) {
        timed_closed(fd);
        timed_leave();
    }
}

PRELOADED int socket(int family, int type, int protocol) {
    int fd = NEXT(socket)(family, type, protocol);
    appeared(fd);
    return fd;
}

PRELOADED int socketpair(int family, int type, int protocol, int pair[2]) {
    int result = NEXT(socketpair)(family, type, protocol, pair);
    if (result == 0) {
        appeared(pair[0]);
        appeared(pair[1]);
    }
    return result;
}

PRELOADED int accept(int fd, __SOCKADDR_ARG address, socklen_t *length) {
    int accepted = NEXT(accept)(fd, address, length);
    appeared(accepted);
    return accepted;
}

PRELOADED int accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags) {
    int accepted = NEXT(accept4)(fd, address, length, flags);
    appeared(accepted);
    return accepted;
}

static bool option_concerns(int fd, int level, int name) {
    return timed_find(fd) || (level == SOL_SOCKET && (name == SO_TXTIME || name == SO_PRIORITY)) ||
           (level == IPPROTO_IP && name == IP_MULTICAST_IF);
}

PRELOADED int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    if (option_concerns(fd, level, name) && timed_enter()) {
        int result = timed_setsockopt(fd, level, name, value, length);
        timed_leave();
        return (int)preload_result(result);
    }
    return NEXT(setsockopt)(fd, level, name, value, length);
}

PRELOADED int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
    int result = TIMED_USE_KERNEL;
    if (timed_find(fd) && timed_enter()) {
        struct timed_socket *socket = timed_find(fd);
        if (socket) {
            result = timed_getsockopt(socket, level, name, value, length);
        }
        timed_leave();
    }
    return result == TIMED_USE_KERNEL ? NEXT(getsockopt)(fd, level, name, value, length) : (int)preload_result(result);
}

PRELOADED int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t length) {
    int result = NEXT(bind)(fd, address, length);
    sa_family_t family = result == 0 && length >= sizeof(family) ? address.__sockaddr__->sa_family : AF_UNSPEC;
    if ((family == AF_INET || family == AF_INET6 || family == AF_PACKET) && timed_enter()) {
        int error = errno;
        timed_bound(fd);
        timed_leave();
        errno = error;
    }
    return result;
}

PRELOADED int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length) {
    int result = NEXT(connect)(fd, address, length);
    if (timed_find(fd) && timed_enter()) {
        struct timed_socket *socket = timed_find(fd);
        if (socket) {
            socket->options.valid = false;
        }
        timed_leave();
    }
    return result;
}

PRELOADED int close(int fd) {
    if (fd > STDERR_FILENO && timed_enter()) {
        bool internal = timed_is_internal(fd);
        timed_closed(fd);
        preload_epoll_closed(fd);
        timed_leave();
        if (internal) { /* a program that closes every number there is */
            return (int)preload_result(-EBADF);
        }
    }
    return NEXT(close)(fd);
}

/* Closes what lies between the library's own descriptors. */
static int close_around(unsigned first, unsigned last, int flags) {
    int result = 0;
    if (first > last || flags != 0) {
        return NEXT(close_range)(first, last, flags);
    }
    unsigned start = first;
    for (unsigned fd = first; fd <= last && fd < TIMED_DESCRIPTORS_MAX; fd++) {
        bool internal = false;
        if (timed_enter()) {
            internal = timed_is_internal((int)fd);
            if (!internal) {
                timed_closed((int)fd);
                preload_epoll_closed((int)fd);
            }
            timed_leave();
        }
        if (internal) {
            result |= fd > start ? NEXT(close_range)(start, fd - 1, 0) : 0;
            start = fd + 1;
        }
    }
    return start <= last ? NEXT(close_range)(start, last, 0) | result : result;
}

PRELOADED int close_range(unsigned first, unsigned last, int flags) {
    return close_around(first, last, flags);
}

PRELOADED void closefrom(int first) {
    unsigned start = first < 0 ? 0 : (unsigned)first;
    if (close_around(start, ~0U, 0) != 0) {
        int end = (int)sysconf(_SC_OPEN_MAX);
        for (int fd = (int)start; fd < end; fd++) {
            close(fd);
        }
    }
}

static int copied(int from, int to) {
    if (to >= 0 && (timed_find(from) || timed_find(to)) && timed_enter()) {
        timed_copied(from, to);
        timed_leave();
    }
    return to;
}

/* A number that the program chose may be one of ours: the client attaches again with others. */
static void make_room(int fd) {
    if (fd > STDERR_FILENO && timed_enter()) {
        if (client_owns(timed_client(), fd)) {
            client_detach(timed_client());
        }
        timed_leave();
    }
}

PRELOADED int dup(int fd) {
    return copied(fd, NEXT(dup)(fd));
}

PRELOADED int dup2(int from, int to) {
    make_room(to);
    return copied(from, NEXT(dup2)(from, to));
}

PRELOADED int dup3(int from, int to, int flags) {
    make_room(to);
    return copied(from, NEXT(dup3)(from, to, flags));
}

static int fcntl_any(enum next_function function, int fd, int command, void *argument) {
    int result = ((__typeof__(&fcntl))next_function(function))(fd, command, argument);
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? copied(fd, result) : result;
}

PRELOADED int fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fcntl_any(NEXT_fcntl, fd, command, argument);
}

PRELOADED int fcntl64(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fcntl_any(NEXT_fcntl64, fd, command, argument);
}
