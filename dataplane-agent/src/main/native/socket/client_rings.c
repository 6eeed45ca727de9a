/* The rings of an attachment: frames out, frames and reports in, and waiting for them. */
#include "socket/client.h"
#include "socket/frame.h"
#include "socket/system.h"

#include <linux/if_packet.h>
#include <string.h>

int client_choose_stream(const struct tsn_client *client, const struct tsn_client_launch *launch) {
    if (launch->stream >= 0) {
        return launch->stream < client->stream_count ? launch->stream : -EINVAL;
    }
    if (launch->stream != TSN_CLIENT_ANY_STREAM) {
        return -EINVAL;
    }
    for (int i = 0; (launch->flags & TSN_CLIENT_CLASS) && i < client->stream_count; i++) {
        if (client->stream[i].traffic_class == launch->traffic_class) {
            return i;
        }
    }
    return client->stream_count == 1 ? 0 : -1;
}

/* Fills time_base and time_ns. The kernel's idea of TAI may not be the agent's; REALTIME is common to both. */
static int time_set(const struct tsn_client *client, const struct tsn_client_launch *launch,
                    struct tsn_transmit_descriptor *descriptor) {
    descriptor->time_base = TSN_TIME_NONE;
    if (!(launch->flags & TSN_CLIENT_TIMED)) {
        return 0;
    }
    int64_t time_ns = launch->time_ns;
    switch (launch->clock) {
    case CLOCK_TAI:
        time_ns -= client->kernel_tai_minus_utc_ns;
        descriptor->time_base = TSN_TIME_REALTIME;
        break;
    case CLOCK_REALTIME:
        descriptor->time_base = TSN_TIME_REALTIME;
        break;
    case CLOCK_MONOTONIC:
        descriptor->time_base = TSN_TIME_MONOTONIC;
        break;
    default:
        return -EINVAL;
    }
    descriptor->time_ns = (uint64_t)time_ns;
    return time_ns > 0 ? 0 : -EINVAL;
}

int client_send(struct tsn_client *client, const void *frame, size_t size, const struct tsn_client_launch *launch) {
    if (!client_look(client, false)) {
        return -ENOTCONN;
    }
    int stream = client_choose_stream(client, launch);
    if (stream == -EINVAL || size < TSN_FRAME_MIN_BYTES) {
        return -EINVAL;
    }
    if (size > TSN_CLIENT_FRAME_MAX || (stream >= 0 && size + FRAME_FCS_BYTES > client->stream[stream].frame_bytes)) {
        return -EMSGSIZE;
    }
    struct tsn_transmit_descriptor descriptor = {
            .cookie = launch->cookie,
            .length = (uint32_t)size,
            .stream = stream >= 0 ? (uint16_t)stream : TSN_STREAM_ANY,
            .traffic_class = stream >= 0                         ? client->stream[stream].traffic_class
                             : launch->flags & TSN_CLIENT_CLASS ? launch->traffic_class
                                                                : TSN_CLASS_ANY,
            .flags = (uint8_t)((launch->flags & TSN_CLIENT_REPORT ? TSN_TRANSMIT_REPORT_ERRORS : 0) |
                               (launch->flags & TSN_CLIENT_DEADLINE ? TSN_TRANSMIT_DEADLINE : 0)),
    };
    int error = time_set(client, launch, &descriptor);
    if (error != 0) {
        return error;
    }
    uint8_t number = stream >= 0 ? client->stream[stream].channel : 0;
    if (number >= client->now.channels) {
        return -EINVAL; /* streams of an allocation whose ports we are not attached to yet */
    }
    struct tsn_shm_channel *channel = &client->now.region->channel[number];
    uint32_t producer = client->transmit_producer[number];
    uint32_t consumer = atomic_load_explicit(&channel->transmit_consumer.value, memory_order_acquire);
    if (tsn_shm_used(producer, consumer) >= TSN_SHM_RING_ENTRIES) {
        return -ENOBUFS;
    }
    memcpy(channel->transmit_slot[producer & TSN_SHM_RING_MASK], frame, size);
    channel->transmit[producer & TSN_SHM_RING_MASK] = descriptor;
    client->transmit_producer[number] = producer + 1;
    if (tsn_shm_publish_transmit(channel, producer + 1)) {
        uint64_t one = 1;
        (void)system_write(client->now.wake[number], &one, sizeof(one));
    }
    return 0;
}

/* Entries to take: 0 also when the agent's position is impossible, which only a broken agent writes. */
static uint32_t waiting(struct tsn_shm_position *producer, struct tsn_shm_position *consumer, uint32_t *at) {
    uint32_t end = atomic_load_explicit(&producer->value, memory_order_seq_cst); /* see tsn_shm_may_sleep */
    *at = atomic_load_explicit(&consumer->value, memory_order_relaxed);
    uint32_t used = tsn_shm_used(end, *at);
    return used == UINT32_MAX ? 0 : used;
}

