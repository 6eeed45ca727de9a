/* tsn.h against an agent that keeps the frames; and the frames themselves. Needs no privileges. */
#include "core/outcome.h"
#include "engine/test/check.h"
#include "socket/fake_agent.h"
#include "socket/frame.h"
#include "socket/tsn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/tsn-api-test.XXXXXX";
static char path[64];
static struct fake_agent agent;

static void agent_start(void) {
    memset(&agent, 0, sizeof(agent));
    fake_agent_add_stream(&agent, "control", 7, 1000);
    fake_agent_add_stream(&agent, "video", 5, 1522);
    agent.stream[1].window_period_ns = 7000003; /* no divisor of the TAI offset */
    fake_agent_start(&agent, path);
}

static struct tsn_client *opened(void) {
    struct tsn_client *client;
    CHECK_EQUAL(tsn_client_open(&client, path), 0, "open");
    return client;
}

static void shouldSayWhyItCannotAttach(void) {
    struct tsn_client *client;
    char longest[200];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    CHECK_EQUAL(tsn_client_open(&client, path), -ENOENT, "no agent");
    CHECK_EQUAL(tsn_client_open(&client, longest), -ENAMETOOLONG, "path of 199 characters");
    memset(&agent, 0, sizeof(agent));
    agent.status = -EUSERS;
    fake_agent_start(&agent, path);
    CHECK_EQUAL(tsn_client_open(&client, path), -EUSERS, "refused");
    CHECK(client == NULL, "no client after a failure");
    fake_agent_stop(&agent);
}

static void shouldTellTheStreamsOfThePod(void) {
    agent_start();
    struct tsn_client *client = opened();
    struct tsn_client_stream streams[4] = {0};
    CHECK_EQUAL(tsn_client_streams(client, streams, 4), 2, "streams");
    CHECK_EQUAL(tsn_client_streams(client, streams, 1), 2, "streams, with room for one");
    CHECK(strcmp(streams[0].name, "control") == 0 && strcmp(streams[1].name, "video") == 0, "names");
    CHECK_EQUAL(streams[0].offset_ns, 125000, "offset");
    CHECK_EQUAL(streams[0].frame_bytes, 1000, "frame");
    CHECK_EQUAL(tsn_client_find_stream(client, "video"), 1, "by name");
    CHECK_EQUAL(tsn_client_find_stream(client, "audio"), -ENOENT, "unknown name");
    tsn_client_close(client);
    fake_agent_stop(&agent);
}

static void shouldFindTheNextWindowOnTheClockOfTheCaller(void) {
    const int64_t period = 7000003, offset = 125000, agent_tai_minus_realtime = 37000000000, after = 1900000000000000000;
    agent_start();
    struct tsn_client *client = opened();
    int64_t start, again;
    CHECK_EQUAL(tsn_client_next_window(client, 1, CLOCK_REALTIME, after, &start), 0, "next window");
    CHECK(start >= after && start < after + period, "the first after the time: %lld", (long long)start);
    CHECK_EQUAL((start + agent_tai_minus_realtime - offset) % period, 0, "on the grid of the agent's TAI");
    CHECK_EQUAL(tsn_client_next_window(client, 1, CLOCK_REALTIME, start, &again), 0, "next window");
    CHECK_EQUAL(again, start, "a window that starts at the time itself");
    CHECK_EQUAL(tsn_client_next_window(client, 1, CLOCK_REALTIME, start + 1, &again), 0, "next window");
    CHECK_EQUAL(again, start + period, "the one after");
    CHECK_EQUAL(tsn_client_next_window(client, 2, CLOCK_TAI, after, &start), -ENOENT, "no such stream");
    CHECK_EQUAL(tsn_client_next_window(client, 1, CLOCK_BOOTTIME, after, &start), -EINVAL, "clock");
    tsn_client_close(client);
    fake_agent_stop(&agent);
}

struct row {
    const char *name;
    struct tsn_client_launch launch;
    size_t size;
    int result;
    uint16_t stream; /* of the descriptor */
    uint8_t traffic_class;
};

