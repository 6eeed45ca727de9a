#include "core/outcome.h"
#include "histogram.h"
#include "message.h"
#include "report.h"
#include "run.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define START_DELAY_NS 100000000LL /* to the first launch, so that its wake-up is never late */
#define REPORT_WAIT_NS 200000000LL /* for the last error reports */

struct talker {
    const struct options *options;
    int socket;
    uint8_t *payload;
    uint64_t sent;
    uint64_t refused; /* send calls that failed, by cause below */
    int refused_errno;
    uint64_t behind;   /* send calls made after their launch time */
    uint64_t missed;   /* reports: SO_EE_CODE_TXTIME_MISSED */
    uint64_t invalid;  /* reports: SO_EE_CODE_TXTIME_INVALID_PARAM */
    uint64_t reported; /* other reports */
    uint64_t reported_by[TSN_OUTCOME_COUNT]; /* of those above, what the agent says beyond the kernel's two codes */
    struct histogram wakeup_late;
    struct histogram send_call;
};

static int socket_open(struct talker *talker) {
    const struct options *options = talker->options;
    talker->socket = socket(options->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (talker->socket < 0) {
        complain("cannot open a UDP socket", errno);
        return -1;
    }
    if (options->interface && setsockopt(talker->socket, SOL_SOCKET, SO_BINDTODEVICE, options->interface,
                                         (socklen_t)strlen(options->interface) + 1) != 0) {
        complain("--interface", errno);
        return -1;
    }
    if (options->traffic_class >= 0 && setsockopt(talker->socket, SOL_SOCKET, SO_PRIORITY, &options->traffic_class,
                                                  sizeof(options->traffic_class)) != 0) {
        complain("--class: setsockopt(SO_PRIORITY)", errno);
        return -1;
    }
    struct sock_txtime txtime = {
        .clockid = CLOCK_TAI,
        .flags = SOF_TXTIME_REPORT_ERRORS | (options->deadline_mode ? SOF_TXTIME_DEADLINE_MODE : 0),
    };
    if (options->launch_time &&
        setsockopt(talker->socket, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)) != 0) {
        complain("--launch-time: setsockopt(SO_TXTIME)", errno);
        return -1;
    }
    return 0;
}

/* Sleeps to `until`, the last part spun. False when a signal ended the wait. */
static bool wait_until(const struct options *options, int64_t until_tai_ns) {
    int64_t sleep_until = until_tai_ns - options->spin_ns;
    struct timespec time = {.tv_sec = sleep_until / 1000000000LL, .tv_nsec = sleep_until % 1000000000LL};
    while (clock_nanosleep(CLOCK_TAI, TIMER_ABSTIME, &time, NULL) == EINTR) {
        if (run_stopped())
            return false;
    }
    while (options->spin_ns > 0 && clock_tai_ns() < until_tai_ns) {
        if (run_stopped())
            return false;
    }
    return !run_stopped();
}

static void reports_read(struct talker *talker) {
    uint8_t data[64];
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    for (;;) {
        struct iovec part = {data, sizeof(data)};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
        if (recvmsg(talker->socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return;
        for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
            struct sock_extended_err error;
            if (header->cmsg_len < CMSG_LEN(sizeof(error)))
                continue;
            memcpy(&error, CMSG_DATA(header), sizeof(error));
            if (error.ee_origin == SO_EE_ORIGIN_TXTIME && error.ee_type > 0 && error.ee_type < TSN_OUTCOME_COUNT)
                talker->reported_by[error.ee_type]++;
            if (error.ee_origin != SO_EE_ORIGIN_TXTIME)
                talker->reported++;
            else if (error.ee_code == SO_EE_CODE_TXTIME_MISSED)
                talker->missed++;
            else
                talker->invalid++;
        }
    }
}

static void frame_send(struct talker *talker, uint32_t sequence, uint8_t run, bool last, int64_t launch_ns) {
    const struct options *options = talker->options;
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(uint64_t))];
    } control = {0};
    struct iovec part = {talker->payload, options->size};
    struct msghdr message = {.msg_name = (void *)&options->address,
                             .msg_namelen = options->address_length,
                             .msg_iov = &part,
                             .msg_iovlen = 1};
    if (options->launch_time) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_TXTIME;
        header->cmsg_len = CMSG_LEN(sizeof(uint64_t));
        memcpy(CMSG_DATA(header), &launch_ns, sizeof(launch_ns));
    }
    struct message content = {.launch_time = options->launch_time,
                              .last = last,
                              .run = run,
                              .sequence = sequence,
                              .launch_tai_ns = launch_ns,
                              .send_tai_ns = clock_tai_ns()};
    message_write(&content, talker->payload);
    histogram_record(&talker->wakeup_late, content.send_tai_ns - (launch_ns - options->lead_ns));
    if (content.send_tai_ns > launch_ns && options->lead_ns > 0)
        talker->behind++;
    ssize_t size = sendmsg(talker->socket, &message, 0);
    int error = size < 0 ? errno : 0;
    histogram_record(&talker->send_call, clock_tai_ns() - content.send_tai_ns);
    if (error == 0) {
        talker->sent++;
    } else {
        if (talker->refused++ == 0 || talker->refused_errno != error)
            complain("send", error);
        talker->refused_errno = error;
    }
    if (options->verbose)
        printf("%u launch=%lld send=%lld errno=%d\n", sequence, (long long)launch_ns,
               (long long)content.send_tai_ns, error);
}