int client_reports(struct tsn_client *client, struct tsn_client_report *list, size_t capacity) {
    size_t count = 0;
    for (uint32_t i = 0; client->now.region && i < client->now.channels; i++) {
        struct tsn_shm_channel *channel = &client->now.region->channel[i];
        uint32_t at, used = waiting(&channel->error_producer, &channel->error_consumer, &at);
        for (; used > 0 && count < capacity; used--, at++, count++) {
            const struct tsn_error_record *record = &channel->error[at & TSN_SHM_RING_MASK];
            list[count] = (struct tsn_client_report){
                    .cookie = record->cookie, .outcome = record->outcome, .stream = record->stream};
        }
        atomic_store_explicit(&channel->error_consumer.value, at, memory_order_release);
    }
    return (int)count;
}

static void arrival_take(const struct tsn_client *client, const struct tsn_receive_descriptor *descriptor,
                         struct tsn_client_arrival *arrival) {
    int64_t offset =
            atomic_load_explicit(&client->now.region->header.tai_minus_utc_ns, memory_order_relaxed);
    *arrival = (struct tsn_client_arrival){
            .realtime_ns = (int64_t)descriptor->time_ns - offset,
            .vlan_tci = descriptor->vlan_tci,
            .has_vlan = (descriptor->flags & TSN_RECEIVE_VLAN) != 0,
            .same_host = (descriptor->flags & TSN_RECEIVE_SAME_HOST) != 0,
            .checksum_pending = (descriptor->flags & TSN_RECEIVE_CHECKSUM_PENDING) != 0,
    };
}

ssize_t client_receive(struct tsn_client *client, void *frame, size_t size, struct tsn_client_arrival *arrival) {
    client_look(client, false);
    for (uint32_t turn = 0; client->now.region && turn < client->now.channels; turn++) {
        uint32_t number = (client->next_channel + turn) % client->now.channels;
        struct tsn_shm_channel *channel = &client->now.region->channel[number];
        uint32_t at, used = waiting(&channel->receive_producer, &channel->receive_consumer, &at);
        if (used == 0) {
            continue;
        }
        const struct tsn_receive_descriptor *descriptor = &channel->receive[at & TSN_SHM_RING_MASK];
        uint32_t length = descriptor->length < TSN_SHM_SLOT_BYTES ? descriptor->length : TSN_SHM_SLOT_BYTES;
        memcpy(frame, channel->receive_slot[at & TSN_SHM_RING_MASK], length < size ? length : size);
        arrival_take(client, descriptor, arrival);
        atomic_store_explicit(&channel->receive_consumer.value, at + 1, memory_order_release);
        client->next_channel = number + 1;
        return length;
    }
    return -EAGAIN;
}

bool client_ready(struct tsn_client *client) {
    bool ready = false;
    for (uint32_t i = 0; client->now.region && i < client->now.channels; i++) {
        struct tsn_shm_channel *channel = &client->now.region->channel[i];
        uint32_t at;
        ready |= waiting(&channel->receive_producer, &channel->receive_consumer, &at) > 0;
        ready |= waiting(&channel->error_producer, &channel->error_consumer, &at) > 0;
    }
    return ready;
}

static void waits_set(struct tsn_client *client, uint32_t value) {
    for (uint32_t i = 0; client->now.region && i < client->now.channels; i++) {
        atomic_store_explicit(&client->now.region->channel[i].process_waits.value, value, memory_order_seq_cst);
    }
}