static void shouldChooseTheStreamAndCheckTheFrame(void) {
    const struct row rows[] = {
        {"a stream", {.stream = 1}, 64, 0, 1, 5},
        {"by class", {.stream = TSN_CLIENT_ANY_STREAM, .flags = TSN_CLIENT_CLASS, .traffic_class = 7}, 64, 0, 0, 7},
        {"by a class of no stream",
         {.stream = TSN_CLIENT_ANY_STREAM, .flags = TSN_CLIENT_CLASS, .traffic_class = 2},
         64,
         0,
         TSN_STREAM_ANY,
         2},
        {"by nothing, of two", {.stream = TSN_CLIENT_ANY_STREAM}, 64, 0, TSN_STREAM_ANY, TSN_CLASS_ANY},
        {"largest frame", {.stream = 0}, 996, 0, 0, 7},
        {"larger than the stream's", {.stream = 0}, 997, -EMSGSIZE, 0, 0},
        {"larger than a slot", {.stream = TSN_CLIENT_ANY_STREAM}, 2045, -EMSGSIZE, 0, 0},
        {"shorter than a header", {.stream = 0}, 13, -EINVAL, 0, 0},
        {"unknown stream", {.stream = 2}, 64, -EINVAL, 0, 0},
        {"unknown clock", {.flags = TSN_CLIENT_TIMED, .clock = CLOCK_BOOTTIME, .time_ns = 5}, 64, -EINVAL, 0, 0},
        {"time before all times", {.flags = TSN_CLIENT_TIMED, .clock = CLOCK_TAI, .time_ns = -5}, 64, -EINVAL, 0, 0},
    };
    uint8_t frame[2048] = {0};
    agent_start();
    struct tsn_client *client = opened();
    unsigned accepted = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_EQUAL(tsn_client_send(client, frame, rows[i].size, &rows[i].launch), rows[i].result, "%s", rows[i].name);
        if (rows[i].result != 0) continue;
        CHECK(fake_agent_wait_frames(&agent, ++accepted), "%s", rows[i].name);
        const struct tsn_transmit_descriptor *descriptor = &agent.frame[accepted - 1].descriptor;
        CHECK_EQUAL(descriptor->stream, rows[i].stream, "%s", rows[i].name);
        CHECK_EQUAL(descriptor->traffic_class, rows[i].traffic_class, "%s", rows[i].name);
        CHECK_EQUAL(descriptor->length, rows[i].size, "%s", rows[i].name);
    }
    CHECK_EQUAL(agent.frames, accepted, "frames");
    tsn_client_close(client);
    fake_agent_stop(&agent);
}

static void shouldReportAndReceive(void) {
    uint8_t frame[64] = "abcdefghijklmnop", received[64];
    struct tsn_client_launch launch = {
        .stream = 0, .flags = TSN_CLIENT_TIMED | TSN_CLIENT_REPORT, .clock = CLOCK_MONOTONIC, .time_ns = 5, .cookie = 4711};
    struct tsn_client_report report;
    struct tsn_client_arrival arrival;
    agent_start();
    struct tsn_client *client = opened();
    CHECK_EQUAL(tsn_client_reports(client, &report, 1), 0, "no report");
    CHECK_EQUAL(tsn_client_receive(client, received, sizeof(received), &arrival), -EAGAIN, "no frame");
    CHECK_EQUAL(tsn_client_wait(client, 1000000), 0, "nothing in a millisecond");
    CHECK_EQUAL(tsn_client_send(client, frame, sizeof(frame), &launch), 0, "send");
    CHECK(fake_agent_wait_frames(&agent, 1), "frame");
    fake_agent_report(&agent, &agent.frame[0], TSN_GATE_MISSED);
    CHECK_EQUAL(tsn_client_wait(client, -1), 1, "a report");
    CHECK_EQUAL(tsn_client_reports(client, &report, 1), 1, "report");
    CHECK(report.cookie == 4711 && report.outcome == TSN_GATE_MISSED && report.stream == 0, "report");
    CHECK(strstr(tsn_client_outcome(report.outcome), "gate"), "%s", tsn_client_outcome(report.outcome));
    fake_agent_deliver(&agent, 0, frame, sizeof(frame), 38000000007);
    CHECK_EQUAL(tsn_client_wait(client, -1), 1, "a frame");
    CHECK_EQUAL(tsn_client_receive(client, received, 5, &arrival), 64, "cut frame gives its real size");
    CHECK(memcmp(received, "abcde", 5) == 0 && arrival.realtime_ns == 1000000007, "frame, and its time on the kernel's clock");
    tsn_client_close(client);
    fake_agent_stop(&agent);
}

