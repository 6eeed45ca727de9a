/*
 * Unmodified programs with libtsnsocket.so preloaded, against an agent that speaks the protocol and keeps the frames.
 *     socket_test LIBRARY PROGRAM
 * Runs in a user and network namespace of its own.
 */
#include "core/outcome.h"
#include "socket/fake_agent.h"
#include "socket/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAI_OFFSET_NS 37000000000LL

static int failures;
static const char *test_name = "";

#define CHECK(condition)                                                                         \
    do {                                                                                         \
        if (!(condition)) {                                                                      \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, test_name, #condition);       \
            failures++;                                                                          \
        }                                                                                        \
    } while (0)

struct run {
    pid_t pid;
    int input;
    FILE *output, *errors;
    char said[8192], complained[8192];
};

static const char *library, *program;
static char socket_path[64];
static struct fake_agent agent;

static void run_start(struct run *run, const char *scenario, const char *receive_ports) {
    int in[2], out[2], err[2];
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
        perror("pipe");
        exit(1);
    }
    run->pid = fork();
    if (run->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(err[1], 2);
        setenv("LD_PRELOAD", getenv("TEST_PRELOAD_FIRST") ? getenv("TEST_PRELOAD_FIRST") : library, 1);
        setenv("TSN_SOCKET", socket_path, 1);
        setenv("TSN_RECEIVE", receive_ports, 1);
        execl(program, program, scenario, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    run->input = in[1];
    run->output = fdopen(out[0], "r");
    run->errors = fdopen(err[0], "r");
}

static int run_end(struct run *run) {
    int status;
    close(run->input);
    run->said[fread(run->said, 1, sizeof(run->said) - 1, run->output)] = '\0';
    run->complained[fread(run->complained, 1, sizeof(run->complained) - 1, run->errors)] = '\0';
    fclose(run->output);
    fclose(run->errors);
    waitpid(run->pid, &status, 0);
    status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (status != 0) {
        fprintf(stderr, "%s: exit %d: %s%s\n", test_name, status, run->said, run->complained);
        failures++;
    }
    return status;
}

static void run_program(struct run *run, const char *scenario) {
    run_start(run, scenario, "");
    run_end(run);
}

static void line_wait(struct run *run, const char *line) {
    char read[256];
    if (!fgets(read, sizeof(read), run->output) || strcmp(read, line) != 0) {
        fprintf(stderr, "%s: expected %s", test_name, line);
        failures++;
    }
}

static void agent_start(void) {
    memset(&agent, 0, sizeof(agent));
    fake_agent_add_stream(&agent, "control", 7, 1000);
    fake_agent_start(&agent, socket_path);
}

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 1}, peer_mac[6] = {2, 0, 0, 0, 0, 2}, router_mac[6] = {2, 0, 0, 0, 0, 3};

/* The datagram of a frame that came, checked down to its checksums. */
static struct frame_datagram datagram_of(unsigned number, const uint8_t *destination_mac) {
    struct frame_datagram datagram = {0};
    const struct fake_frame *frame = &agent.frame[number];
    CHECK(number < agent.frames);
    CHECK(frame_read(frame->bytes, frame->descriptor.length, false, &datagram) == 0);
    CHECK(memcmp(frame->bytes, destination_mac, 6) == 0);
    CHECK(memcmp(frame->bytes + 6, own_mac, 6) == 0);
    return datagram;
}

static bool payload_is(const struct frame_datagram *datagram, const char *text) {
    return datagram->payload_size == strlen(text) && memcmp(datagram->payload, text, strlen(text)) == 0;
}

static bool address_is(const struct frame_datagram *datagram, const char *source, const char *destination) {
    char from[64], to[64];
    inet_ntop(datagram->family, &datagram->source, from, sizeof(from));
    inet_ntop(datagram->family, &datagram->destination, to, sizeof(to));
    return strcmp(from, source) == 0 && strcmp(to, destination) == 0;
}

static void launch_time_and_all_parts_reach_the_agent(void) {
    static struct run run;
    agent_start();
    run_program(&run, "launch-time");
    CHECK(fake_agent_wait_frames(&agent, 1));
    struct frame_datagram datagram = datagram_of(0, peer_mac);
    CHECK(payload_is(&datagram, "hello world!"));
    CHECK(address_is(&datagram, "10.77.0.1", "10.77.0.2"));
    CHECK(ntohs(datagram.destination_port) == 9999 && datagram.source_port != 0 && datagram.hop_limit == 64);
    const struct tsn_transmit_descriptor *descriptor = &agent.frame[0].descriptor;
    /* The kernel of the test has no TAI offset: its TAI is REALTIME, which every agent understands alike. */
    CHECK(descriptor->time_ns == 1900000000123456789 && descriptor->time_base == TSN_TIME_REALTIME);
    CHECK(descriptor->stream == 0 && descriptor->traffic_class == 7);
    CHECK(descriptor->flags == TSN_TRANSMIT_REPORT_ERRORS);
    CHECK(strcmp(run.complained, "") == 0);
    fake_agent_stop(&agent);
}

