#include "client.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int receive_streams(struct client *client) {
    struct iovec part = {&client->streams, sizeof(client->streams)};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * TSN_CONTROL_MAX_DESCRIPTORS)];
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t bytes = recvmsg(client->connection, &header, MSG_CMSG_CLOEXEC);
    if (bytes <= 0) return -ECONNRESET;
    int type = tsn_control_check_reply(&client->streams, (size_t)bytes);
    if (type < 0) return type;
    if (client->streams.status) return client->streams.status;
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
    if (!cmsg || cmsg->cmsg_len != CMSG_LEN(sizeof(int) * (2 + client->streams.channels))) return -EBADMSG;
    int rights[TSN_CONTROL_MAX_DESCRIPTORS];
    memcpy(rights, CMSG_DATA(cmsg), sizeof(int) * (2 + client->streams.channels));
    client->memory = rights[0];
    client->doorbell = rights[1];
    for (uint32_t c = 0; c < client->streams.channels; c++) client->wake[c] = rights[2 + c];
    return 0;
}

int client_attach_unmapped(struct client *client, const char *socket_path) {
    *client = (struct client){.connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, socket_path, sizeof(address.sun_path) - 1);
    struct tsn_control_attach attach = {tsn_control_header_of(TSN_CONTROL_ATTACH), TSN_SHM_ABI, 0};
    int failure = 0;
    if (connect(client->connection, (struct sockaddr *)&address, sizeof(address)) ||
        send(client->connection, &attach, sizeof(attach), MSG_NOSIGNAL) < 0)
        failure = -errno;
    if (!failure || failure == -EPIPE) failure = receive_streams(client);
    if (failure) {
        close(client->connection);
        return failure;
    }
    void *memory = mmap(NULL, client->streams.region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, client->memory, 0);
    if (memory == MAP_FAILED) return -errno;
    client->region = memory;
    return 0;
}

void client_say_mapped(struct client *client) {
    struct tsn_control_mapped mapped = {tsn_control_header_of(TSN_CONTROL_MAPPED)};
    send(client->connection, &mapped, sizeof(mapped), MSG_NOSIGNAL);
}

int client_attach(struct client *client, const char *socket_path) {
    int failure = client_attach_unmapped(client, socket_path);
    if (!failure) client_say_mapped(client);
    return failure;
}

void client_detach(struct client *client) {
    munmap(client->region, client->streams.region_bytes);
    for (uint32_t c = 0; c < client->streams.channels; c++) close(client->wake[c]);
    close(client->memory);
    close(client->doorbell);
    close(client->connection);
}

bool client_try_send(struct client *client, uint32_t c, const struct tsn_transmit_descriptor *descriptor,
                     const void *frame, size_t bytes) {
    struct tsn_shm_channel *channel = &client->region->channel[c];
    uint32_t consumer = atomic_load_explicit(&channel->transmit_consumer.value, memory_order_acquire);
    if (client->producer[c] - consumer >= TSN_SHM_RING_ENTRIES) return false;
    uint32_t slot = client->producer[c] & TSN_SHM_RING_MASK;
    memcpy(channel->transmit_slot[slot], frame, bytes);
    channel->transmit[slot] = *descriptor;
    if (tsn_shm_publish_transmit(channel, ++client->producer[c])) {
        uint64_t one = 1;
        if (write(client->wake[c], &one, sizeof(one)) < 0) return true;
    }
    return true;
}

void client_send(struct client *client, uint32_t channel, const struct tsn_transmit_descriptor *descriptor,
                 const void *frame, size_t bytes) {
    while (!client_try_send(client, channel, descriptor, frame, bytes)) sched_yield();
}