static void shouldBindOnceAndAgainAfterARestart(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(5005)};
    struct sockaddr_ll packet = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88f7)};
    const struct sockaddr other = {.sa_family = AF_UNIX};
    agent_start();
    struct tsn_client *client = opened();
    CHECK_EQUAL(tsn_client_bind(client, (struct sockaddr *)&address, sizeof(address)), 0, "bind");
    CHECK_EQUAL(tsn_client_bind(client, (struct sockaddr *)&address, sizeof(address)), 0, "the same again");
    CHECK_EQUAL(tsn_client_bind(client, (struct sockaddr *)&packet, sizeof(packet)), 0, "EtherType");
    CHECK_EQUAL(tsn_client_bind(client, &other, sizeof(other)), -EAFNOSUPPORT, "a unix address");
    CHECK_EQUAL(fake_agent_binds(&agent), 2, "messages");
    fake_agent_stop(&agent);
    agent_start();
    while (fake_agent_binds(&agent) < 2) tsn_client_wait(client, 1000000); /* which attaches again */
    CHECK_EQUAL(fake_agent_binds(&agent), 2, "messages to the new agent");
    CHECK_EQUAL(agent.bind[1].ethertype, 0x88f7, "EtherType");
    CHECK_EQUAL(tsn_client_unbind(client, (struct sockaddr *)&address, sizeof(address)), 0, "unbind");
    CHECK_EQUAL(tsn_client_unbind(client, (struct sockaddr *)&address, sizeof(address)), -ENOENT, "unbind twice");
    fake_agent_answer_binds(&agent, -EADDRINUSE);
    CHECK_EQUAL(tsn_client_bind(client, (struct sockaddr *)&address, sizeof(address)), -EADDRINUSE, "of another pod");
    tsn_client_close(client);
    fake_agent_stop(&agent);
}

static void shouldGiveAChildRingsOfItsOwn(void) {
    uint8_t frame[64] = {0};
    const struct tsn_client_launch launch = {.stream = 0};
    agent_start();
    struct tsn_client *client = opened();
    pid_t child = fork();
    if (child == 0) {
        int error = tsn_client_after_fork(client);
        _exit(error != 0 || tsn_client_send(client, frame, sizeof(frame), &launch) != 0);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK_EQUAL(status, 0, "child");
    CHECK_EQUAL(tsn_client_send(client, frame, sizeof(frame), &launch), 0, "parent");
    CHECK(fake_agent_wait_frames(&agent, 2), "both frames");
    CHECK(agent.frame[0].process != agent.frame[1].process, "from two attachments");
    tsn_client_close(client);
    fake_agent_stop(&agent);
}

static void *send_hundred(void *client) {
    uint8_t frame[64] = {0};
    const struct tsn_client_launch launch = {.stream = 1};
    struct tsn_client_report report;
    for (int i = 0; i < 100; i++) {
        CHECK_EQUAL(tsn_client_send(client, frame, sizeof(frame), &launch), 0, "frame %d", i);
        tsn_client_reports(client, &report, 1);
        usleep(100);
    }
    return NULL;
}

static void shouldTakeFramesOfManyThreads(void) {
    pthread_t threads[4];
    agent_start();
    struct tsn_client *client = opened();
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, send_hundred, client);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    CHECK(fake_agent_wait_frames(&agent, 400), "all frames");
    tsn_client_close(client);
    fake_agent_stop(&agent);
}

