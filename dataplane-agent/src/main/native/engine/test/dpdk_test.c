/*
 * The engine on DPDK's virtual devices, both ends in this process. With hugepages where there are some.
 *   dpdk_test [EAL option]    such as --no-huge
 */
#include "harness.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { PERIOD_NS = 10 * MILLISECOND_NS, WINDOW_NS = 8 * MILLISECOND_NS, FRAMES = 50, PORT = 5000 };

static const uint8_t TALKER_MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t LISTENER_MAC[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t LISTENER_IP[4] = {10, 0, 0, 2};

/* `to` is NULL for a device that gives back what it takes. A %s is the test's folder. */
struct pair {
    const char *name;
    const char *from;
    const char *to;
};

static struct client attached(const struct harness *harness, const char *uid) {
    struct client client;
    char path[108];
    harness_socket(harness, uid, path);
    CHECK_EQUAL(client_attach(&client, path), 0, "attach to %s", path);
    return client;
}

static void carry(const struct pair *pair) {
    fprintf(stderr, "shouldCarryFramesOver %s\n", pair->name);
    char folder[] = "/tmp/tsn-dpdk-XXXXXX";
    CHECK(mkdtemp(folder), "folder");
    char device[200];
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(device, sizeof(device), pair->from, folder);
    struct harness harness = harness_start_on("dpdk", device, 0);
    if (pair->to) {
        snprintf(device, sizeof(device), pair->to, folder);
        harness_open_port(&harness, "p1", "dpdk", device, 0);
    }
    CHECK_EQUAL(harness_pod(&harness, "talker", PERIOD_NS, 0, WINDOW_NS, 1522), 0, "pod");
    CHECK_EQUAL(harness_pod_on(&harness, pair->to ? "p1" : "p0", "listener", PERIOD_NS, 0, WINDOW_NS, 1522), 0, "pod");
    struct client talker = attached(&harness, "talker");
    struct client listener = attached(&harness, "listener");
    CHECK_EQUAL(client_bind_udp4(&listener, 0, LISTENER_IP, PORT, LISTENER_MAC), 0, "bind");
    harness_wait_for_links(&harness); /* memif's ends find each other in a thread of DPDK's */
    uint8_t frame[TSN_SHM_SLOT_BYTES], seen[TSN_SHM_SLOT_BYTES], payload[1400] = {0};
    for (uint32_t i = 0; i < FRAMES; i++) {
        memcpy(payload, &i, sizeof(i));
        size_t bytes = udp_frame(frame, LISTENER_MAC, TALKER_MAC, LISTENER_IP, PORT, payload, sizeof(payload));
        struct tsn_transmit_descriptor descriptor = {.length = (uint32_t)bytes, .stream = 0, .traffic_class = 7};
        client_send(&talker, 0, &descriptor, frame, bytes);
        struct tsn_receive_descriptor received;
        CHECK_EQUAL(client_receive(&listener, 0, 5000, &received, seen), bytes, "frame %u", i);
        CHECK(memcmp(seen, frame, bytes) == 0, "frame %u as sent", i);
    }
    harness_settle(&harness, FRAMES);
    client_detach(&talker);
    client_detach(&listener);
    harness_stop(&harness);
    char command[100];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CHECK(system(command) == 0, "%s", command);
}

static void read_handlers(void (*handlers[32])(int)) {
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        CHECK(sigaction(number, NULL, &action) == 0, "signal %d", number);
        handlers[number] = action.sa_handler;
    }
}

/* DPDK pins the thread that starts it, and takes over signals while it makes its memory. */
static void shouldLeaveTheCallersAffinityAndSignalHandlersAlone(void) {
    cpu_set_t before, after;
    void (*handlers_before[32])(int) = {NULL}, (*handlers_after[32])(int) = {NULL};
    sched_getaffinity(0, sizeof(before), &before);
    read_handlers(handlers_before);
    struct harness harness = harness_start_on("dpdk", "net_null0", 0);
    sched_getaffinity(0, sizeof(after), &after);
    read_handlers(handlers_after);
    CHECK(CPU_EQUAL(&before, &after), "affinity");
    CHECK(memcmp(handlers_before, handlers_after, sizeof(handlers_before)) == 0, "signal handlers");
    harness_stop(&harness);
}