static void doorbell_drain(struct tsn_client *client) {
    uint8_t bytes[64];
    while (client->now.doorbell >= 0 &&
           system_recvfrom(client->now.doorbell, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
    }
}

unsigned client_wait_begin(struct tsn_client *client, struct pollfd descriptors[CLIENT_WAIT_DESCRIPTORS]) {
    client_look(client, true);
    doorbell_drain(client);
    client->waiters++;
    waits_set(client, 1);
    if (client_ready(client)) {
        client_wait_end(client);
        return 0;
    }
    descriptors[0] = (struct pollfd){.fd = client->now.doorbell, .events = POLLIN};
    descriptors[1] = (struct pollfd){.fd = client->now.connection, .events = POLLIN};
    return CLIENT_WAIT_DESCRIPTORS; /* poll ignores negative descriptors */
}

void client_wait_end(struct tsn_client *client) {
    if (--client->waiters == 0) {
        waits_set(client, 0);
    }
}

/* Fills a BIND message. */
static int bind_message(const struct sockaddr *address, socklen_t length, struct tsn_control_bind *bind) {
    *bind = (struct tsn_control_bind){.channel = TSN_CHANNEL_ALL};
    if (length >= sizeof(struct sockaddr_in) && address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        bind->kind = TSN_ADDRESS_UDP4;
        bind->port = ntohs(v4.sin_port);
        memcpy(bind->ip, &v4.sin_addr, 4);
    } else if (length >= sizeof(struct sockaddr_in6) && address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        bind->kind = TSN_ADDRESS_UDP6;
        bind->port = ntohs(v6.sin6_port);
        memcpy(bind->ip, &v6.sin6_addr, 16);
    } else if (length >= offsetof(struct sockaddr_ll, sll_addr) && address->sa_family == AF_PACKET) {
        struct sockaddr_ll packet = {0};
        memcpy(&packet, address, length < sizeof(packet) ? length : sizeof(packet));
        bind->kind = TSN_ADDRESS_ETHERTYPE;
        bind->ethertype = ntohs(packet.sll_protocol);
        if (packet.sll_halen == 6) {
            memcpy(bind->mac, packet.sll_addr, 6);
        }
    } else {
        return -EAFNOSUPPORT;
    }
    return (bind->kind == TSN_ADDRESS_ETHERTYPE ? bind->ethertype >= 0x600 : bind->port != 0) ? 0 : -EINVAL;
}

/* Waits for the answer to the message just sent; answers to earlier ones come first. */
static int result_wait(struct tsn_client *client) {
    int64_t end = system_clock_ns(CLOCK_MONOTONIC) + 1000000000LL;
    while (client->attached) {
        struct tsn_control_streams message;
        ssize_t size = system_recvfrom(client->now.connection, &message, sizeof(message), MSG_DONTWAIT | MSG_PEEK);
        int type = size > 0 ? tsn_control_check_reply(&message, (size_t)size) : 0;
        if (type == TSN_CONTROL_RESULT && client->results_due == 0) {
            struct tsn_control_result result;
            (void)system_recvfrom(client->now.connection, &result, sizeof(result), MSG_DONTWAIT);
            return result.status;
        }
        if (size != -EAGAIN && size != -EINTR) {
            client_look(client, true); /* something else, or the end */
            continue;
        }
        int64_t left = end - system_clock_ns(CLOCK_MONOTONIC);
        if (left <= 0) {
            client->results_due++;
            return -ETIMEDOUT;
        }
        struct pollfd answer = {.fd = client->now.connection, .events = POLLIN};
        struct timespec time = {.tv_nsec = left < 1000000000LL ? left : 999999999LL};
        system_poll(&answer, 1, &time);
    }
    return 0; /* the next attachment repeats it */
}

/* Sends BIND or UNBIND and waits for the answer; without an agent the next attachment does it. */
static int bind_send(struct tsn_client *client, struct tsn_control_bind bind, enum tsn_control_type type) {
    bind.header = tsn_control_header_of(type);
    if (!client_look(client, true)) {
        return 0;
    }
    ssize_t sent = system_sendto(client->now.connection, &bind, sizeof(bind), MSG_NOSIGNAL, NULL, 0);
    return sent < 0 ? 0 : result_wait(client); /* a broken connection is seen by the next look */
}

int client_bind(struct tsn_client *client, const struct sockaddr *address, socklen_t length, const uint8_t *mac) {
    struct tsn_control_bind bind;
    int error = bind_message(address, length, &bind);
    if (error != 0) {
        return error;
    }
    if (mac) {
        memcpy(bind.mac, mac, 6);
    }
    bind.header = tsn_control_header_of(TSN_CONTROL_BIND);
    for (unsigned i = 0; i < client->bind_count; i++) {
        if (memcmp(&client->bind[i], &bind, sizeof(bind)) == 0) {
            return 0;
        }
    }
    if (client->bind_count == CLIENT_BINDS_MAX) {
        return -EUSERS;
    }
    error = bind_send(client, bind, TSN_CONTROL_BIND);
    if (error == 0) {
        client->bind[client->bind_count++] = bind;
    }
    return error;
}

int client_unbind(struct tsn_client *client, const struct sockaddr *address, socklen_t length) {
    struct tsn_control_bind bind;
    int error = bind_message(address, length, &bind), found = -ENOENT;
    for (unsigned i = client->bind_count; error == 0 && i-- > 0;) {
        struct tsn_control_bind known = client->bind[i];
        if (known.kind == bind.kind && known.port == bind.port && known.ethertype == bind.ethertype &&
            memcmp(known.ip, bind.ip, sizeof(bind.ip)) == 0) {
            client->bind[i] = client->bind[--client->bind_count];
            found = bind_send(client, known, TSN_CONTROL_UNBIND);
        }
    }
    return error != 0 ? error : found;
}