/* RFC 1071's example and RFC 768's rule for a sum of zero. */
static void shouldComputeChecksums(void) {
    const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    CHECK_EQUAL(ntohs(checksum_finish(checksum_add(0, example, 8))), 0x220d, "checksum");
    CHECK_EQUAL(ntohs(checksum_finish(checksum_add(0, example, 7))), 0x2304, "checksum of an odd number of bytes");
    struct frame_flow flow = {.family = AF_INET, .hop_limit = 1};
    struct frame_datagram datagram;
    uint8_t frame[64];
    for (unsigned payload = 0; payload <= 0xffff; payload++) { /* one of them sums up to zero */
        frame[42] = (uint8_t)(payload >> 8);
        frame[43] = (uint8_t)payload;
        size_t size = frame_write(frame, &flow, 2);
        CHECK(frame[40] || frame[41], "no checksum of zero, which says that there is none");
        CHECK_EQUAL(frame_read(frame, size, false, &datagram), 0, "payload %04x", payload);
    }
}

static void shouldReadNoDamagedFrame(void) {
    struct frame_flow flow = {.family = AF_INET6, .hop_limit = 64, .source_port = 1, .destination_port = 2};
    struct frame_datagram datagram;
    uint8_t frame[128] = {0};
    flow.destination.v6.s6_addr[0] = 0xfd;
    size_t size = frame_write(frame, &flow, 20);
    CHECK_EQUAL(frame_read(frame, size, false, &datagram), 0, "intact");
    for (size_t shorter = 0; shorter < size; shorter++)
        CHECK(frame_read(frame, shorter, false, &datagram) < 0, "%zu of %zu bytes", shorter, size);
    for (size_t bit = 22 * 8; bit < size * 8; bit++) { /* behind the hop limit, which no checksum covers */
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(frame_read(frame, size, false, &datagram) < 0, "bit %zu turned", bit);
        frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    frame[size - 1] ^= 1;
    CHECK_EQUAL(frame_read(frame, size, true, &datagram), 0, "a checksum that is pending is not looked at");
}

static void shouldReadRandomBytesWithoutHarm(void) {
    unsigned seed = 7;
    struct frame_datagram datagram;
    for (int round = 0; round < 200000; round++) {
        size_t size = (size_t)rand_r(&seed) % 100;
        uint8_t *frame = malloc(size ? size : 1); /* of its exact size, for the address sanitizer */
        for (size_t i = 0; i < size; i++) frame[i] = (uint8_t)rand_r(&seed);
        if (size > 24) {
            memcpy(frame + 12, round % 3 == 0 ? "\x81\x00" : round % 3 == 1 ? "\x08\x00" : "\x86\xdd", 2);
            frame[14] = round % 3 == 1 ? 0x45 : 0x60;
        }
        if (frame_read(frame, size, true, &datagram) == 0)
            CHECK(datagram.payload >= frame && datagram.payload + datagram.payload_size <= frame + size, "seed 7, round %d", round);
        free(frame);
    }
}

int main(void) {
    CHECK(mkdtemp(folder), "no folder");
    snprintf(path, sizeof(path), "%s/tsn.sock", folder);
    RUN(shouldSayWhyItCannotAttach);
    RUN(shouldTellTheStreamsOfThePod);
    RUN(shouldFindTheNextWindowOnTheClockOfTheCaller);
    RUN(shouldChooseTheStreamAndCheckTheFrame);
    RUN(shouldReportAndReceive);
    RUN(shouldBindOnceAndAgainAfterARestart);
    RUN(shouldGiveAChildRingsOfItsOwn);
    RUN(shouldTakeFramesOfManyThreads);
    RUN(shouldComputeChecksums);
    RUN(shouldReadNoDamagedFrame);
    RUN(shouldReadRandomBytesWithoutHarm);
    rmdir(folder);
    return 0;
}
