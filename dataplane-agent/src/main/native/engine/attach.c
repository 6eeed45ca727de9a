/* Connections of processes: credentials, shared memory, messages. The lock is held; nothing here blocks. */
#include "engine/cgroup.h"
#include "engine/commands.h"
#include "engine/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static void count(uint64_t *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }

/* Fills a message with the pod's streams; returns its length. */
static size_t describe(const struct tsn_engine *engine, const struct tsn_pod *pod, enum tsn_control_type type,
                       struct tsn_control_streams *message) {
    memset(message, 0, sizeof(*message));
    message->header = tsn_control_header_of(type);
    message->channels = pod->channel_count;
    message->region_bytes = tsn_shm_region_bytes(pod->channel_count);
    message->streams = (uint16_t)pod->stream_count;
    for (uint32_t c = 0; c < pod->channel_count; c++) {
        uint32_t port = pod->channel_port[c];
        if (engine->port[port].best_effort)
            message->best_effort_channels = (uint8_t)(message->best_effort_channels | 1u << c);
        if (c == 0)
            message->tai_minus_utc_ns = (int64_t)tsn_read(&tsn_engine_port_stats(engine, port)->tai_minus_utc_ns);
    }
    for (uint32_t s = 0; s < pod->stream_count; s++) {
        const struct tsn_stream *stream = &pod->stream[s];
        struct tsn_control_stream *out = &message->stream[s];
        memcpy(out->name, stream->name, sizeof(out->name));
        out->period_ns = stream->config.period_ns;
        out->deadline_ns = stream->config.deadline_ns;
        out->offset_ns = stream->config.offset_ns;
        out->window_ns = stream->config.window_ns;
        out->window_period_ns = stream->config.window_period_ns;
        out->frame_bytes = stream->config.frame_bytes;
        out->phase = stream->config.phase;
        out->traffic_class = stream->config.traffic_class;
        for (uint32_t c = 0; c < pod->channel_count; c++)
            if (pod->channel_port[c] == stream->port) out->channel = (uint8_t)c;
    }
    return tsn_control_streams_bytes(message->streams);
}

static bool send_message(int descriptor, const void *message, size_t bytes, const int *rights, uint32_t right_count) {
    struct iovec part = {(void *)(uintptr_t)message, bytes};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * TSN_CONTROL_MAX_DESCRIPTORS)];
    if (right_count > 0) {
        memset(control, 0, sizeof(control));
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * right_count);
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int) * right_count);
        memcpy(CMSG_DATA(cmsg), rights, sizeof(int) * right_count);
    }
    return sendmsg(descriptor, &header, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)bytes;
}

static void refuse(struct tsn_engine *engine, int descriptor, int status) {
    struct tsn_control_streams message = {.header = tsn_control_header_of(TSN_CONTROL_ATTACHED), .status = status};
    send_message(descriptor, &message, tsn_control_streams_bytes(0), NULL, 0);
    count(&engine->stats->attach_refused);
}

void tsn_connection_accept(struct tsn_engine *engine, uint32_t pod_index) {
    struct tsn_pod *pod = &engine->pod[pod_index];
    int descriptor = accept4(pod->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    struct ucred peer = {0};
    socklen_t length = sizeof(peer);
    uint32_t place = 0;
    int refusal = pod->processes < engine->config.max_processes_per_pod ? 0 : -EUSERS;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) ||
        (peer.uid != 0 && pod->owner_uid >= 0 && peer.uid != (uid_t)pod->owner_uid) ||
        (engine->config.check_cgroup && !tsn_process_is_of_pod(peer.pid, pod->uid)))
        refusal = -EACCES;
    while (place < TSN_CONNECTIONS_MAX && engine->connection[place].used) place++;
    /* Who is refused learns why when it asks. Of those who never ask there are not more than of the others. */
    if (place == TSN_CONNECTIONS_MAX || pod->processes >= 2 * engine->config.max_processes_per_pod ||
        tsn_engine_watch(engine, descriptor, TSN_WATCH_CONNECTION, place)) {
        count(&engine->stats->attach_refused);
        close(descriptor);
        return;
    }
    engine->connection[place] = (struct tsn_connection){.used = true,
                                                        .descriptor = descriptor,
                                                        .pod = pod_index,
                                                        .refusal = refusal,
                                                        .state = TSN_CONNECTED,
                                                        .memory = -1,
                                                        .doorbell = -1};
    pod->processes++;
}