static void deadline_mode_and_clock_are_kept(void) {
    static struct run run;
    agent_start();
    run_program(&run, "deadline-mode");
    CHECK(fake_agent_wait_frames(&agent, 1));
    const struct tsn_transmit_descriptor *descriptor = &agent.frame[0].descriptor;
    CHECK(descriptor->time_ns == 77000000000 && descriptor->time_base == TSN_TIME_MONOTONIC);
    CHECK(descriptor->flags == TSN_TRANSMIT_DEADLINE);
    fake_agent_stop(&agent);
}

static void ipv6_and_mapped_addresses_are_sent(void) {
    static struct run run;
    agent_start();
    run_program(&run, "launch-time6");
    CHECK(fake_agent_wait_frames(&agent, 2));
    struct frame_datagram six = datagram_of(0, peer_mac), four = datagram_of(1, peer_mac);
    CHECK(payload_is(&six, "six") && address_is(&six, "fd77::1", "fd77::2"));
    CHECK(payload_is(&four, "six") && address_is(&four, "10.77.0.1", "10.77.0.2"));
    CHECK(six.source_port == four.source_port);
    fake_agent_stop(&agent);
}

static void every_sending_call_is_timed_by_class(void) {
    static struct run run;
    static const char *const payloads[] = {"a", "b", "c", "dD", "e", "f", "g"};
    agent_start();
    run_program(&run, "every-call");
    CHECK(fake_agent_wait_frames(&agent, 7));
    for (unsigned i = 0; i < 7; i++) {
        struct frame_datagram datagram = datagram_of(i, peer_mac);
        CHECK(payload_is(&datagram, payloads[i]));
        CHECK(agent.frame[i].descriptor.time_base == TSN_TIME_NONE && agent.frame[i].descriptor.flags == 0);
    }
    fake_agent_stop(&agent);
}

static void packet_sockets_are_timed(void) {
    static struct run run;
    agent_start();
    run_program(&run, "raw");
    CHECK(fake_agent_wait_frames(&agent, 2));
    CHECK(agent.frame[0].descriptor.length == 60 && agent.frame[0].bytes[14] == 'r');
    CHECK(agent.frame[1].descriptor.length == 15 && agent.frame[1].bytes[14] == 'c');
    CHECK(memcmp(agent.frame[1].bytes, peer_mac, 6) == 0 && memcmp(agent.frame[1].bytes + 6, own_mac, 6) == 0);
    CHECK(agent.frame[1].bytes[12] == 0x88 && agent.frame[1].bytes[13] == 0xf7);
    fake_agent_stop(&agent);
}

static void copies_and_children_stay_timed_and_reused_numbers_do_not(void) {
    static struct run run;
    agent_start();
    run_program(&run, "copies");
    CHECK(fake_agent_wait_frames(&agent, 3));
    CHECK(agent.frames == 3);
    CHECK(agent.processes == 2); /* the child has rings of its own */
    bool seen[3] = {false};
    for (unsigned i = 0; i < 3; i++) {
        struct frame_datagram datagram = datagram_of(i, peer_mac);
        for (int k = 0; k < 3; k++) {
            seen[k] |= payload_is(&datagram, (const char *[]){"2", "F", "3"}[k]);
        }
    }
    CHECK(seen[0] && seen[1] && seen[2]);
    fake_agent_stop(&agent);
}

static void threads_lose_nothing_and_keep_their_order(void) {
    static struct run run;
    in_port_t ports[4] = {0};
    int next[4] = {0};
    agent_start();
    run_program(&run, "threads");
    CHECK(fake_agent_wait_frames(&agent, 200));
    for (unsigned i = 0; i < agent.frames; i++) {
        struct frame_datagram datagram = datagram_of(i, peer_mac);
        int thread = 0, number = -1;
        while (thread < 3 && ports[thread] != 0 && ports[thread] != datagram.source_port) {
            thread++;
        }
        ports[thread] = datagram.source_port;
        memcpy(&number, datagram.payload, sizeof(number));
        CHECK(number == next[thread]);
        next[thread]++;
    }
    CHECK(agent.frames == 200 && next[0] == 50 && next[3] == 50);
    fake_agent_stop(&agent);
}

static void sizes_and_options_are_refused_as_the_kernel_does(void) {
    static struct run run;
    agent_start();
    run_program(&run, "wrong-sizes");
    CHECK(fake_agent_wait_frames(&agent, 1));
    CHECK(agent.frames == 1 && agent.frame[0].descriptor.length == 996);
    fake_agent_stop(&agent);
}

