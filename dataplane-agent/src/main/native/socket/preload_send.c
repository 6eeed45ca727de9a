/* The sending functions. */
#include "socket/preload.h"

#include <limits.h>
#include <string.h>

ssize_t preload_send(int fd, const struct msghdr *message, int flags) {
    struct timed_socket *socket = timed_find(fd);
    ssize_t result = TIMED_USE_KERNEL;
    if (socket && timed_enter()) {
        socket = timed_find(fd);
        if (socket) {
            result = timed_send(socket, fd, message, flags);
        }
        timed_leave();
    }
    return result;
}

static ssize_t kernel_sendmsg(int fd, const struct msghdr *message, int flags) {
    struct timed_socket *socket = timed_find(fd);
    if (socket && socket->txtime_pretended && message->msg_controllen > 0) {
        struct msghdr copy;
        uint8_t control[256] __attribute__((aligned(8)));
        timed_without_txtime(&copy, message, control, sizeof(control));
        return NEXT(sendmsg)(fd, &copy, flags);
    }
    return NEXT(sendmsg)(fd, message, flags);
}

PRELOADED ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    if (!timed_find(fd)) {
        return NEXT(sendmsg)(fd, message, flags);
    }
    ssize_t result = preload_send(fd, message, flags);
    return result == TIMED_USE_KERNEL ? kernel_sendmsg(fd, message, flags) : preload_result(result);
}

PRELOADED int sendmmsg(int fd, struct mmsghdr *list, unsigned count, int flags) {
    unsigned done = 0;
    if (!timed_find(fd)) {
        return NEXT(sendmmsg)(fd, list, count, flags);
    }
    for (; done < count && done < IOV_MAX; done++) {
        ssize_t sent = sendmsg(fd, &list[done].msg_hdr, flags);
        if (sent < 0) {
            return done > 0 ? (int)done : -1;
        }
        list[done].msg_len = (unsigned)sent;
    }
    return (int)done;
}

PRELOADED ssize_t sendto(int fd, const void *data, size_t size, int flags, __CONST_SOCKADDR_ARG address,
                         socklen_t length) {
    const struct sockaddr *to = address.__sockaddr__;
    if (timed_find(fd)) {
        struct iovec part = {(void *)(uintptr_t)data, size};
        struct msghdr message = {
                .msg_name = (void *)(uintptr_t)to, .msg_namelen = to ? length : 0, .msg_iov = &part, .msg_iovlen = 1};
        ssize_t result = preload_send(fd, &message, flags);
        if (result != TIMED_USE_KERNEL) {
            return preload_result(result);
        }
    }
    return NEXT(sendto)(fd, data, size, flags, address, length);
}

PRELOADED ssize_t send(int fd, const void *data, size_t size, int flags) {
    if (timed_find(fd)) {
        struct iovec part = {(void *)(uintptr_t)data, size};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        ssize_t result = preload_send(fd, &message, flags);
        if (result != TIMED_USE_KERNEL) {
            return preload_result(result);
        }
    }
    return NEXT(send)(fd, data, size, flags);
}

/* write and writev are for any file: a descriptor number that became another file unseen must not reach the network. */
static ssize_t write_parts(int fd, const struct iovec *parts, int count) {
    struct timed_socket *socket = timed_find(fd);
    if (!socket || !timed_is_same(socket, fd)) {
        return TIMED_USE_KERNEL;
    }
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count};
    return preload_send(fd, &message, 0);
}

PRELOADED ssize_t write(int fd, const void *data, size_t size) {
    if (timed_find(fd)) {
        struct iovec part = {(void *)(uintptr_t)data, size};
        ssize_t result = write_parts(fd, &part, 1);
        if (result != TIMED_USE_KERNEL) {
            return preload_result(result);
        }
    }
    return NEXT(write)(fd, data, size);
}

PRELOADED ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (timed_find(fd) && count > 0 && count <= IOV_MAX) {
        ssize_t result = write_parts(fd, parts, count);
        if (result != TIMED_USE_KERNEL) {
            return preload_result(result);
        }
    }
    return NEXT(writev)(fd, parts, count);
}
