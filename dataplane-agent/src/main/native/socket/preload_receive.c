/* The receiving functions, with those that fortified programs call instead. */
#include "socket/preload.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

bool preload_blocks(int fd, int flags) {
    return !(flags & MSG_DONTWAIT) && !(syscall(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK);
}

/* Nanoseconds of SO_RCVTIMEO; below 0: without end. */
static int64_t receive_timeout(int fd) {
    struct timeval time = {0};
    socklen_t length = sizeof(time);
    system_getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, &length);
    int64_t timeout = time.tv_sec * 1000000000LL + time.tv_usec * 1000LL;
    return timeout > 0 ? timeout : -1;
}

static ssize_t try_agent(int fd, struct msghdr *message, int flags) {
    ssize_t result = -EAGAIN;
    if (timed_enter()) {
        struct timed_socket *socket = timed_find(fd);
        if (socket) {
            result = timed_receive(socket, fd, message, flags);
        }
        timed_leave();
    }
    return result;
}

ssize_t preload_receive(int fd, struct msghdr *message, int flags) {
    struct msghdr original = *message;
    ssize_t result = try_agent(fd, message, flags);
    if (result >= 0 || (flags & MSG_ERRQUEUE)) {
        return result >= 0 ? result : NEXT(recvmsg)(fd, message, flags);
    }
    struct timed_socket *socket = timed_find(fd);
    if (!socket || !socket->receives) {
        return NEXT(recvmsg)(fd, message, flags);
    }
    int64_t timeout = receive_timeout(fd);
    for (;;) {
        *message = original;
        result = NEXT(recvmsg)(fd, message, (flags & ~MSG_WAITFORONE) | MSG_DONTWAIT);
        if (result >= 0 || errno != EAGAIN || !preload_blocks(fd, flags)) {
            return result;
        }
        int answer = preload_wait_datagram(fd, timeout);
        if (answer <= 0) {
            errno = answer < 0 ? errno : EAGAIN;
            return -1;
        }
        *message = original;
        result = try_agent(fd, message, flags);
        if (result >= 0) {
            return result;
        }
    }
}

PRELOADED ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    return timed_find(fd) ? preload_receive(fd, message, flags) : NEXT(recvmsg)(fd, message, flags);
}

PRELOADED int recvmmsg(int fd, struct mmsghdr *list, unsigned count, int flags, struct timespec *timeout) {
    struct timed_socket *socket = timed_find(fd);
    if (!socket || (!socket->receives && !(flags & MSG_ERRQUEUE))) {
        return NEXT(recvmmsg)(fd, list, count, flags, timeout);
    }
    int64_t end = timeout ? system_clock_ns(CLOCK_MONOTONIC) + timeout->tv_sec * 1000000000LL + timeout->tv_nsec : 0;
    unsigned done = 0;
    while (done < count) {
        ssize_t size = preload_receive(fd, &list[done].msg_hdr, flags & ~MSG_WAITFORONE);
        if (size < 0) {
            return done > 0 ? (int)done : -1;
        }
        list[done++].msg_len = (unsigned)size;
        if (flags & MSG_WAITFORONE) {
            flags |= MSG_DONTWAIT;
        }
        if (timeout && system_clock_ns(CLOCK_MONOTONIC) >= end) {
            break;
        }
    }
    return (int)done;
}

PRELOADED ssize_t recvfrom(int fd, void *data, size_t size, int flags, __SOCKADDR_ARG address, socklen_t *length) {
    if (!timed_find(fd)) {
        return NEXT(recvfrom)(fd, data, size, flags, address, length);
    }
    struct iovec part = {data, size};
    struct msghdr message = {.msg_name = address.__sockaddr__,
                             .msg_namelen = address.__sockaddr__ && length ? *length : 0,
                             .msg_iov = &part,
                             .msg_iovlen = 1};
    ssize_t result = preload_receive(fd, &message, flags);
    if (result >= 0 && address.__sockaddr__ && length) {
        *length = message.msg_namelen;
    }
    return result;
}

PRELOADED ssize_t recv(int fd, void *data, size_t size, int flags) {
    return timed_find(fd) ? recvfrom(fd, data, size, flags, (struct sockaddr *)NULL, NULL)
                          : NEXT(recv)(fd, data, size, flags);
}

PRELOADED ssize_t readv(int fd, const struct iovec *parts, int count) {
    struct timed_socket *socket = timed_find(fd);
    if (!socket || !socket->receives || count <= 0 || !timed_is_same(socket, fd)) {
        return NEXT(readv)(fd, parts, count);
    }
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count};
    return preload_receive(fd, &message, 0);
}

PRELOADED ssize_t read(int fd, void *data, size_t size) {
    struct timed_socket *socket = timed_find(fd);
    if (!socket || !socket->receives) {
        return NEXT(read)(fd, data, size);
    }
    struct iovec part = {data, size};
    return readv(fd, &part, 1);
}

/* _FORTIFY_SOURCE: `room` is the size of the buffer; a call that would overrun it ends the program, as in libc. */
PRELOADED ssize_t __recv_chk(int fd, void *data, size_t size, size_t room, int flags);
PRELOADED ssize_t __recv_chk(int fd, void *data, size_t size, size_t room, int flags) {
    if (size > room) {
        abort();
    }
    return recv(fd, data, size, flags);
}

PRELOADED ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags, __SOCKADDR_ARG address,
                                 socklen_t *length);
PRELOADED ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags, __SOCKADDR_ARG address,
                                 socklen_t *length) {
    if (size > room) {
        abort();
    }
    return recvfrom(fd, data, size, flags, address, length);
}

PRELOADED ssize_t __read_chk(int fd, void *data, size_t size, size_t room);
PRELOADED ssize_t __read_chk(int fd, void *data, size_t size, size_t room) {
    if (size > room) {
        abort();
    }
    return read(fd, data, size);
}
