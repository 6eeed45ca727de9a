#include "histogram.h"
#include "message.h"
#include "report.h"
#include "run.h"
#include "talkers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct listener {
    const struct options *options;
    int socket;
    struct talkers talkers;
    uint64_t received;
    uint64_t foreign;     /* datagrams that no talker of ours made */
    uint64_t unstamped;   /* without a kernel receive timestamp: measured at the receive call */
    uint64_t within[3];   /* |arrival - launch| within window_ns[] */
    struct signed_histogram arrival_error;
    struct histogram one_way;
    struct histogram gap_error;
};

static const int64_t window_ns[3] = {10000, 50000, 100000};

static int socket_open(struct listener *listener) {
    const struct options *options = listener->options;
    int on = 1, buffer_bytes = 8 << 20;
    listener->socket = socket(options->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (listener->socket < 0) {
        complain("cannot open a UDP socket", errno);
        return -1;
    }
    if (options->interface && setsockopt(listener->socket, SOL_SOCKET, SO_BINDTODEVICE, options->interface,
                                         (socklen_t)strlen(options->interface) + 1) != 0) {
        complain("--interface", errno);
        return -1;
    }
    /* What a stall of this process loses would count against the path; beyond rmem_max only with CAP_NET_ADMIN. */
    if (setsockopt(listener->socket, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) != 0)
        (void)setsockopt(listener->socket, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof(buffer_bytes));
    if (setsockopt(listener->socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0) {
        complain("setsockopt(SO_TIMESTAMPNS)", errno);
        return -1;
    }
    if (bind(listener->socket, (const struct sockaddr *)&options->address, options->address_length) != 0) {
        complain("cannot bind to the address and port", errno);
        return -1;
    }
    return 0;
}

/* The kernel's receive time in TAI, or 0 when the datagram has none. */
static int64_t arrival_of(struct msghdr *message, int64_t tai_offset_ns) {
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec time;
            memcpy(&time, CMSG_DATA(header), sizeof(time));
            return time.tv_sec * 1000000000LL + time.tv_nsec + tai_offset_ns;
        }
    }
    return 0;
}

static void measure(struct listener *listener, const struct message *message, const struct sockaddr_storage *source,
                    int64_t arrival_ns) {
    struct talker_seen *talker = talkers_find(&listener->talkers, source, message->run);
    if (!talker)
        return;
    enum place place = talker_seen_count(talker, message->sequence);
    if (place == PLACE_DUPLICATE)
        return;
    int64_t error_ns = arrival_ns - message->launch_tai_ns;
    listener->received++;
    signed_histogram_record(&listener->arrival_error, error_ns);
    histogram_record(&listener->one_way, arrival_ns - message->send_tai_ns);
    for (size_t i = 0; i < 3; i++)
        listener->within[i] += llabs(error_ns) <= window_ns[i];
    if (place == PLACE_IN_ORDER && talker->received > 1) {
        int64_t gap_ns = arrival_ns - talker->arrival_ns;
        int64_t planned_ns = message->launch_tai_ns - talker->launch_ns;
        histogram_record(&listener->gap_error, llabs(gap_ns - planned_ns));
    }
    if (place == PLACE_IN_ORDER) {
        talker->arrival_ns = arrival_ns;
        talker->launch_ns = message->launch_tai_ns;
    }
    if (listener->options->verbose)
        printf("%u launch=%lld arrival=%lld error=%lld one-way=%lld%s\n", message->sequence,
               (long long)message->launch_tai_ns, (long long)arrival_ns, (long long)error_ns,
               (long long)(arrival_ns - message->send_tai_ns), place == PLACE_IN_ORDER ? "" : " out-of-order");
}