static void a_full_ring_is_enobufs(void) {
    static struct run run;
    agent_start();
    agent.deaf = true;
    run_program(&run, "ring-full");
    CHECK(strcmp(run.said, "256\n") == 0);
    fake_agent_stop(&agent);
}

static void dropped_frames_are_reported_where_asked_for(void) {
    static struct run run;
    agent_start();
    run_start(&run, "reports", "");
    CHECK(fake_agent_wait_frames(&agent, 2));
    fake_agent_report(&agent, &agent.frame[0], TSN_DROPPED_LATE);
    run_end(&run);
    CHECK(strcmp(run.said, "origin 6 errno 125 code 2 launch 1900000000000000042 last q\n") == 0);
    CHECK(!(agent.frame[1].descriptor.flags & TSN_TRANSMIT_REPORT_ERRORS));
    fake_agent_stop(&agent);
}

static void deliver(unsigned process, const char *payload, int64_t tai_ns) {
    uint8_t frame[256];
    struct frame_flow flow = {.family = AF_INET, .hop_limit = 64, .source_port = htons(4004), .destination_port = htons(5005)};
    memcpy(flow.destination_mac, own_mac, 6);
    memcpy(flow.source_mac, peer_mac, 6);
    inet_pton(AF_INET, "10.77.0.2", &flow.source);
    inet_pton(AF_INET, "10.77.0.1", &flow.destination);
    memcpy(frame + frame_header_bytes(AF_INET), payload, strlen(payload));
    size_t size = frame_write(frame, &flow, strlen(payload));
    fake_agent_deliver(&agent, process, frame, size, tai_ns);
}

static void every_receiving_call_gets_frames_of_the_agent(void) {
    static struct run run;
    agent_start();
    run_start(&run, "receive", "4000,5005");
    CHECK(fake_agent_wait_binds(&agent, 1));
    CHECK(agent.bind[0].kind == TSN_ADDRESS_UDP4 && agent.bind[0].port == 5005);
    line_wait(&run, "ready\n");
    static const char *const lines[] = {"1 from 10.77.0.2:4004\n", "2\n", "3\n", "4\n", "5 at 1900000000.000000042\n", "7\n"};
    static const char *const payloads[] = {"1", "2", "3", "4", "55", "6"};
    for (int i = 0; i < 6; i++) {
        usleep(20000); /* for the program to be asleep in its wait most of the times; right in any case */
        deliver(0, payloads[i], 1900000000000000042 + TAI_OFFSET_NS);
        if (i == 5) {
            deliver(0, "7", 1900000000000000042 + TAI_OFFSET_NS);
        }
        line_wait(&run, lines[i]);
    }
    run_end(&run);
    fake_agent_stop(&agent);
}

static void a_restarted_agent_gets_the_frames_that_the_old_one_left(void) {
    static struct run run;
    agent_start();
    agent.deaf = true;
    run_start(&run, "stream", "");
    line_wait(&run, "ready\n");
    uint32_t left = 0;
    for (int i = 0; i < 30000 && left == 0; i++) {
        usleep(1000);
        pthread_mutex_lock(&agent.lock);
        if (agent.processes > 0 && agent.process[0].region) {
            left = atomic_load(&agent.process[0].region->channel[0].transmit_producer.value);
        }
        pthread_mutex_unlock(&agent.lock);
    }
    CHECK(left > 0);
    fake_agent_stop(&agent);
    usleep(50000); /* the program goes on without an agent */
    agent_start();
    CHECK(fake_agent_wait_frames(&agent, left + 20));
    run_end(&run);
    CHECK(agent.processes == 1);
    CHECK(strstr(run.complained, "no agent") == NULL || strstr(strstr(run.complained, "no agent") + 1, "no agent") == NULL);
    fake_agent_stop(&agent);
}

static void without_agent_the_kernel_sends_and_it_is_said_once(void) {
    static struct run run;
    run_program(&run, "launch-time");
    CHECK(strstr(run.complained, "libtsnsocket: no agent at ") == run.complained);
    CHECK(strchr(run.complained, '\n') == run.complained + strlen(run.complained) - 1);
}

static void a_refusing_agent_leaves_the_program_to_the_kernel(void) {
    static struct run run;
    memset(&agent, 0, sizeof(agent));
    agent.status = -EACCES;
    fake_agent_start(&agent, socket_path);
    run_program(&run, "launch-time");
    CHECK(strstr(run.complained, "Permission denied") != NULL);
    fake_agent_stop(&agent);
}