/* Waits until one of the rings has something. */
static bool wait_for(struct client *client, uint32_t c, int timeout_ms, bool errors) {
    struct tsn_shm_channel *channel = &client->region->channel[c];
    for (;;) {
        uint32_t producer = atomic_load_explicit(errors ? &channel->error_producer.value : &channel->receive_producer.value,
                                                 memory_order_acquire);
        if (producer != (errors ? client->error_consumer[c] : client->receive_consumer[c])) return true;
        if (tsn_shm_may_sleep(channel, client->receive_consumer[c], client->error_consumer[c])) {
            struct pollfd bell = {.fd = client->doorbell, .events = POLLIN};
            int ready = poll(&bell, 1, timeout_ms);
            if (ready == 0) return false;
        }
        atomic_store(&channel->process_waits.value, 0);
        char rung[64];
        while (recv(client->doorbell, rung, sizeof(rung), MSG_DONTWAIT) > 0) {
        }
        if (errors == false && client->error_consumer[c] !=
                                   atomic_load_explicit(&channel->error_producer.value, memory_order_acquire))
            sched_yield(); /* not what is waited for */
    }
}

int client_receive(struct client *client, uint32_t c, int timeout_ms, struct tsn_receive_descriptor *descriptor,
                   uint8_t frame[TSN_SHM_SLOT_BYTES]) {
    if (!wait_for(client, c, timeout_ms, false)) return -1;
    struct tsn_shm_channel *channel = &client->region->channel[c];
    uint32_t slot = client->receive_consumer[c] & TSN_SHM_RING_MASK;
    *descriptor = channel->receive[slot];
    memcpy(frame, channel->receive_slot[slot], descriptor->length);
    atomic_store_explicit(&channel->receive_consumer.value, ++client->receive_consumer[c], memory_order_release);
    return (int)descriptor->length;
}

bool client_error(struct client *client, uint32_t c, int timeout_ms, struct tsn_error_record *record) {
    if (!wait_for(client, c, timeout_ms, true)) return false;
    struct tsn_shm_channel *channel = &client->region->channel[c];
    *record = channel->error[client->error_consumer[c] & TSN_SHM_RING_MASK];
    atomic_store_explicit(&channel->error_consumer.value, ++client->error_consumer[c], memory_order_release);
    return true;
}

int client_bind_udp4(struct client *client, uint8_t channel, const uint8_t ip[4], uint16_t port, const uint8_t mac[6]) {
    struct tsn_control_bind bind = {
        .header = tsn_control_header_of(TSN_CONTROL_BIND), .kind = TSN_ADDRESS_UDP4, .channel = channel, .port = port};
    memcpy(bind.ip, ip, 4);
    if (mac) memcpy(bind.mac, mac, 6);
    send(client->connection, &bind, sizeof(bind), MSG_NOSIGNAL);
    struct tsn_control_result result;
    if (recv(client->connection, &result, sizeof(result), 0) != (ssize_t)sizeof(result)) return -ECONNRESET;
    return result.status;
}

size_t udp_frame(uint8_t *frame, const uint8_t to[6], const uint8_t from[6], const uint8_t to_ip[4], uint16_t port,
                 const void *payload, size_t bytes) {
    const size_t headers = 14 + 20 + 8;
    memset(frame, 0, headers);
    memcpy(frame, to, 6);
    memcpy(frame + 6, from, 6);
    frame[12] = 0x08;
    uint8_t *ip = frame + 14;
    size_t ip_bytes = 28 + bytes;
    ip[0] = 0x45;
    ip[2] = (uint8_t)(ip_bytes >> 8), ip[3] = (uint8_t)ip_bytes;
    ip[8] = 64, ip[9] = 17;
    memcpy(ip + 12, to_ip, 3);
    ip[15] = 1;
    memcpy(ip + 16, to_ip, 4);
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    ip[10] = (uint8_t)(sum >> 8), ip[11] = (uint8_t)sum;
    uint8_t *udp = ip + 20;
    udp[0] = udp[2] = (uint8_t)(port >> 8);
    udp[1] = udp[3] = (uint8_t)port;
    udp[4] = (uint8_t)((8 + bytes) >> 8), udp[5] = (uint8_t)(8 + bytes);
    memcpy(udp + 8, payload, bytes);
    return headers + bytes;
}