static void shouldSayWhatIsWrongWithADevice(void) {
    struct harness harness = harness_start_on("null", "", 0);
    struct tsn_engine_port_config port = {.name = "p1", .backend = "dpdk", .device = "net_nonsense0", .link_rate_bps = 1000000000, .vlan_id = -1, .cpu = -1};
    struct tsn_error error;
    CHECK(tsn_engine_open_port(harness.engine, &port, &error) < 0, "a device that is none");
    CHECK(strstr(error.text, "net_nonsense0"), "the sentence names the device: %s", error.text);
    harness_stop(&harness);
}

/* virtio_user as server, as an OVS with vhost-user client ports wants it: its peer may come late, or never. */
static void shouldNotWaitForAPeerThatComesLater(void) {
    char folder[] = "/tmp/tsn-dpdk-XXXXXX", device[200], command[100];
    CHECK(mkdtemp(folder), "folder");
    struct harness harness = harness_start_on("null", "", 0);
    snprintf(device, sizeof(device), "virtio_user7,path=%s/v.sock,server=1", folder);
    harness_open_port(&harness, "p1", "dpdk", device, 0);
    CHECK_EQUAL(harness_pod_on(&harness, "p1", "talker", PERIOD_NS, 0, WINDOW_NS, 1522), 0, "the engine goes on");
    struct client talker = attached(&harness, "talker");
    struct tsn_error error;
    CHECK_EQUAL(tsn_engine_remove_pod(harness.engine, "talker", &error), 0, "%s", error.text);
    client_detach(&talker);
    CHECK_EQUAL(tsn_engine_close_port(harness.engine, "p1", &error), 0, "closed before anybody came: %s", error.text);
    harness_stop(&harness);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    CHECK(system(command) == 0, "%s", command);
}

static void shouldSayAtOnceThatAServersPathIsWrong(void) {
    struct harness harness = harness_start_on("null", "", 0);
    struct tsn_engine_port_config port = {.name = "p1", .backend = "dpdk", .device = "virtio_user8,path=/nonexistent/v.sock,server=1", .link_rate_bps = 1000000000, .vlan_id = -1, .cpu = -1};
    struct tsn_error error;
    CHECK(tsn_engine_open_port(harness.engine, &port, &error) < 0, "a path that cannot be");
    CHECK(strstr(error.text, "virtio_user8"), "the sentence names the device: %s", error.text);
    harness_stop(&harness);
}

int main(int count, char **arguments) {
    if (count > 1) setenv("TSN_TEST_EAL_ARGUMENTS", arguments[1], 1);
    const struct pair pairs[] = {
        {"net_ring", "net_ring0", NULL},
        {"net_ring again, by the same name", "net_ring0", NULL},
        {"net_memif", "net_memif0,role=server,socket=%s/m.sock,socket-abstract=no",
         "net_memif1,role=client,socket=%s/m.sock,socket-abstract=no"},
        {"virtio_user as server, vhost as client", "virtio_user1,path=%s/w.sock,server=1", "net_vhost1,iface=%s/w.sock,client=1"},
        {"virtio_user to vhost", "net_vhost0,iface=%s/v.sock", "virtio_user0,path=%s/v.sock"},
    };
    RUN(shouldLeaveTheCallersAffinityAndSignalHandlersAlone);
    RUN(shouldSayWhatIsWrongWithADevice);
    RUN(shouldSayAtOnceThatAServersPathIsWrong);
    RUN(shouldNotWaitForAPeerThatComesLater);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) carry(&pairs[i]);
    return 0;
}