static void result_print(struct talker *talker) {
    const struct options *options = talker->options;
    struct report report = {.file = stdout, .json = options->json, .hgrm_prefix = options->hgrm_prefix,
                            .hlog_path = options->hlog_path, .began_ns = options->began_ns};
    report_begin(&report, "talker");
    report_count(&report, "sent", "frames sent", talker->sent);
    report_count(&report, "refused", "send calls refused", talker->refused);
    report_count(&report, "behind", "send calls after the launch time", talker->behind);
    report_count(&report, "reportedMissed", "reported: launch time missed", talker->missed);
    report_count(&report, "reportedInvalid", "reported: launch time invalid", talker->invalid);
    report_count(&report, "reportedOther", "reported: other errors", talker->reported);
    for (int outcome = 0; outcome < TSN_OUTCOME_COUNT; outcome++) {
        char json_name[64], text[64];
        snprintf(json_name, sizeof(json_name), "reported.%s", tsn_outcome_name((enum tsn_outcome)outcome));
        snprintf(text, sizeof(text), "  of these: %s", tsn_outcome_name((enum tsn_outcome)outcome));
        if (talker->reported_by[outcome] > 0)
            report_count(&report, json_name, text, talker->reported_by[outcome]);
    }
    report_times(&report, "wakeupLateNs", "wake-up behind plan", &talker->wakeup_late);
    report_times(&report, "sendCallNs", "send call", &talker->send_call);
    report_end(&report);
}

static void talk(struct talker *talker) {
    const struct options *options = talker->options;
    uint8_t run = 0;
    (void)!getrandom(&run, sizeof(run), 0);
    int64_t earliest = clock_tai_ns() + START_DELAY_NS + options->lead_ns + options->spin_ns;
    int64_t launch_ns = (earliest / options->period_ns + 1) * options->period_ns + options->offset_ns;
    for (uint64_t i = 0; options->count == 0 || i < options->count; i++, launch_ns += options->period_ns) {
        if (!wait_until(options, launch_ns - options->lead_ns))
            break;
        frame_send(talker, (uint32_t)i, run, i + 1 == options->count, launch_ns);
        reports_read(talker);
    }
    if (options->launch_time) {
        wait_until(&(struct options){0}, clock_tai_ns() + options->lead_ns + REPORT_WAIT_NS);
        reports_read(talker);
    }
}

int talker_run(const struct options *options) {
    struct talker *talker = calloc(1, sizeof(*talker));
    int code = 1;
    if (!talker || !(talker->payload = calloc(1, options->size))) {
        complain("talker", ENOMEM);
        goto end;
    }
    talker->options = options;
    memory_settle();
    if (socket_open(talker) != 0)
        goto end;
    talk(talker);
    result_print(talker);
    code = talker->sent > 0 ? 0 : 1;
end:
    if (talker) {
        if (talker->socket > 0)
            close(talker->socket);
        free(talker->payload);
    }
    free(talker);
    return code;
}
