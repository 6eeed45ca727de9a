/*
 * A program as its authors would write it: Linux headers only, nothing of this project. socket_test runs it with
 * libtsnsocket.so preloaded. Prints what it sees; exits 0 when every call answered as the kernel would.
 *
 *     plain_program SCENARIO
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PEER4 "10.77.0.2"
#define PEER6 "fd77::2"

static void die(const char *what) {
    printf("%s: %s\n", what, strerror(errno));
    exit(1);
}

static void expect(int good, const char *what) {
    if (!good) {
        die(what);
    }
}

static struct sockaddr_in peer4(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9999)};
    inet_pton(AF_INET, PEER4, &to.sin_addr);
    return to;
}

static int timed_socket(int family, clockid_t clock, uint32_t flags) {
    int fd = socket(family, SOCK_DGRAM, 0);
    struct sock_txtime txtime = {.clockid = clock, .flags = flags};
    expect(fd >= 0, "socket");
    expect(setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)) == 0, "SO_TXTIME");
    return fd;
}

static ssize_t send_at(int fd, const void *to, socklen_t to_size, struct iovec *parts, size_t count, uint64_t time) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(time))];
    } control = {0};
    struct msghdr message = {.msg_name = (void *)(uintptr_t)to,
                             .msg_namelen = to_size,
                             .msg_iov = parts,
                             .msg_iovlen = count,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_TXTIME;
    header->cmsg_len = CMSG_LEN(sizeof(time));
    memcpy(CMSG_DATA(header), &time, sizeof(time));
    return sendmsg(fd, &message, 0);
}

static void launch_time(void) {
    struct sockaddr_in to = peer4();
    struct iovec parts[3] = {{"hello ", 6}, {NULL, 0}, {"world!", 6}};
    int fd = timed_socket(AF_INET, CLOCK_TAI, SOF_TXTIME_REPORT_ERRORS);
    expect(send_at(fd, &to, sizeof(to), parts, 3, 1900000000123456789) == 12, "sendmsg");
    struct sock_txtime read_back;
    socklen_t length = sizeof(read_back);
    expect(getsockopt(fd, SOL_SOCKET, SO_TXTIME, &read_back, &length) == 0 && read_back.clockid == CLOCK_TAI, "getsockopt");
}

static void deadline_mode(void) {
    struct sockaddr_in to = peer4();
    struct iovec part = {"x", 1};
    int fd = timed_socket(AF_INET, CLOCK_MONOTONIC, SOF_TXTIME_DEADLINE_MODE);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 77000000000) == 1, "sendmsg");
}

static void launch_time6(void) {
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9999)};
    struct iovec part = {"six", 3};
    inet_pton(AF_INET6, PEER6, &to.sin6_addr);
    int fd = timed_socket(AF_INET6, CLOCK_REALTIME, 0);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 1900000000000000000) == 3, "sendmsg");
    inet_pton(AF_INET6, "::ffff:" PEER4, &to.sin6_addr);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 1900000000000000001) == 3, "sendmsg to an IPv4-mapped address");
}

/* Every way to send one byte: 'a' to 'g'. */
static void every_call(void) {
    struct sockaddr_in to = peer4();
    int seven = 7, fd = socket(AF_INET, SOCK_DGRAM, 0);
    expect(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &seven, sizeof(seven)) == 0, "SO_PRIORITY");
    expect(sendto(fd, "a", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1, "sendto");
    expect(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
    expect(send(fd, "b", 1, 0) == 1, "send");
    expect(write(fd, "c", 1) == 1, "write");
    struct iovec parts[2] = {{"d", 1}, {"D", 1}};
    expect(writev(fd, parts, 2) == 2, "writev");
    struct iovec e = {"e", 1}, f = {"f", 1};
    struct mmsghdr many[2] = {{.msg_hdr = {.msg_iov = &e, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = &f, .msg_iovlen = 1}}};
    expect(sendmmsg(fd, many, 2, 0) == 2 && many[0].msg_len == 1 && many[1].msg_len == 1, "sendmmsg");
    struct msghdr g = {.msg_iov = &(struct iovec){"g", 1}, .msg_iovlen = 1};
    expect(sendmsg(fd, &g, 0) == 1, "sendmsg");
}

static void raw_packets(void) {
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = 6, .sll_ifindex = (int)if_nametoindex("tsn0"),
                             .sll_protocol = htons(0x88f7), .sll_addr = {2, 0, 0, 0, 0, 2}};
    unsigned char frame[60] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xf7, 'r'};
    struct sock_txtime txtime = {.clockid = CLOCK_TAI};
    int raw = socket(AF_PACKET, SOCK_RAW, 0), cooked = socket(AF_PACKET, SOCK_DGRAM, 0);
    expect(setsockopt(raw, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)) == 0, "SO_TXTIME");
    expect(setsockopt(cooked, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)) == 0, "SO_TXTIME");
    struct iovec parts[2] = {{frame, 60}, {"c", 1}};
    expect(send_at(raw, &to, sizeof(to), &parts[0], 1, 5) == 60, "raw");
    expect(send_at(cooked, &to, sizeof(to), &parts[1], 1, 6) == 1, "cooked");
}

