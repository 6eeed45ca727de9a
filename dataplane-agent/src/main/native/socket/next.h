#ifndef TSN_NEXT_H
#define TSN_NEXT_H

/*
 * The functions that the library stands in front of: NEXT(send)(fd, …) calls the one that the program would have got.
 * All are looked up when the library is loaded, so that later calls, also those of signal handlers, do not enter dlsym.
 * Before that (a constructor of another library that opens sockets) each is looked up when it is first called.
 */

#include <poll.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT_FUNCTIONS(X)                                                                                   \
    X(socket) X(socketpair) X(accept) X(accept4) X(setsockopt) X(getsockopt) X(bind) X(connect)             \
    X(close) X(close_range) X(closefrom) X(dup) X(dup2) X(dup3) X(fcntl) X(fcntl64)                         \
    X(send) X(sendto) X(sendmsg) X(sendmmsg) X(write) X(writev)                                             \
    X(recv) X(recvfrom) X(recvmsg) X(recvmmsg) X(read) X(readv)                                             \
    X(poll) X(ppoll) X(select) X(pselect) X(epoll_ctl) X(epoll_wait) X(epoll_pwait) X(epoll_pwait2)           \
    X(execve) X(execv) X(execvp) X(execvpe) X(posix_spawn) X(posix_spawnp)

enum next_function {
#define NEXT_ENUM(name) NEXT_##name,
    NEXT_FUNCTIONS(NEXT_ENUM)
#undef NEXT_ENUM
    NEXT_COUNT
};

int close_range(unsigned first, unsigned last, int flags);
void closefrom(int first);

/* The address, or that of a function that answers -1 with ENOSYS where this libc has none. */
void *next_function(enum next_function function);

#define NEXT(name) ((__typeof__(&name))next_function(NEXT_##name))

#endif