/* Reads what is there. Returns 0, or -errno when the socket broke. */
static int receive(struct listener *listener, int64_t tai_offset_ns) {
    uint8_t payload[9216];
    union {
        struct cmsghdr align;
        uint8_t bytes[256];
    } control;
    for (;;) {
        struct sockaddr_storage source = {0};
        struct iovec part = {payload, sizeof(payload)};
        struct msghdr header = {.msg_name = &source,
                                .msg_namelen = sizeof(source),
                                .msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = &control,
                                .msg_controllen = sizeof(control)};
        ssize_t size = recvmsg(listener->socket, &header, MSG_DONTWAIT);
        if (size < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        int64_t arrival_ns = arrival_of(&header, tai_offset_ns);
        if (arrival_ns == 0) {
            arrival_ns = clock_tai_ns();
            listener->unstamped++;
        }
        struct message message;
        if (message_read(&message, payload, (size_t)size))
            measure(listener, &message, &source, arrival_ns);
        else
            listener->foreign++;
    }
}

static void result_print(struct listener *listener) {
    const struct options *options = listener->options;
    struct talkers_total total = talkers_total(&listener->talkers);
    uint64_t expected = options->count > total.expected ? options->count : total.expected;
    if (expected < listener->received)
        expected = listener->received;
    double shares = expected ? (double)expected : 1;
    struct report report = {.file = stdout, .json = options->json, .hgrm_prefix = options->hgrm_prefix,
                            .hlog_path = options->hlog_path, .began_ns = options->began_ns};
    report_begin(&report, "listener");
    report_count(&report, "talkers", "talkers", listener->talkers.count);
    report_count(&report, "expected", "frames expected", expected);
    report_count(&report, "received", "frames received", listener->received);
    report_count(&report, "lost", "lost", expected - listener->received);
    report_count(&report, "reordered", "out of order", total.reordered);
    report_count(&report, "duplicates", "duplicates", total.duplicates);
    report_count(&report, "foreign", "foreign datagrams", listener->foreign);
    report_count(&report, "unstamped", "without kernel timestamp", listener->unstamped);
    report_share(&report, "within10us", "within 10 us of launch, lost = miss", (double)listener->within[0] / shares);
    report_share(&report, "within50us", "within 50 us of launch", (double)listener->within[1] / shares);
    report_share(&report, "within100us", "within 100 us of launch", (double)listener->within[2] / shares);
    report_signed_times(&report, "arrivalErrorNs", "arrival - launch", &listener->arrival_error);
    report_times(&report, "arrivalErrorMagnitudeNs", "|arrival - launch|", &listener->arrival_error.magnitude);
    report_times(&report, "oneWayLatencyNs", "one-way latency, arrival - send", &listener->one_way);
    report_times(&report, "gapErrorNs", "inter-packet gap error", &listener->gap_error);
    report_end(&report);
}

static bool finished(const struct listener *listener) {
    return listener->options->count > 0 && listener->received >= listener->options->count;
}

static int listen_until_end(struct listener *listener) {
    int64_t tai_offset_ns = clock_tai_offset_ns();
    int64_t last_ns = clock_tai_ns();
    while (!run_stopped() && !finished(listener)) {
        int64_t idle_ns = listener->options->idle_ns;
        bool bounded = idle_ns > 0 && listener->received > 0;
        int64_t left_ns = last_ns + idle_ns - clock_tai_ns();
        if (bounded && left_ns <= 0)
            return 0;
        struct pollfd ready = {.fd = listener->socket, .events = POLLIN};
        int answer = poll(&ready, 1, bounded ? (int)(left_ns / 1000000) + 1 : 1000);
        if (answer < 0 && errno != EINTR)
            return -errno;
        if (answer > 0) {
            int error = receive(listener, tai_offset_ns);
            if (error != 0)
                return error;
            last_ns = clock_tai_ns();
        }
    }
    return receive(listener, tai_offset_ns); /* what came before the signal */
}

int listener_run(const struct options *options) {
    struct listener *listener = calloc(1, sizeof(*listener));
    int code = 1;
    if (!listener) {
        complain("listener", ENOMEM);
        return 1;
    }
    listener->options = options;
    memory_settle();
    if (socket_open(listener) == 0) {
        int error = listen_until_end(listener);
        if (error != 0)
            complain("receive", -error);
        result_print(listener);
        code = error == 0 && listener->received > 0 ? 0 : 1;
    }
    if (listener->socket > 0)
        close(listener->socket);
    free(listener);
    return code;
}
