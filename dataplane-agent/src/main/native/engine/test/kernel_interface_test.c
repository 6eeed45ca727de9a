/* Received frames that no process bound go to the kernel interface of the port, and those that one bound do not. */
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t POD_MAC[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t GROUP_MAC[6] = {1, 0, 0x5e, 1, 1, 1};
static const uint8_t FROM_MAC[6] = {2, 0, 0, 0, 0, 9};
static const uint8_t POD_IP[4] = {10, 9, 0, 2};
static const uint8_t GROUP_IP[4] = {239, 1, 1, 1};

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", path);
}

static bool own_network(void) {
    uid_t user = getuid();
    if (unshare(user == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET)) return false;
    char map[32];
    snprintf(map, sizeof(map), "0 %u 1", user);
    if (user != 0) write_file("/proc/self/uid_map", map);
    return system("ip link add inject type veth peer name pod0 && ip link set inject up && ip link set pod0 up") == 0;
}

/* The kernel's end of the pod. */
static int listen_on(const char *interface) {
    int descriptor = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex(interface)};
    CHECK(descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0, "%s", strerror(errno));
    return descriptor;
}

static bool comes(int descriptor, const uint8_t *frame, size_t bytes, int timeout_ms) {
    struct pollfd end = {.fd = descriptor, .events = POLLIN};
    uint8_t seen[TSN_SHM_SLOT_BYTES];
    if (poll(&end, 1, timeout_ms) <= 0) return false;
    CHECK_EQUAL(recv(descriptor, seen, sizeof(seen), 0), bytes, "bytes");
    CHECK(memcmp(seen, frame, bytes) == 0, "the frame as it came");
    return true;
}

int main(void) {
    if (!own_network()) {
        printf("no network namespace with a veth: %s\n", strerror(errno));
        return 77;
    }
    struct harness harness = {.wire = -1, .folder = "/tmp/tsn-test-XXXXXX"};
    struct tsn_engine_config config = {.max_processes_per_pod = 1};
    struct tsn_error error = {""};
    int ends[2];
    char device[16], path[108];
    CHECK(mkdtemp(harness.folder) && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "folder, wire");
    snprintf(device, sizeof(device), "fd:%d", ends[0]);
    CHECK_EQUAL(tsn_engine_create(&config, &harness.engine, &error), 0, "%s", error.text);
    struct tsn_engine_port_config port = {.name = "p0",
                                          .backend = "wire",
                                          .device = device,
                                          .kernel_interface = "nowhere",
                                          .link_rate_bps = 1000000000,
                                          .vlan_id = -1,
                                          .cpu = -1,
                                          .admin_gate_states = 0xff};
    CHECK_EQUAL(tsn_engine_open_port(harness.engine, &port, &error), -ENODEV, "an interface that is not there");
    CHECK(strstr(error.text, "nowhere"), "%s", error.text);
    port.kernel_interface = "inject";
    CHECK_EQUAL(tsn_engine_open_port(harness.engine, &port, &error), 0, "%s", error.text);
    harness_socket(&harness, "pod", path);
    struct tsn_engine_pod_config pod = {.uid = "pod", .socket = path, .owner_uid = -1};
    CHECK_EQUAL(tsn_engine_put_pod(harness.engine, &pod, &error), 0, "%s", error.text);
    struct client client;
    CHECK_EQUAL(client_attach(&client, path), 0, "attach");
    int kernel = listen_on("pod0");

    uint8_t frame[TSN_SHM_SLOT_BYTES], seen[TSN_SHM_SLOT_BYTES];
    struct tsn_receive_descriptor received;
    size_t bytes = udp_frame(frame, POD_MAC, FROM_MAC, POD_IP, 5000, "to the kernel", 13);
    CHECK(send(ends[1], frame, bytes, 0) == (ssize_t)bytes, "wire");
    CHECK(comes(kernel, frame, bytes, 3000), "what nobody bound reaches the pod's kernel interface");

    CHECK_EQUAL(client_bind_udp4(&client, 0, POD_IP, 5000, POD_MAC), 0, "bind");
    CHECK(send(ends[1], frame, bytes, 0) == (ssize_t)bytes, "wire");
    CHECK_EQUAL(client_receive(&client, 0, 3000, &received, seen), bytes, "what is bound reaches the process");
    CHECK(!comes(kernel, frame, bytes, 50), "and nobody else");

    CHECK_EQUAL(client_bind_udp4(&client, 0, GROUP_IP, 5000, GROUP_MAC), 0, "bind a group");
    bytes = udp_frame(frame, GROUP_MAC, FROM_MAC, GROUP_IP, 5000, "to all", 6);
    CHECK(send(ends[1], frame, bytes, 0) == (ssize_t)bytes, "wire");
    CHECK_EQUAL(client_receive(&client, 0, 3000, &received, seen), bytes, "multicast reaches the process");
    CHECK(comes(kernel, frame, bytes, 3000), "and the kernel interface");
    CHECK_EQUAL(tsn_read(&harness_port(&harness)->receive_unmatched), 0, "nothing was lost");

    client_detach(&client);
    close(kernel);
    close(ends[0]);
    close(ends[1]);
    harness_stop(&harness);
    printf("unbound frames by the kernel interface, bound ones by memory\n");
    return 0;
}
