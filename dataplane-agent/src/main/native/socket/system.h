#ifndef TSN_SYSTEM_H
#define TSN_SYSTEM_H

/*
 * System calls made directly, so that the library's own sockets never pass through the functions it interposes, and so
 * that nothing here depends on dlsym, on initialisation order or on a symbol version of libc. All return -errno.
 */

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static inline long system_result(long result) {
    return result < 0 ? -errno : result;
}

static inline int system_socket(int family, int type, int protocol) {
    return (int)system_result(syscall(SYS_socket, family, type, protocol));
}

static inline int system_close(int fd) {
    return (int)system_result(syscall(SYS_close, fd));
}

static inline int system_bind(int fd, const struct sockaddr *address, socklen_t length) {
    return (int)system_result(syscall(SYS_bind, fd, address, length));
}

static inline int system_connect(int fd, const struct sockaddr *address, socklen_t length) {
    return (int)system_result(syscall(SYS_connect, fd, address, length));
}

static inline ssize_t system_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
                                    socklen_t length) {
    return system_result(syscall(SYS_sendto, fd, data, size, flags, address, length));
}

static inline ssize_t system_recvfrom(int fd, void *data, size_t size, int flags) {
    return system_result(syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL));
}

static inline ssize_t system_recvmsg(int fd, struct msghdr *message, int flags) {
    return system_result(syscall(SYS_recvmsg, fd, message, flags));
}

static inline ssize_t system_read(int fd, void *data, size_t size) {
    return system_result(syscall(SYS_read, fd, data, size));
}

static inline ssize_t system_write(int fd, const void *data, size_t size) {
    return system_result(syscall(SYS_write, fd, data, size));
}

static inline int system_getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
    return (int)system_result(syscall(SYS_getsockopt, fd, level, name, value, length));
}

static inline int system_setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    return (int)system_result(syscall(SYS_setsockopt, fd, level, name, value, length));
}

static inline int system_getsockname(int fd, struct sockaddr *address, socklen_t *length) {
    return (int)system_result(syscall(SYS_getsockname, fd, address, length));
}

static inline int system_getpeername(int fd, struct sockaddr *address, socklen_t *length) {
    return (int)system_result(syscall(SYS_getpeername, fd, address, length));
}

/* timeout NULL: without end. The kernel's ppoll writes the rest of the time into a copy. */
static inline int system_poll(struct pollfd *list, nfds_t count, const struct timespec *timeout) {
    struct timespec copy = timeout ? *timeout : (struct timespec){0};
    return (int)system_result(syscall(SYS_ppoll, list, count, timeout ? &copy : NULL, NULL, 0));
}

static inline int system_poll_now(struct pollfd *list, nfds_t count) {
    struct timespec none = {0};
    return system_poll(list, count, &none);
}

static inline int64_t system_clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

#endif