static void copies(void) {
    struct sockaddr_in to = peer4();
    int seven = 7, fd = socket(AF_INET, SOCK_DGRAM, 0);
    expect(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &seven, sizeof(seven)) == 0, "SO_PRIORITY");
    expect(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
    int second = dup(fd), third = dup2(fd, 77), priority = 0;
    socklen_t length = sizeof(priority);
    close(fd);
    expect(send(second, "2", 1, 0) == 1, "dup");
    expect(getsockopt(third, SOL_SOCKET, SO_PRIORITY, &priority, &length) == 0 && priority == 7, "getsockopt");
    close(second);
    pid_t child = fork();
    if (child == 0) {
        expect(send(third, "F", 1, 0) == 1, "fork");
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    expect(status == 0, "child");
    expect(send(third, "3", 1, 0) == 1, "dup2");
    close(third);
    int file = dup2(open("/dev/null", 1), 77); /* the same number, another file */
    expect(write(file, "zzz", 3) == 3, "write to a file");
}

static void *send_fifty(void *argument) {
    struct sockaddr_in to = peer4();
    for (int i = 0; i < 50; i++) {
        while (sendto(*(int *)argument, &i, sizeof(i), 0, (struct sockaddr *)&to, sizeof(to)) != sizeof(i)) {
            expect(errno == ENOBUFS, "sendto");
            usleep(1000);
        }
    }
    return NULL;
}

static void threads(void) {
    pthread_t thread[4];
    int fd[4], seven = 7;
    for (int i = 0; i < 4; i++) {
        fd[i] = socket(AF_INET, SOCK_DGRAM, 0);
        expect(setsockopt(fd[i], SOL_SOCKET, SO_PRIORITY, &seven, sizeof(seven)) == 0, "SO_PRIORITY");
        pthread_create(&thread[i], NULL, send_fifty, &fd[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
    }
}

static void wrong_sizes(void) {
    static char big[3000];
    struct sockaddr_in to = peer4();
    int fd = timed_socket(AF_INET, CLOCK_TAI, 0);
    struct iovec part = {big, sizeof(big)};
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == -1 && errno == EMSGSIZE, "3000 bytes");
    part.iov_len = 1472;
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == -1 && errno == EMSGSIZE, "more than the stream's frame");
    part.iov_len = 954; /* 42 + 954 + 4 = 1000 */
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 954, "the stream's largest frame");
    struct sock_txtime bad = {.clockid = CLOCK_TAI, .flags = 0x80};
    expect(setsockopt(fd, SOL_SOCKET, SO_TXTIME, &bad, sizeof(bad)) == -1 && errno == EINVAL, "unknown flag");
    expect(setsockopt(fd, SOL_SOCKET, SO_TXTIME, &bad, 3) == -1 && errno == EINVAL, "short option");
    int plain = socket(AF_INET, SOCK_DGRAM, 0), six = 6;
    expect(setsockopt(plain, SOL_SOCKET, SO_PRIORITY, &six, sizeof(six)) == 0, "SO_PRIORITY");
    expect(send_at(plain, &to, sizeof(to), &part, 1, 5) == -1 && errno == EINVAL, "SCM_TXTIME without SO_TXTIME");
}

static void ring_full(void) {
    struct sockaddr_in to = peer4();
    int fd = timed_socket(AF_INET, CLOCK_TAI, 0), sent = 0;
    struct iovec part = {"x", 1};
    while (send_at(fd, &to, sizeof(to), &part, 1, 5) == 1) {
        sent++;
    }
    expect(errno == ENOBUFS, "errno of a full ring");
    printf("%d\n", sent);
}