/* Makes the region, and maps it here. */
static int make_region(struct tsn_connection *connection, const struct tsn_pod *pod) {
    connection->channel_count = pod->channel_count;
    memcpy(connection->channel_port, pod->channel_port, sizeof(connection->channel_port));
    size_t bytes = tsn_shm_region_bytes(pod->channel_count);
    connection->memory = memfd_create("tsn", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    /* Backed whole from the start: memory that is short is said here, and not by a SIGBUS to whoever touches it later. */
    if (connection->memory < 0 || fallocate(connection->memory, 0, 0, (off_t)bytes) ||
        fcntl(connection->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
        return -errno;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, connection->memory, 0);
    if (memory == MAP_FAILED) return -errno;
    connection->region = memory;
    connection->region_bytes = bytes;
    connection->region->header = (struct tsn_shm_header){
        .magic = TSN_SHM_MAGIC,
        .abi = TSN_SHM_ABI,
        .region_bytes = bytes,
        .channels = pod->channel_count,
        .channel_bytes = sizeof(struct tsn_shm_channel),
        .channel_offset = offsetof(struct tsn_shm_region, channel),
    };
    return 0;
}

static int attach(struct tsn_engine *engine, struct tsn_connection *connection) {
    const struct tsn_pod *pod = &engine->pod[connection->pod];
    struct tsn_control_streams message;
    int doorbells[2];
    if (connection->state != TSN_CONNECTED) return -EBADMSG;
    if (pod->channel_count == 0) connection->refusal = -ENODEV;
    if (connection->refusal) {
        refuse(engine, connection->descriptor, connection->refusal);
        return -ECONNREFUSED;
    }
    int failure = make_region(connection, pod);
    if (failure) {
        refuse(engine, connection->descriptor, failure);
        return -ECONNREFUSED;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, doorbells)) return -errno;
    connection->doorbell = doorbells[0];
    int rights[TSN_CONTROL_MAX_DESCRIPTORS] = {connection->memory, doorbells[1]};
    for (uint32_t c = 0; c < pod->channel_count; c++) {
        rights[2 + c] = connection->wake_event[c] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (rights[2 + c] < 0) {
            connection->channel_count = c;
            close(doorbells[1]);
            return -EMFILE;
        }
    }
    size_t bytes = describe(engine, pod, TSN_CONTROL_ATTACHED, &message);
    atomic_store_explicit(&connection->region->header.tai_minus_utc_ns, message.tai_minus_utc_ns, memory_order_relaxed);
    bool sent = send_message(connection->descriptor, &message, bytes, rights, 2 + pod->channel_count);
    close(doorbells[1]);
    if (!sent) return -EPIPE;
    connection->state = TSN_ATTACHED;
    return 0;
}

/* No page of the region may be missing when the poll thread comes by, and none can be taken away any more. */
static int seal(struct tsn_connection *connection) {
    if (fcntl(connection->memory, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL)) {
        /* EINVAL: a kernel before 5.1. Holes there read as zeros, at the cost of a page fault. */
        if (errno != EINVAL || fcntl(connection->memory, F_ADD_SEALS, F_SEAL_SEAL)) return -errno;
    }
    /* Holes that the process punched until now are filled: an error here instead of a SIGBUS there. */
    if (fallocate(connection->memory, 0, 0, (off_t)connection->region_bytes)) return -errno;
    if (madvise(connection->region, connection->region_bytes, MADV_POPULATE_WRITE)) {
        if (errno != EINVAL) return -errno; /* EINVAL: a kernel before 5.14 */
        for (size_t at = 0; at < connection->region_bytes; at += TSN_SHM_PAGE_BYTES)
            __atomic_fetch_add((uint8_t *)connection->region + at, 0, __ATOMIC_RELAXED);
    }
    mlock(connection->region, connection->region_bytes); /* best effort: without the right to it pages may be swapped */
    return 0;
}

static int mapped(struct tsn_engine *engine, struct tsn_connection *connection) {
    if (connection->state != TSN_ATTACHED) return -EBADMSG;
    int failure = seal(connection);
    if (failure) return failure;
    for (uint32_t c = 0; c < connection->channel_count; c++) {
        struct tsn_poller *poller = engine->port[connection->channel_port[c]].poller;
        struct tsn_add_process add = {
            .shared = &connection->region->channel[c], .pod = connection->pod, .doorbell = connection->doorbell};
        tsn_poller_watch(poller, connection->wake_event[c]);
        tsn_poller_call(poller, tsn_command_add_process, &add);
        if (add.result < 0) {
            for (uint32_t undo = 0; undo < c; undo++)
                tsn_poller_call(engine->port[connection->channel_port[undo]].poller, tsn_command_remove_process,
                                &connection->process[undo]);
            return add.result;
        }
        connection->process[c] = (uint32_t)add.result;
    }
    connection->state = TSN_MAPPED;
    return 0;
}

static int bind_address(struct tsn_engine *engine, struct tsn_connection *connection,
                        const struct tsn_control_bind *address, bool unbind) {
    struct tsn_control_result result = {.header = tsn_control_header_of(TSN_CONTROL_RESULT)};
    if (connection->state != TSN_MAPPED) return -EBADMSG;
    uint32_t bound = 0;
    for (uint32_t c = 0; c < connection->channel_count && result.status == 0; c++) {
        if (address->channel != c && address->channel != TSN_CHANNEL_ALL) continue;
        struct tsn_bind bind = {.process = connection->process[c], .address = address};
        tsn_poller_call(engine->port[connection->channel_port[c]].poller,
                        unbind ? tsn_command_unbind : tsn_command_bind, &bind);
        result.status = bind.result;
        bound++;
    }
    if (bound == 0) result.status = -EINVAL;
    return send_message(connection->descriptor, &result, sizeof(result), NULL, 0) ? 0 : -EPIPE;
}

void tsn_connection_serve(struct tsn_engine *engine, uint32_t index) {
    struct tsn_connection *connection = &engine->connection[index];
    if (!connection->used) return;
    union {
        struct tsn_control_attach attach;
        struct tsn_control_bind bind;
        uint8_t bytes[256];
    } message;
    /* Without room for control data the kernel throws away descriptors that a process sends along. */
    ssize_t bytes = recv(connection->descriptor, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    int failure = -EPIPE;
    if (bytes > 0) {
        int type = tsn_control_check_request(&message, bytes > (ssize_t)sizeof(message) ? 0 : (size_t)bytes);
        failure = type;
        if (type == TSN_CONTROL_ATTACH) failure = attach(engine, connection);
        if (type == TSN_CONTROL_MAPPED) failure = mapped(engine, connection);
        if (type == TSN_CONTROL_BIND || type == TSN_CONTROL_UNBIND)
            failure = bind_address(engine, connection, &message.bind, type == TSN_CONTROL_UNBIND);
        if (failure == -EPROTONOSUPPORT) refuse(engine, connection->descriptor, failure);
        if (failure && failure != -ECONNREFUSED) count(&engine->stats->bad_requests);
    }
    if (failure) tsn_connection_close(engine, index);
}

void tsn_connection_close(struct tsn_engine *engine, uint32_t index) {
    struct tsn_connection *connection = &engine->connection[index];
    if (connection->state == TSN_MAPPED)
        for (uint32_t c = 0; c < connection->channel_count; c++)
            tsn_poller_call(engine->port[connection->channel_port[c]].poller, tsn_command_remove_process,
                            &connection->process[c]);
    if (connection->doorbell >= 0) {
        close(connection->doorbell);
        for (uint32_t c = 0; c < connection->channel_count; c++) {
            tsn_poller_unwatch(engine->port[connection->channel_port[c]].poller, connection->wake_event[c]);
            close(connection->wake_event[c]);
        }
    }
    if (connection->region) munmap(connection->region, connection->region_bytes);
    if (connection->memory >= 0) close(connection->memory);
    close(connection->descriptor);
    connection->used = false;
    engine->pod[connection->pod].processes--;
}

void tsn_connections_of_pod_close(struct tsn_engine *engine, uint32_t pod) {
    for (uint32_t i = 0; i < TSN_CONNECTIONS_MAX; i++)
        if (engine->connection[i].used && engine->connection[i].pod == pod) tsn_connection_close(engine, i);
}

void tsn_connections_of_pod_tell(struct tsn_engine *engine, uint32_t pod) {
    struct tsn_control_streams message;
    size_t bytes = describe(engine, &engine->pod[pod], TSN_CONTROL_STREAMS, &message);
    for (uint32_t i = 0; i < TSN_CONNECTIONS_MAX; i++) {
        struct tsn_connection *connection = &engine->connection[i];
        if (!connection->used || connection->pod != pod || connection->state == TSN_CONNECTED) continue;
        /* A process that does not read its messages attaches anew. */
        if (!send_message(connection->descriptor, &message, bytes, NULL, 0)) tsn_connection_close(engine, i);
    }
}
