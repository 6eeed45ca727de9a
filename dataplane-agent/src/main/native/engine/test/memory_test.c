/*
 * Memory that cannot be had when a process attaches: it is refused with the cause, and its neighbour goes on. Linked with
 * --wrap for the two calls that back the memory, so that they fail when asked to.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t MAC[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t IP[4] = {10, 0, 0, 2};

/* The failure of the nth call from now; 0: none. Calls of the engine are made in its server thread. */
static _Atomic int fallocate_until_failure, madvise_until_failure;

int __real_fallocate(int descriptor, int mode, off_t offset, off_t bytes);
int __wrap_fallocate(int descriptor, int mode, off_t offset, off_t bytes);
int __real_madvise(void *address, size_t bytes, int advice);
int __wrap_madvise(void *address, size_t bytes, int advice);

static bool fails(_Atomic int *until) {
    return atomic_load(until) > 0 && atomic_fetch_sub(until, 1) == 1;
}

int __wrap_fallocate(int descriptor, int mode, off_t offset, off_t bytes) {
    if (!fails(&fallocate_until_failure)) return __real_fallocate(descriptor, mode, offset, bytes);
    errno = ENOSPC;
    return -1;
}

int __wrap_madvise(void *address, size_t bytes, int advice) {
    if (!fails(&madvise_until_failure)) return __real_madvise(address, bytes, advice);
    errno = ENOMEM;
    return -1;
}

static void passes(const struct harness *harness, struct client *client) {
    uint8_t frame[TSN_SHM_SLOT_BYTES], seen[TSN_SHM_SLOT_BYTES];
    size_t bytes = udp_frame(frame, MAC, MAC, IP, 5000, "x", 1);
    struct tsn_transmit_descriptor descriptor = {.length = (uint32_t)bytes, .stream = 0, .traffic_class = 7};
    client_send(client, 0, &descriptor, frame, bytes);
    CHECK_EQUAL(recv(harness->wire, seen, sizeof(seen), 0), bytes, "the neighbour's frame");
}

static void shouldRefuseAProcessWhoseMemoryCannotBeBacked(void) {
    struct harness harness = harness_start(0);
    char neighbour_path[108], path[108], byte;
    struct client neighbour, client;
    CHECK_EQUAL(harness_pod(&harness, "neighbour", 10 * MILLISECOND_NS, 0, MILLISECOND_NS, 512), 0, "pod");
    CHECK_EQUAL(harness_pod(&harness, "short", 10 * MILLISECOND_NS, 0, MILLISECOND_NS, 512), 0, "pod");
    harness_socket(&harness, "neighbour", neighbour_path);
    harness_socket(&harness, "short", path);
    CHECK_EQUAL(client_attach(&neighbour, neighbour_path), 0, "attach");
    passes(&harness, &neighbour);

    atomic_store(&fallocate_until_failure, 1);
    CHECK_EQUAL(client_attach(&client, path), -ENOSPC, "no memory when it is made");
    passes(&harness, &neighbour);

    for (int call = 0; call < 2; call++) { /* after the process may have punched holes */
        CHECK_EQUAL(client_attach_unmapped(&client, path), 0, "attach");
        atomic_store(call == 0 ? &fallocate_until_failure : &madvise_until_failure, 1);
        client_say_mapped(&client);
        CHECK(recv(client.connection, &byte, 1, 0) <= 0, "its connection ends");
        client_detach(&client);
        passes(&harness, &neighbour);
    }
    CHECK_EQUAL(client_attach(&client, path), 0, "with memory again");
    client_detach(&client);
    client_detach(&neighbour);
    harness_stop(&harness);
}

int main(void) {
    RUN(shouldRefuseAProcessWhoseMemoryCannotBeBacked);
    return 0;
}