/* Reads one report; prints errno, code and launch time. */
static int report_read(int fd) {
    char data[2048], control[256];
    struct iovec part = {data, sizeof(data)};
    struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t size = recvmsg(fd, &message, MSG_ERRQUEUE);
    if (size < 0) {
        expect(errno == EAGAIN, "MSG_ERRQUEUE");
        return 0;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct sock_extended_err error;
    expect(message.msg_flags == MSG_ERRQUEUE && header && header->cmsg_level == SOL_IP && header->cmsg_type == IP_RECVERR, "report");
    memcpy(&error, CMSG_DATA(header), sizeof(error));
    printf("origin %u errno %u code %u launch %llu last %c\n", error.ee_origin, error.ee_errno, error.ee_code,
           (unsigned long long)error.ee_data << 32 | error.ee_info, size > 0 ? data[size - 1] : '-');
    return 1;
}

static void reports(void) {
    struct sockaddr_in to = peer4();
    struct iovec part = {"q", 1};
    int fd = timed_socket(AF_INET, CLOCK_TAI, SOF_TXTIME_REPORT_ERRORS);
    int silent = timed_socket(AF_INET, CLOCK_TAI, 0);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 1900000000000000042) == 1, "sendmsg");
    expect(send_at(silent, &to, sizeof(to), &part, 1, 1900000000000000043) == 1, "sendmsg");
    struct pollfd ready[2] = {{.fd = silent}, {.fd = fd}};
    expect(poll(ready, 2, 30000) == 1 && ready[1].revents == POLLERR && ready[0].revents == 0, "POLLERR");
    while (report_read(fd)) {
    }
    expect(poll(ready, 2, 0) == 0, "no more");
    expect(!report_read(silent), "none without SOF_TXTIME_REPORT_ERRORS");
}

static int listening_socket(void) {
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(5005)};
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
    expect(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0, "SO_TIMESTAMPNS");
    expect(bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0, "bind");
    return fd;
}

/* Seven datagrams, each by another way of waiting and reading. */
static void receive(void) {
    char data[64];
    struct sockaddr_in from;
    socklen_t length = sizeof(from);
    int fd = listening_socket();
    printf("ready\n");
    expect(recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &length) == 1, "recvfrom");
    printf("%c from %s:%u\n", data[0], inet_ntoa(from.sin_addr), ntohs(from.sin_port));

    struct pollfd ready = {.fd = fd, .events = POLLIN};
    expect(poll(&ready, 1, 30000) == 1 && ready.revents == POLLIN, "poll");
    expect(recv(fd, data, sizeof(data), MSG_PEEK) == 1 && recv(fd, data, sizeof(data), MSG_DONTWAIT) == 1, "recv");
    printf("%c\n", data[0]);

    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    expect(select(fd + 1, &set, NULL, NULL, &(struct timeval){.tv_sec = 30}) == 1 && FD_ISSET(fd, &set), "select");
    expect(read(fd, data, sizeof(data)) == 1, "read");
    printf("%c\n", data[0]);

    int edges = epoll_create1(0), levels = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 4711};
    expect(epoll_ctl(levels, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    expect(epoll_wait(levels, &event, 1, 30000) == 1 && event.data.u32 == 4711 && event.events == EPOLLIN, "epoll_wait");
    expect(epoll_wait(levels, &event, 1, 0) == 1, "level-triggered");
    expect(recv(fd, data, sizeof(data), 0) == 1 && epoll_wait(levels, &event, 1, 0) == 0, "taken");
    printf("%c\n", data[0]);

    event = (struct epoll_event){.events = EPOLLIN | EPOLLET, .data.u32 = 4712};
    expect(epoll_ctl(levels, EPOLL_CTL_DEL, fd, NULL) == 0 && epoll_ctl(edges, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    expect(epoll_wait(edges, &event, 1, 30000) == 1 && event.data.u32 == 4712, "edge");
    expect(epoll_wait(edges, &event, 1, 0) == 0, "edge once");
    char control[256];
    struct iovec part = {data, 1};
    struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    expect(recvmsg(fd, &message, 0) == 1, "recvmsg");
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct timespec stamp = {0};
    expect(header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS, "timestamp");
    memcpy(&stamp, CMSG_DATA(header), sizeof(stamp));
    printf("%c at %lld.%09ld\n", data[0], (long long)stamp.tv_sec, stamp.tv_nsec);

    struct mmsghdr many[2] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}};
    expect(recvmmsg(fd, many, 2, 0, NULL) == 2, "recvmmsg");
    printf("%c\n", data[0]);
    expect(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_usec = 20000}, sizeof(struct timeval)) == 0, "SO_RCVTIMEO");
    expect(recv(fd, data, sizeof(data), 0) == -1 && errno == EAGAIN, "time out");
}

