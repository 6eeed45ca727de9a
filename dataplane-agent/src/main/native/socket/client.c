/* How a process attaches to the agent, stays attached and attaches again. */
#include "socket/client.h"
#include "socket/system.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>

#define ATTACH_TIMEOUT_NS 5000000000LL
#define RETRY_NS 100000000LL
#define LOOK_NS 10000000LL

static int64_t coarse_now(void) {
    return system_clock_ns(CLOCK_MONOTONIC_COARSE);
}

static int64_t kernel_tai_minus_utc(void) {
    int64_t difference = system_clock_ns(CLOCK_TAI) - system_clock_ns(CLOCK_REALTIME);
    return (difference + 500000000LL) / 1000000000LL * 1000000000LL; /* whole seconds; the reads lie apart */
}

static const struct client_attachment no_attachment = {.connection = -1, .doorbell = -1, .wake = {-1, -1, -1, -1}};
_Static_assert(TSN_SHM_MAX_CHANNELS == 4, "no_attachment names every channel");

static void lock_init(struct tsn_client *client) {
    pthread_mutex_init(&client->lock, NULL);
}

int client_init(struct tsn_client *client, const char *socket_path) {
    memset(client, 0, sizeof(*client));
    lock_init(client);
    client->now = no_attachment;
    client->tried_ns = INT64_MIN / 2;
    if (!socket_path || !*socket_path) {
        socket_path = getenv("TSN_SOCKET");
    }
    if (!socket_path || !*socket_path) {
        socket_path = TSN_CLIENT_DEFAULT_SOCKET;
    }
    if (strlen(socket_path) >= sizeof(client->path)) {
        client->last_error = -ENAMETOOLONG;
        return -ENAMETOOLONG;
    }
    strcpy(client->path, socket_path);
    return 0;
}

static void descriptor_close(int *fd) {
    if (*fd >= 0) {
        system_close(*fd);
    }
    *fd = -1;
}

static void descriptors_close(struct client_attachment *attachment) {
    descriptor_close(&attachment->connection);
    descriptor_close(&attachment->doorbell);
    for (unsigned i = 0; i < TSN_SHM_MAX_CHANNELS; i++) {
        descriptor_close(&attachment->wake[i]);
    }
}

static void region_unmap(struct client_attachment *attachment) {
    if (attachment->region) {
        munmap(attachment->region, attachment->region_bytes);
    }
    attachment->region = NULL;
}

void client_destroy(struct tsn_client *client) {
    descriptors_close(&client->now);
    region_unmap(&client->now);
    pthread_mutex_destroy(&client->lock);
}

void client_forget(struct tsn_client *client) {
    lock_init(client);
    descriptors_close(&client->now);
    region_unmap(&client->now);
    client->attached = client->attaching = false;
    client->waiters = 0;
    client->results_due = 0;
    client->tried_ns = INT64_MIN / 2;
}

bool client_owns(const struct tsn_client *client, int fd) {
    bool owned = fd == client->now.connection || fd == client->now.doorbell;
    for (unsigned i = 0; i < TSN_SHM_MAX_CHANNELS; i++) {
        owned |= fd == client->now.wake[i];
    }
    return fd >= 0 && owned;
}

/* Moves a descriptor out of the low numbers, where programs close and reuse blindly. */
static int lifted(int fd) {
    for (int from = 960; fd >= 0 && from >= 60; from -= 300) {
        int high = (int)system_result(syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from));
        if (high >= 0) {
            system_close(fd);
            return high;
        }
    }
    return fd;
}

/* Connects and asks. The answer is taken by attach_finish. */
static int attach_begin(struct tsn_client *client) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, client->path);
    client->tried_ns = coarse_now();
    descriptors_close(&client->now);
    int fd = lifted(system_socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (fd < 0) {
        return fd;
    }
    struct tsn_control_attach attach = {tsn_control_header_of(TSN_CONTROL_ATTACH), TSN_SHM_ABI, 0};
    int error = system_connect(fd, (struct sockaddr *)&address, sizeof(address));
    if (error == 0) {
        ssize_t sent = system_sendto(fd, &attach, sizeof(attach), MSG_NOSIGNAL, NULL, 0);
        error = sent < 0 ? (int)sent : 0;
    }
    if (error != 0) {
        system_close(fd);
        return error;
    }
    client->now.connection = fd;
    client->attaching = true;
    return 0;
}

