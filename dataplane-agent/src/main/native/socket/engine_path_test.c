/*
 * tsn-perf, unmodified, with libtsnsocket.so preloaded, through the real engine.
 *     engine_path_test LIBRARY TSN_PERF TXTIME_PROGRAM
 * Two network namespaces stand for two pods. The talker's frames leave by the engine's port; its kernel interface leads
 * nowhere, so that a frame that arrived cannot have come by the kernel.
 */
#include "core/egress.h"
#include "engine/test/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES "200"
#define PERIOD_NS 5000000ULL
#define WINDOW_NS 4500000ULL /* wide: the path is tested here, not the punctuality of the machine */

static const char *library, *perf, *program;
static char folder[] = "/tmp/tsn-engine-path.XXXXXX";
static int pod_b; /* network namespace of the listener */

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        printf("no user and network namespaces here: %s: %s\n", path, strerror(errno));
        exit(77);
    }
    close(fd);
}

static void command(const char *line) {
    if (system(line) != 0) {
        printf("cannot set up the network namespaces: %s\n", line);
        exit(77);
    }
}

/* This process is pod A and the node; pod B is a namespace held by a descriptor. */
static void namespaces_enter(void) {
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
    int pod_a = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (unshare(CLONE_NEWNET) != 0 || (pod_b = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0 ||
        setns(pod_a, CLONE_NEWNET) != 0) {
        printf("no second network namespace: %s\n", strerror(errno));
        exit(77);
    }
    char link[128];
    snprintf(link, sizeof(link), "ip link add port0 type veth peer name eth0 address 02:00:00:00:00:02 netns /proc/%d/fd/%d",
             getpid(), pod_b);
    command("ip link set lo up");
    command("ip link add eth0 address 02:00:00:00:00:01 type veth peer name nowhere");
    command(link);
    command("ip link set eth0 up && ip link set nowhere up && ip link set port0 up");
    command("ip addr add 10.77.0.1/24 dev eth0");
    command("ip neigh add 10.77.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent");
    setns(pod_b, CLONE_NEWNET);
    command("ip link set lo up && ip link set eth0 up && ip addr add 10.77.0.2/24 dev eth0");
    setns(pod_a, CLONE_NEWNET);
    close(pod_a);
}

static struct tsn_engine *engine_start(void) {
    struct tsn_engine *engine;
    struct tsn_error error = {""};
    /* 37 s although this kernel has no TAI offset: a mix-up of TAI and REALTIME would be 37 s wrong. */
    struct tsn_engine_config config = {.tai_minus_utc_ns = 37000000000};
    CHECK(tsn_engine_create(&config, &engine, &error) == 0, "%s", error.text);
    struct tsn_engine_port_config port = {.name = "uplink0",
                                          .backend = "af_packet",
                                          .device = "port0",
                                          .link_rate_bps = 1000000000,
                                          .vlan_id = -1,
                                          .cpu = -1,
                                          .deliver_locally = 1,
                                          .admin_gate_states = 0xff};
    CHECK(tsn_engine_open_port(engine, &port, &error) == 0, "%s", error.text);
    struct tsn_engine_stream_config stream = {.name = "control",
                                              .port = "uplink0",
                                              .period_ns = PERIOD_NS,
                                              .deadline_ns = PERIOD_NS,
                                              .window_ns = WINDOW_NS,
                                              .window_period_ns = PERIOD_NS,
                                              .frame_bytes = 1522,
                                              .traffic_class = 7,
                                              .late_policy = TSN_LATE_NEXT_WINDOW};
    for (int i = 0; i < 2; i++) { /* the listener's pod answers, and so has a stream and a port too */
        char path[64];
        snprintf(path, sizeof(path), "%s/%s.sock", folder, i ? "b" : "a");
        struct tsn_engine_pod_config pod = {
                .uid = i ? "pod-b" : "pod-a", .socket = path, .owner_uid = -1, .streams = &stream, .stream_count = 1};
        CHECK(tsn_engine_put_pod(engine, &pod, &error) == 0, "%s", error.text);
    }
    return engine;
}

struct run {
    pid_t pid;
    FILE *output;
    char said[8192];
};

static void run_start(struct run *run, bool in_b, const char *socket_name, char *const arguments[]) {
    int out[2];
    char path[64];
    if (pipe2(out, O_CLOEXEC) != 0) {
        exit(1);
    }
    run->pid = fork();
    if (run->pid == 0) {
        dup2(out[1], 1);
        if (in_b && setns(pod_b, CLONE_NEWNET) != 0) {
            _exit(126);
        }
        if (socket_name) {
            snprintf(path, sizeof(path), "%s/%s.sock", folder, socket_name);
            setenv("LD_PRELOAD", getenv("TEST_PRELOAD_FIRST") ? getenv("TEST_PRELOAD_FIRST") : library, 1);
            setenv("TSN_SOCKET", path, 1);
            setenv("TSN_RECEIVE", "9999", 1);
        }
        execv(arguments[0], arguments);
        _exit(127);
    }
    close(out[1]);
    run->output = fdopen(out[0], "r");
}

static int run_end(struct run *run) {
    int status;
    run->said[fread(run->said, 1, sizeof(run->said) - 1, run->output)] = '\0';
    fclose(run->output);
    waitpid(run->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Waits until the engine took so many frames from the talker. */
static void harness_wait_offered(const struct harness *harness, uint64_t frames) {
    for (int i = 0; harness_count(harness, HARNESS_OFFERED) < frames; i++) {
        CHECK(i < 60000, "no frames from the talker within a minute");
        usleep(1000);
    }
}

static void talk(struct run *talker, char *frames, bool launch_times) {
    char *arguments[] = {(char *)(uintptr_t)perf, "talker", "-a", "10.77.0.2", "-n", frames, "-i", "5ms", "--offset",
                         "1ms", "-w", "3ms", "-c", "7", "--json", launch_times ? "-t" : NULL, NULL};
    run_start(talker, false, "a", arguments);
}

static unsigned long number_of(const char *said, const char *name) {
    char key[64];
    snprintf(key, sizeof(key), "\"%s\":", name);
    const char *found = strstr(said, key);
    CHECK(found, "no %s in %s", name, said);
    return strtoul(found + strlen(key), NULL, 10);
}

/* Frames that had a launch time when they left. */
static uint64_t harness_launched(const struct harness *harness) {
    const struct tsn_histogram *error = &harness_port(harness)->egress.emission_error;
    uint64_t count = 0;
    for (int i = 0; i < TSN_HISTOGRAM_BUCKETS; i++) count += tsn_read(&error->late[i]) + tsn_read(&error->early[i]);
    return count;
}

/* Frames that the engine dropped, each with its cause. */
static unsigned long dropped(const struct harness *harness) {
    unsigned long count = 0;
    for (int outcome = 0; outcome < TSN_OUTCOME_COUNT; outcome++) {
        unsigned long some = (unsigned long)harness_count(harness, outcome);
        if (outcome != TSN_SENT && outcome != TSN_SENT_LATE) {
            count += some;
            if (some > 0) {
                printf("%lu %s\n", some, tsn_outcome_name((enum tsn_outcome)outcome));
            }
        }
    }
    return count;
}

/*
 * Every frame arrived or was dropped with a cause: how many of each depends on what else the machine does. A talker that
 * asks for launch times is told of each drop.
 */
static void expect_all(const struct harness *harness, struct run *listener, struct run *talker, bool reported) {
    CHECK_EQUAL(run_end(talker), 0, "%s", talker->said);
    CHECK_EQUAL(number_of(talker->said, "sent"), strtoul(FRAMES, NULL, 10), "%s", talker->said);
    harness_settle(harness, strtoul(FRAMES, NULL, 10));
    usleep(200000); /* from the far end of the wire into the listener's socket */
    kill(listener->pid, SIGTERM);
    CHECK_EQUAL(run_end(listener), 0, "%s", listener->said);
    printf("%s%s", talker->said, listener->said);
    unsigned long drops = dropped(harness);
    CHECK_EQUAL(number_of(listener->said, "received") + drops, strtoul(FRAMES, NULL, 10),
                "frames that arrived or have a cause");
    CHECK_EQUAL(number_of(listener->said, "duplicates"), 0, "%s", listener->said);
    CHECK_EQUAL(number_of(listener->said, "unstamped"), 0, "%s", listener->said);
    CHECK(number_of(listener->said, "received") > 0, "%s", listener->said);
    if (reported) {
        CHECK_EQUAL(number_of(talker->said, "reportedMissed") + number_of(talker->said, "reportedInvalid"), drops,
                    "frames that the talker was told of");
    }
}

/* Starts the listener and waits until its kernel socket is bound. */
static void listener_start(struct run *listener, const char *socket_name) {
    char *arguments[] = {(char *)(uintptr_t)perf, "listener", "--json", NULL};
    char table[64], line[256];
    run_start(listener, true, socket_name, arguments);
    snprintf(table, sizeof(table), "/proc/%d/net/udp", listener->pid);
    for (int i = 0; i < 30000; i++) {
        FILE *sockets = fopen(table, "re");
        bool bound = false;
        while (sockets && fgets(line, sizeof(line), sockets)) {
            bound |= strstr(line, ":270F ") != NULL; /* port 9999 */
        }
        if (sockets) {
            fclose(sockets);
        }
        if (bound) {
            return;
        }
        usleep(1000);
    }
    CHECK(false, "the listener did not bind within thirty seconds");
}

/* Debian's own interpreter, or another program that was compiled without this project. */
static void shouldServeAProgramThatWasCompiledElsewhere(void) {
    static struct run listener, talker;
    char period[24];
    snprintf(period, sizeof(period), "%llu", PERIOD_NS);
    char *arguments[] = {"/usr/bin/python3", (char *)(uintptr_t)program, "10.77.0.2", "9999", FRAMES, period, NULL};
    if (access(arguments[0], X_OK) != 0) {
        printf("left out: no %s\n", arguments[0]);
        return;
    }
    struct harness harness = {.engine = engine_start()};
    listener_start(&listener, NULL);
    run_start(&talker, false, "a", arguments);
    expect_all(&harness, &listener, &talker, true);
    CHECK_EQUAL(harness_count(&harness, HARNESS_OFFERED), strtoul(FRAMES, NULL, 10), "frames by the engine");
    CHECK_EQUAL(harness_launched(&harness), harness_count(&harness, TSN_SENT) + harness_count(&harness, TSN_SENT_LATE),
                "frames that left by their launch time");
    tsn_engine_destroy(harness.engine);
}

static void shouldSendFramesByThePort(bool launch_times) {
    static struct run listener, talker;
    struct harness harness = {.engine = engine_start()};
    listener_start(&listener, NULL);
    talk(&talker, FRAMES, launch_times);
    expect_all(&harness, &listener, &talker, launch_times);
    tsn_engine_destroy(harness.engine);
}

static void shouldReachAnotherHostAtLaunchTimes(void) {
    shouldSendFramesByThePort(true);
}

static void shouldReachAnotherHostByClassAlone(void) {
    shouldSendFramesByThePort(false);
}

static void shouldReachAPodOfTheNodeThroughMemory(void) {
    static struct run listener, talker;
    struct harness harness = {.engine = engine_start()};
    listener_start(&listener, "b");
    talk(&talker, FRAMES, true);
    expect_all(&harness, &listener, &talker, true);
    CHECK(tsn_read(&harness_port(&harness)->received_local) > 0, "frames came by memory");
    tsn_engine_destroy(harness.engine);
}

/* The agent goes and comes back while both programs run. */
static void shouldGoOnAfterTheAgentWasReplaced(void) {
    static struct run listener, talker;
    struct harness harness = {.engine = engine_start()};
    listener_start(&listener, "b");
    talk(&talker, "0", true);
    harness_wait_offered(&harness, 20);
    tsn_engine_destroy(harness.engine);
    harness.engine = engine_start();
    harness_wait_offered(&harness, 20);
    while (tsn_read(&harness_port(&harness)->received_local) == 0) {
        usleep(1000);
    }
    kill(talker.pid, SIGTERM);
    CHECK_EQUAL(run_end(&talker), 0, "%s", talker.said);
    kill(listener.pid, SIGTERM);
    CHECK_EQUAL(run_end(&listener), 0, "%s", listener.said);
    CHECK_EQUAL(number_of(listener.said, "duplicates"), 0, "%s", listener.said);
    tsn_engine_destroy(harness.engine);
}

int main(int argc, char **argv) {
    if (argc != 4 || !mkdtemp(folder)) {
        fprintf(stderr, "usage: engine_path_test LIBRARY TSN_PERF TXTIME_PROGRAM\n");
        return 2;
    }
    library = argv[1];
    perf = argv[2];
    program = argv[3];
    signal(SIGPIPE, SIG_IGN);
    namespaces_enter();
    RUN(shouldServeAProgramThatWasCompiledElsewhere);
    RUN(shouldReachAnotherHostAtLaunchTimes);
    RUN(shouldReachAnotherHostByClassAlone);
    RUN(shouldReachAPodOfTheNodeThroughMemory);
    RUN(shouldGoOnAfterTheAgentWasReplaced);
    CHECK(rmdir(folder) == 0, "the engine left something in %s", folder);
    return 0;
}