/* Sends a byte each millisecond for as long as standard input is open. */
static void stream_on(void) {
    struct sockaddr_in to = peer4();
    int fd = timed_socket(AF_INET, CLOCK_TAI, 0);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    struct iovec part = {"s", 1};
    printf("ready\n");
    while (poll(&input, 1, 1) == 0) {
        expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 1 || errno == ENOBUFS, "sendmsg");
    }
}

static void unresolved(void) {
    struct sockaddr_in to = peer4();
    struct iovec part = {"u", 1};
    int fd = timed_socket(AF_INET, CLOCK_TAI, 0);
    inet_pton(AF_INET, "10.77.0.99", &to.sin_addr);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 1, "neighbour unknown");
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 1, "this host");
    inet_pton(AF_INET, "10.78.0.1", &to.sin_addr);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 1, "by the router");
    inet_pton(AF_INET, "239.1.2.3", &to.sin_addr);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 1, "multicast");
    inet_pton(AF_INET, "10.77.0.255", &to.sin_addr);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == -1 && errno == EACCES, "broadcast without SO_BROADCAST");
    int on = 1;
    expect(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) == 0, "SO_BROADCAST");
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 1, "broadcast");
    inet_pton(AF_INET, "203.0.113.1", &to.sin_addr);
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == -1 && errno == ENETUNREACH, "no route");
}

/* A daemon that closes every number it does not know. */
static void close_everything(void) {
    struct sockaddr_in to = peer4();
    struct iovec part = {"k", 1};
    int fd = timed_socket(AF_INET, CLOCK_TAI, 0);
    for (int i = 3; i < 1024; i++) {
        if (i != fd) {
            close(i);
        }
    }
    expect(send_at(fd, &to, sizeof(to), &part, 1, 5) == 1, "sendmsg");
    expect(dup2(fd, 960) == 960, "dup2 onto a number of the library");
    expect(send_at(960, &to, sizeof(to), &part, 1, 6) == 1, "sendmsg");
}

static int signal_socket;

static void send_in_handler(int number) {
    struct sockaddr_in to = peer4();
    int error = errno;
    (void)number;
    expect(sendto(signal_socket, "h", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1 || errno == ENOBUFS, "sendto in a handler");
    errno = error;
}

/* A signal handler sends while the thread that it interrupts may be sending. */
static void signal_handler(void) {
    struct sockaddr_in to = peer4();
    int seven = 7;
    struct itimerval often = {.it_interval.tv_usec = 200, .it_value.tv_usec = 200};
    signal_socket = socket(AF_INET, SOCK_DGRAM, 0);
    expect(setsockopt(signal_socket, SOL_SOCKET, SO_PRIORITY, &seven, sizeof(seven)) == 0, "SO_PRIORITY");
    signal(SIGALRM, send_in_handler);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 20000; i++) {
        expect(sendto(signal_socket, "m", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1 || errno == ENOBUFS, "sendto");
    }
    often = (struct itimerval){0};
    setitimer(ITIMER_REAL, &often, NULL);
}

static void *receive_for_ever(void *fd) {
    char data[64];
    recv(*(int *)fd, data, sizeof(data), 0);
    return NULL;
}

/* Waits in recv stay cancellation points, on a timed socket and on any other. */
static void cancellation(void) {
    int fds[2] = {listening_socket(), socket(AF_INET, SOCK_DGRAM, 0)};
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(5006)};
    expect(bind(fds[1], (struct sockaddr *)&local, sizeof(local)) == 0, "bind");
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, receive_for_ever, &fds[i]);
        usleep(20000);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        expect(result == PTHREAD_CANCELED, "cancelled");
    }
}

__attribute__((constructor)) static void before_main(void) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0); /* before some libraries are ready */
    expect(fd >= 0, "socket in a constructor");
    close(fd);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } scenarios[] = {{"launch-time", launch_time}, {"deadline-mode", deadline_mode}, {"launch-time6", launch_time6},
                     {"every-call", every_call},   {"raw", raw_packets},             {"copies", copies},
                     {"threads", threads},         {"wrong-sizes", wrong_sizes},     {"ring-full", ring_full},
                     {"reports", reports},         {"receive", receive},             {"stream", stream_on},
                     {"unresolved", unresolved},   {"close-everything", close_everything},
                     {"signal-handler", signal_handler}, {"cancellation", cancellation}};
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc == 2 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (strcmp(argv[1], scenarios[i].name) == 0) {
            scenarios[i].run();
            return 0;
        }
    }
    return 2;
}