static void frames_go_where_the_kernel_would_send_them(void) {
    static struct run run;
    static const uint8_t group[6] = {1, 0, 0x5e, 1, 2, 3}, everybody[6] = {255, 255, 255, 255, 255, 255};
    agent_start();
    run_program(&run, "unresolved");
    CHECK(fake_agent_wait_frames(&agent, 3));
    CHECK(agent.frames == 3); /* the unknown neighbour and this host are left to the kernel */
    struct frame_datagram routed = datagram_of(0, router_mac), multicast = datagram_of(1, group);
    datagram_of(2, everybody);
    CHECK(address_is(&routed, "10.77.0.1", "10.78.0.1"));
    CHECK(multicast.hop_limit == 1);
    fake_agent_stop(&agent);
}

static void a_program_that_closes_every_number_stays_timed(void) {
    static struct run run;
    agent_start();
    run_program(&run, "close-everything");
    CHECK(fake_agent_wait_frames(&agent, 1));
    fake_agent_stop(&agent);
}

static void a_signal_handler_may_send_at_any_time(void) {
    static struct run run;
    agent_start();
    run_program(&run, "signal-handler");
    CHECK(fake_agent_wait_frames(&agent, 1));
    fake_agent_stop(&agent);
}

static void a_thread_that_receives_can_be_cancelled(void) {
    static struct run run;
    agent_start();
    run_start(&run, "cancellation", "5005");
    run_end(&run);
    CHECK(agent.binds == 1);
    fake_agent_stop(&agent);
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        printf("no user and network namespaces here: %s: %s\n", path, strerror(errno));
        exit(77);
    }
    close(fd);
}

static void namespace_enter(void) {
    char map[32];
    int user = (int)getuid(), group = (int)getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        printf("no user and network namespaces here: %s\n", strerror(errno));
        exit(77);
    }
    write_file("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "0 %d 1", user);
    write_file("/proc/self/uid_map", map);
    snprintf(map, sizeof(map), "0 %d 1", group);
    write_file("/proc/self/gid_map", map);
    static const char *const commands[] = {
            "ip link set lo up",
            "ip link add tsn0 address 02:00:00:00:00:01 type veth peer name tsn1",
            "ip link set tsn0 up && ip link set tsn1 up",
            "ip addr add 10.77.0.1/24 brd 10.77.0.255 dev tsn0 && ip -6 addr add fd77::1/64 dev tsn0 nodad",
            "ip route add 10.78.0.0/16 via 10.77.0.3 && ip route add 224.0.0.0/4 dev tsn0",
            "ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev tsn0 nud permanent",
            "ip neigh add 10.77.0.3 lladdr 02:00:00:00:00:03 dev tsn0 nud permanent",
            "ip neigh add fd77::2 lladdr 02:00:00:00:00:02 dev tsn0 nud permanent",
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (system(commands[i]) != 0) {
            printf("cannot set up the network namespace: %s\n", commands[i]);
            exit(77);
        }
    }
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
#define TEST(name) {#name, name}
            TEST(launch_time_and_all_parts_reach_the_agent),
            TEST(deadline_mode_and_clock_are_kept),
            TEST(ipv6_and_mapped_addresses_are_sent),
            TEST(every_sending_call_is_timed_by_class),
            TEST(packet_sockets_are_timed),
            TEST(copies_and_children_stay_timed_and_reused_numbers_do_not),
            TEST(threads_lose_nothing_and_keep_their_order),
            TEST(sizes_and_options_are_refused_as_the_kernel_does),
            TEST(a_full_ring_is_enobufs),
            TEST(dropped_frames_are_reported_where_asked_for),
            TEST(every_receiving_call_gets_frames_of_the_agent),
            TEST(a_restarted_agent_gets_the_frames_that_the_old_one_left),
            TEST(without_agent_the_kernel_sends_and_it_is_said_once),
            TEST(a_refusing_agent_leaves_the_program_to_the_kernel),
            TEST(frames_go_where_the_kernel_would_send_them),
            TEST(a_program_that_closes_every_number_stays_timed),
            TEST(a_signal_handler_may_send_at_any_time),
            TEST(a_thread_that_receives_can_be_cancelled),
    };
    if (argc < 3) {
        fprintf(stderr, "usage: socket_test LIBRARY PROGRAM [TEST]\n");
        return 2;
    }
    library = argv[1];
    program = argv[2];
    char folder[] = "/tmp/tsn-socket-test.XXXXXX";
    if (!mkdtemp(folder)) {
        return 1;
    }
    snprintf(socket_path, sizeof(socket_path), "%s/tsn.sock", folder);
    signal(SIGPIPE, SIG_IGN);
    namespace_enter();
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (argc == 3 || strcmp(argv[3], tests[i].name) == 0) {
            int before = failures;
            test_name = tests[i].name;
            tests[i].run();
            printf("%s %s\n", failures == before ? "ok  " : "FAIL", test_name);
            fflush(stdout);
        }
    }
    rmdir(folder);
    return failures != 0;
}