/* Reads one message and the descriptors that came with it. Returns its size, 0 at the end, or -errno. */
static ssize_t message_read(int connection, void *message, size_t size, int *descriptors, unsigned *count) {
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(TSN_CONTROL_MAX_DESCRIPTORS * sizeof(int))];
    } control;
    struct iovec part = {message, size};
    struct msghdr header = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.bytes)};
    *count = 0;
    ssize_t read = system_recvmsg(connection, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (read < 0) {
        return read;
    }
    for (struct cmsghdr *next = CMSG_FIRSTHDR(&header); next; next = CMSG_NXTHDR(&header, next)) {
        if (next->cmsg_level == SOL_SOCKET && next->cmsg_type == SCM_RIGHTS) {
            *count = (unsigned)((next->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(descriptors, CMSG_DATA(next), *count * sizeof(int));
        }
    }
    return read;
}

static void streams_take(struct tsn_client *client, const struct tsn_control_streams *streams) {
    client->stream_count = streams->streams;
    memcpy(client->stream, streams->stream, streams->streams * sizeof(streams->stream[0]));
}

/* Maps what ATTACHED brought. Takes the descriptors over in any case. */
static int attachment_take(struct client_attachment *attachment, const struct tsn_control_streams *answer,
                           int *descriptors, unsigned count) {
    int error = 0;
    struct tsn_shm_region *region = MAP_FAILED;
    if (count != 2 + answer->channels) {
        error = -EBADMSG;
    } else {
        region = mmap(NULL, answer->region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[0], 0);
        if (region == MAP_FAILED) {
            /* EAGAIN is mmap's word for a limit on locked memory, for a program that called mlockall(MCL_FUTURE). */
            error = errno == EAGAIN ? -ENOMEM : -errno;
        } else if (region->header.magic != TSN_SHM_MAGIC || region->header.abi != TSN_SHM_ABI ||
                   region->header.region_bytes != answer->region_bytes) {
            munmap(region, answer->region_bytes);
            error = -EPROTONOSUPPORT;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (error != 0 || i == 0) {
            system_close(descriptors[i]);
        } else {
            *(i == 1 ? &attachment->doorbell : &attachment->wake[i - 2]) = lifted(descriptors[i]);
        }
    }
    if (error == 0) {
        attachment->region = region;
        attachment->region_bytes = answer->region_bytes;
        attachment->channels = answer->channels;
    }
    return error;
}

/* Hands the frames that the last agent had not taken to this one, in their order. */
static void frames_carry(struct tsn_client *client, const struct client_attachment *old,
                         const struct tsn_control_stream *old_streams, unsigned old_stream_count) {
    for (uint32_t i = 0; i < old->channels; i++) {
        struct tsn_shm_channel *from = &old->region->channel[i];
        uint32_t consumer = atomic_load_explicit(&from->transmit_consumer.value, memory_order_acquire);
        uint32_t producer = client->transmit_producer[i];
        if (tsn_shm_used(producer, consumer) == UINT32_MAX) {
            continue;
        }
        for (; consumer != producer; consumer++) {
            struct tsn_transmit_descriptor descriptor = from->transmit[consumer & TSN_SHM_RING_MASK];
            uint8_t channel = 0;
            for (uint16_t s = 0; s < client->stream_count && descriptor.stream < old_stream_count; s++) {
                if (strcmp(client->stream[s].name, old_streams[descriptor.stream].name) == 0) {
                    descriptor.stream = s;
                    channel = client->stream[s].channel;
                    break;
                }
            }
            struct tsn_shm_channel *to = &client->now.region->channel[channel];
            uint32_t next = atomic_load_explicit(&to->transmit_producer.value, memory_order_relaxed);
            if (next == TSN_SHM_RING_ENTRIES) {
                break; /* several old rings into one new one: what does not fit was never taken by anybody */
            }
            to->transmit[next] = descriptor;
            memcpy(to->transmit_slot[next], from->transmit_slot[consumer & TSN_SHM_RING_MASK], TSN_SHM_SLOT_BYTES);
            atomic_store_explicit(&to->transmit_producer.value, next + 1, memory_order_release);
        }
    }
}

static void binds_repeat(struct tsn_client *client) {
    client->results_due = 0;
    for (unsigned i = 0; i < client->bind_count; i++) {
        ssize_t sent = system_sendto(client->now.connection, &client->bind[i], sizeof(client->bind[i]),
                                     MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
        client->results_due += sent > 0;
    }
}

/* Takes the agent's answer if it is there. 0 attached, -EAGAIN not yet, else the reason; then the attempt is over. */
static int attach_finish(struct tsn_client *client) {
    struct tsn_control_streams answer;
    struct tsn_control_stream old_streams[TSN_CONTROL_MAX_STREAMS];
    int descriptors[TSN_CONTROL_MAX_DESCRIPTORS];
    unsigned count, old_stream_count = client->stream_count;
    struct client_attachment old = client->now;
    ssize_t size = message_read(client->now.connection, &answer, sizeof(answer), descriptors, &count);
    if (size == -EAGAIN || size == -EINTR) {
        return -EAGAIN;
    }
    int type = size < 0 ? (int)size : size == 0 ? -ECONNRESET : tsn_control_check_reply(&answer, (size_t)size);
    int error = type < 0 ? type : type != TSN_CONTROL_ATTACHED ? -EBADMSG : answer.status;
    if (error == 0) {
        error = attachment_take(&client->now, &answer, descriptors, count);
    } else {
        for (unsigned i = 0; i < count; i++) {
            system_close(descriptors[i]);
        }
    }
    client->attaching = false;
    if (error != 0) {
        descriptors_close(&client->now);
        return error;
    }
    memcpy(old_streams, client->stream, sizeof(old_streams));
    streams_take(client, &answer);
    if (old.region) {
        frames_carry(client, &old, old_streams, old_stream_count);
        region_unmap(&old);
    }
    for (uint32_t i = 0; i < client->now.channels; i++) {
        struct tsn_shm_channel *channel = &client->now.region->channel[i];
        client->transmit_producer[i] = atomic_load_explicit(&channel->transmit_producer.value, memory_order_relaxed);
        atomic_store_explicit(&channel->process_waits.value, client->waiters > 0, memory_order_relaxed);
    }
    struct tsn_control_mapped mapped = {tsn_control_header_of(TSN_CONTROL_MAPPED)};
    (void)system_sendto(client->now.connection, &mapped, sizeof(mapped), MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
    client->attached = true;
    client->attachments++;
    client->kernel_tai_minus_utc_ns = kernel_tai_minus_utc();
    binds_repeat(client);
    return 0;
}

/* The connection ended: the agent is gone or has detached us. The rings stay until another attachment took over. */
void client_detach(struct tsn_client *client) {
    descriptors_close(&client->now);
    client->attached = client->attaching = false;
    client->last_error = -ECONNRESET;
}

static void messages_read(struct tsn_client *client) {
    struct tsn_control_streams message;
    int descriptors[TSN_CONTROL_MAX_DESCRIPTORS];
    unsigned count;
    for (;;) {
        ssize_t size = message_read(client->now.connection, &message, sizeof(message), descriptors, &count);
        for (unsigned i = 0; size >= 0 && i < count; i++) {
            system_close(descriptors[i]);
        }
        if (size == -EAGAIN || size == -EINTR) {
            return;
        }
        int type = size <= 0 ? -ECONNRESET : tsn_control_check_reply(&message, (size_t)size);
        if (type == TSN_CONTROL_STREAMS && message.status == 0) {
            streams_take(client, &message);
        } else if (type == TSN_CONTROL_RESULT && client->results_due > 0) {
            client->results_due--;
        } else {
            client_detach(client);
            return;
        }
    }
}

bool client_look(struct tsn_client *client, bool now) {
    int64_t time = coarse_now();
    if (!now && time - client->looked_ns < LOOK_NS) {
        return client->attached;
    }
    if (time / 1000000000LL != client->looked_ns / 1000000000LL) {
        client->kernel_tai_minus_utc_ns = kernel_tai_minus_utc();
    }
    client->looked_ns = time;
    if (client->attached) {
        messages_read(client);
    }
    if (!client->attached && !client->attaching && time - client->tried_ns >= RETRY_NS && client->path[0]) {
        client->last_error = attach_begin(client);
    }
    if (client->attaching) {
        int error = attach_finish(client);
        if (error == -EAGAIN && time - client->tried_ns > ATTACH_TIMEOUT_NS) {
            client_detach(client);
            error = -ETIMEDOUT;
        }
        client->last_error = error == -EAGAIN ? 0 : error;
    }
    return client->attached;
}

int client_attach(struct tsn_client *client) {
    int64_t end = system_clock_ns(CLOCK_MONOTONIC) + ATTACH_TIMEOUT_NS;
    if (client->attached) {
        return 0;
    }
    int error = client->path[0] ? attach_begin(client) : client->last_error;
    while (error == 0 || error == -EAGAIN) {
        error = attach_finish(client);
        int64_t left = end - system_clock_ns(CLOCK_MONOTONIC);
        if (error == 0 || error != -EAGAIN) {
            break;
        }
        if (left <= 0) {
            client_detach(client);
            error = -ETIMEDOUT;
            break;
        }
        struct pollfd answer = {.fd = client->now.connection, .events = POLLIN};
        struct timespec time = {.tv_sec = left / 1000000000LL, .tv_nsec = left % 1000000000LL};
        system_poll(&answer, 1, &time);
    }
    client->last_error = error;
    return error;
}
