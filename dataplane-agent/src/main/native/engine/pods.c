/* Pods: their socket, their streams, their channels. The lock is held. */
#include "engine/commands.h"
#include "engine/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, MIN_LATE_TOLERANCE_NS = 1000, MIN_QUOTA = 32 };

static int check_pod(const struct tsn_engine *engine, const struct tsn_engine_pod_config *pod,
                     struct tsn_error *error) {
    if (!pod->uid || !pod->uid[0] || strlen(pod->uid) >= TSN_STATS_NAME_BYTES)
        return tsn_engine_fail(error, -EINVAL, "a pod's UID must have 1 to 63 characters");
    if (!pod->socket || pod->socket[0] != '/' || strlen(pod->socket) >= TSN_SOCKET_PATH_BYTES)
        return tsn_engine_fail(error, -EINVAL, "pod %s: the socket's path must be absolute and below 108 bytes",
                               pod->uid);
    if (pod->mac_count > TSN_POD_MACS_MAX)
        return tsn_engine_fail(error, -EINVAL, "pod %s: %u MAC addresses, at most %d", pod->uid, pod->mac_count,
                               TSN_POD_MACS_MAX);
    if (pod->stream_count > TSN_CONTROL_MAX_STREAMS)
        return tsn_engine_fail(error, -EINVAL, "pod %s: %u streams, at most %u", pod->uid, pod->stream_count,
                               TSN_CONTROL_MAX_STREAMS);
    for (uint32_t s = 0; s < pod->stream_count; s++) {
        const struct tsn_engine_stream_config *stream = &pod->streams[s];
        if (!stream->name || !stream->name[0] || strlen(stream->name) >= TSN_STREAM_NAME_BYTES)
            return tsn_engine_fail(error, -EINVAL, "pod %s: a stream's name must have 1 to 63 characters", pod->uid);
        if (!stream->port || tsn_engine_find_port(engine, stream->port) < 0)
            return tsn_engine_fail(error, -ENOENT, "stream %s of pod %s: there is no open port '%.63s'", stream->name,
                                   pod->uid, stream->port ? stream->port : "");
        if (stream->phase > TSN_PHASE_FREE || stream->traffic_class > 7 || stream->late_policy > TSN_LATE_NEXT_WINDOW)
            return tsn_engine_fail(error, -EINVAL, "stream %s of pod %s: phase, class or late policy is out of range",
                                   stream->name, pod->uid);
    }
    return 0;
}

/* Channels are the ports of the streams in their order; of a pod without streams, every open port. */
static int assign_channels(const struct tsn_engine *engine, struct tsn_pod *pod) {
    pod->channel_count = 0;
    for (uint32_t s = 0; s < pod->stream_count; s++) {
        bool known = false;
        for (uint32_t c = 0; c < pod->channel_count; c++) known |= pod->channel_port[c] == pod->stream[s].port;
        if (known) continue;
        if (pod->channel_count == TSN_SHM_MAX_CHANNELS) return -E2BIG;
        pod->channel_port[pod->channel_count++] = pod->stream[s].port;
    }
    if (pod->stream_count > 0) return 0;
    for (uint32_t p = 0; p < TSN_STATS_PORTS && pod->channel_count < TSN_SHM_MAX_CHANNELS; p++)
        if (engine->port[p].poller) pod->channel_port[pod->channel_count++] = p;
    return 0;
}

static bool same_channels(const struct tsn_pod *a, const struct tsn_pod *b) {
    return a->channel_count == b->channel_count &&
           memcmp(a->channel_port, b->channel_port, sizeof(uint32_t) * a->channel_count) == 0;
}

static struct tsn_stream_config egress_stream(const struct tsn_engine *engine, uint32_t port,
                                              const struct tsn_engine_stream_config *stream) {
    const struct tsn_engine_port_config *config = &engine->port[port].poller->config;
    int64_t wire_ns = tsn_wire_time_ns(config->link_rate_bps, config->overhead_bytes, stream->frame_bytes);
    /* What a window has beyond the frame is its guard: emission may err so much. */
    int64_t guard_ns = (int64_t)stream->window_ns - wire_ns;
    return (struct tsn_stream_config){
        .period_ns = (int64_t)stream->period_ns,
        .offset_ns = (int64_t)stream->offset_ns,
        .window_ns = (int64_t)stream->window_ns,
        .window_period_ns = (int64_t)stream->window_period_ns,
        .late_tolerance_ns = guard_ns < MIN_LATE_TOLERANCE_NS ? MIN_LATE_TOLERANCE_NS : guard_ns,
        .frame_bytes = stream->frame_bytes,
        .traffic_class = stream->traffic_class,
        .late_policy = stream->late_policy,
        .window_policy = stream->refuse_outside_windows ? TSN_WINDOW_REFUSE : TSN_WINDOW_ALIGN,
    };
}

static void write_name(struct tsn_engine_stream_name *record, const char *uid, const char *name) {
    __atomic_store_n(&record->generation, record->generation + 1, __ATOMIC_SEQ_CST);
    snprintf(record->pod_uid, sizeof(record->pod_uid), "%s", uid);
    snprintf(record->name, sizeof(record->name), "%s", name);
    __atomic_store_n(&record->generation, record->generation + 1, __ATOMIC_RELEASE);
}

static void free_stream(struct tsn_engine *engine, const struct tsn_stream *stream) {
    uint32_t index = stream->index;
    tsn_poller_call(engine->port[stream->port].poller, tsn_command_remove_stream, &index);
    write_name(tsn_engine_stream_name(engine, stream->port, index), "", "");
    engine->port[stream->port].stream_used[index] = false;
}

static int make_stream(struct tsn_engine *engine, const char *uid, struct tsn_stream *stream, struct tsn_error *error) {
    struct tsn_port *port = &engine->port[stream->port];
    struct tsn_set_stream set = {.config = egress_stream(engine, stream->port, &stream->config)};
    while (set.index < engine->config.max_streams_per_port && port->stream_used[set.index]) set.index++;
    if (set.index == engine->config.max_streams_per_port)
        return tsn_engine_fail(error, -ENOSPC, "port %s has no room for stream %s of pod %s: %u streams at most",
                               port->poller->name, stream->name, uid, engine->config.max_streams_per_port);
    tsn_poller_call(port->poller, tsn_command_set_stream, &set);
    if (set.result)
        return tsn_engine_fail(error, set.result, "stream %s of pod %.40s: %.120s", stream->name, uid, set.text);
    stream->index = set.index;
    port->stream_used[set.index] = true;
    write_name(tsn_engine_stream_name(engine, stream->port, set.index), uid, stream->name);
    return 0;
}

static bool same_stream(const struct tsn_stream *a, const struct tsn_stream *b) {
    const struct tsn_engine_stream_config *x = &a->config;
    const struct tsn_engine_stream_config *y = &b->config;
    return strcmp(a->name, b->name) == 0 && a->port == b->port && x->period_ns == y->period_ns &&
           x->deadline_ns == y->deadline_ns && x->offset_ns == y->offset_ns && x->window_ns == y->window_ns &&
           x->window_period_ns == y->window_period_ns && x->frame_bytes == y->frame_bytes && x->phase == y->phase &&
           x->traffic_class == y->traffic_class && x->late_policy == y->late_policy &&
           x->refuse_outside_windows == y->refuse_outside_windows;
}

static const struct tsn_stream *find_same(const struct tsn_pod *pod, const struct tsn_stream *stream) {
    for (uint32_t s = 0; s < pod->stream_count; s++)
        if (same_stream(&pod->stream[s], stream)) return &pod->stream[s];
    return NULL;
}

/* Streams that stay keep their place and their queued frames; new ones are made. All or none. */
static int make_streams(struct tsn_engine *engine, struct tsn_pod *pod, const struct tsn_pod *former,
                        struct tsn_error *error) {
    for (uint32_t s = 0; s < pod->stream_count; s++) {
        const struct tsn_stream *same = find_same(former, &pod->stream[s]);
        int failure = 0;
        if (same)
            pod->stream[s].index = same->index;
        else
            failure = make_stream(engine, pod->uid, &pod->stream[s], error);
        if (!failure) continue;
        while (s-- > 0)
            if (!find_same(former, &pod->stream[s])) free_stream(engine, &pod->stream[s]);
        return failure;
    }
    return 0;
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) return -errno;
    unlink(path); /* of an agent that went without cleaning up */
    /* The folder is mounted into one pod; who may come in there is checked by credentials. */
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || chmod(path, 0666) ||
        listen(listener, BACKLOG)) {
        int failure = -errno;
        close(listener);
        return failure;
    }
    return listener;
}

/* Tells the ports what the pod may send there. */
static void show_pod(struct tsn_engine *engine, uint32_t index) {
    const struct tsn_pod *pod = &engine->pod[index];
    for (uint32_t p = 0; p < TSN_STATS_PORTS; p++) {
        bool there = false;
        if (!engine->port[p].poller) continue;
        for (uint32_t c = 0; c < pod->channel_count; c++) there |= pod->channel_port[c] == p;
        if (!there) {
            tsn_poller_call(engine->port[p].poller, tsn_command_remove_pod, &index);
            continue;
        }
        struct tsn_set_pod set = {.pod = index,
                                  .view = {.mac_count = pod->mac_count, .stream_count = pod->stream_count}};
        memcpy(set.view.macs, pod->macs, sizeof(set.view.macs));
        for (uint32_t s = 0; s < pod->stream_count; s++)
            set.view.stream[s] = pod->stream[s].port == p ? pod->stream[s].index : TSN_STREAM_NONE;
        tsn_poller_call(engine->port[p].poller, tsn_command_set_pod, &set);
    }
}

void tsn_pods_share_quota(struct tsn_engine *engine) {
    for (uint32_t p = 0; p < TSN_STATS_PORTS; p++) {
        struct tsn_poller *poller = engine->port[p].poller;
        uint32_t pods = 0;
        if (!poller) continue;
        for (uint32_t i = 0; i < TSN_PODS_MAX; i++)
            for (uint32_t c = 0; engine->pod[i].used && c < engine->pod[i].channel_count; c++)
                if (engine->pod[i].channel_port[c] == p) pods++;
        uint32_t quota = poller->config.frame_buffers / (pods > 0 ? pods : 1);
        if (quota < MIN_QUOTA) quota = MIN_QUOTA;
        tsn_poller_call(poller, tsn_command_set_quota, &quota);
    }
}

void tsn_pods_follow_ports(struct tsn_engine *engine) {
    for (uint32_t i = 0; i < TSN_PODS_MAX; i++) {
        struct tsn_pod *pod = &engine->pod[i];
        if (!pod->used || pod->stream_count > 0) continue;
        struct tsn_pod with_ports = *pod;
        assign_channels(engine, &with_ports);
        if (same_channels(pod, &with_ports)) continue;
        tsn_connections_of_pod_close(engine, i);
        with_ports.processes = pod->processes;
        *pod = with_ports;
        show_pod(engine, i);
    }
    tsn_pods_share_quota(engine);
}

static int find_pod(const struct tsn_engine *engine, const char *uid) {
    for (int i = 0; i < TSN_PODS_MAX; i++)
        if (engine->pod[i].used && strcmp(engine->pod[i].uid, uid) == 0) return i;
    return -ENOENT;
}

static int free_place(const struct tsn_engine *engine) {
    for (int i = 0; i < TSN_PODS_MAX; i++)
        if (!engine->pod[i].used) return i;
    return -ENOSPC;
}

static struct tsn_pod pod_from(const struct tsn_engine *engine, const struct tsn_engine_pod_config *config) {
    struct tsn_pod pod = {.used = true, .listener = -1, .owner_uid = config->owner_uid, .mac_count = config->mac_count};
    snprintf(pod.uid, sizeof(pod.uid), "%s", config->uid);
    snprintf(pod.socket, sizeof(pod.socket), "%s", config->socket);
    if (config->mac_count > 0) memcpy(pod.macs, config->macs, (size_t)config->mac_count * TSN_MAC_BYTES);
    pod.stream_count = config->stream_count;
    for (uint32_t s = 0; s < config->stream_count; s++) {
        pod.stream[s].config = config->streams[s];
        pod.stream[s].port = (uint32_t)tsn_engine_find_port(engine, config->streams[s].port);
        snprintf(pod.stream[s].name, sizeof(pod.stream[s].name), "%s", config->streams[s].name);
    }
    return pod;
}

static int put_pod(struct tsn_engine *engine, const struct tsn_engine_pod_config *config, struct tsn_error *error) {
    int failure = check_pod(engine, config, error);
    if (failure) return failure;
    int place = find_pod(engine, config->uid);
    bool known = place >= 0;
    if (!known) place = free_place(engine);
    if (place < 0) return tsn_engine_fail(error, -ENOSPC, "no more than %d pods can be served", TSN_PODS_MAX);
    struct tsn_pod *former = &engine->pod[place];
    struct tsn_pod pod = pod_from(engine, config);
    if (assign_channels(engine, &pod))
        return tsn_engine_fail(error, -E2BIG, "pod %s has streams on more than %u ports", pod.uid,
                               TSN_SHM_MAX_CHANNELS);
    bool same_socket = known && strcmp(former->socket, pod.socket) == 0;
    if (!same_socket) pod.listener = listen_at(pod.socket);
    if (!same_socket && pod.listener < 0)
        return tsn_engine_fail(error, pod.listener, "pod %.40s: cannot listen at %s: %s", pod.uid, pod.socket,
                               strerror(-pod.listener));
    struct tsn_pod nothing = {.used = false};
    failure = make_streams(engine, &pod, known ? former : &nothing, error);
    if (failure) {
        if (!same_socket) {
            close(pod.listener);
            unlink(pod.socket);
        }
        return failure;
    }
    bool stays = known && same_channels(former, &pod);
    if (known && !stays) tsn_connections_of_pod_close(engine, (uint32_t)place);
    pod.processes = known ? former->processes : 0;
    struct tsn_pod gone = known ? *former : nothing;
    if (same_socket) pod.listener = former->listener;
    *former = pod;
    show_pod(engine, (uint32_t)place);
    for (uint32_t s = 0; s < gone.stream_count; s++)
        if (!find_same(&pod, &gone.stream[s])) free_stream(engine, &gone.stream[s]);
    if (known && !same_socket) {
        close(gone.listener);
        unlink(gone.socket);
    }
    if (!same_socket) tsn_engine_watch(engine, pod.listener, TSN_WATCH_LISTENER, (uint32_t)place);
    if (stays) tsn_connections_of_pod_tell(engine, (uint32_t)place);
    tsn_pods_share_quota(engine);
    engine->stats->pods += known ? 0 : 1;
    return 0;
}

int tsn_engine_put_pod(struct tsn_engine *engine, const struct tsn_engine_pod_config *pod, struct tsn_error *error) {
    pthread_mutex_lock(&engine->lock);
    int failure = put_pod(engine, pod, error);
    pthread_mutex_unlock(&engine->lock);
    return failure;
}

void tsn_pod_remove(struct tsn_engine *engine, uint32_t index) {
    struct tsn_pod *pod = &engine->pod[index];
    tsn_connections_of_pod_close(engine, index);
    close(pod->listener);
    unlink(pod->socket);
    for (uint32_t s = 0; s < pod->stream_count; s++) free_stream(engine, &pod->stream[s]);
    pod->channel_count = 0;
    show_pod(engine, index);
    pod->used = false;
    tsn_pods_share_quota(engine);
    engine->stats->pods--;
}

int tsn_engine_remove_pod(struct tsn_engine *engine, const char *uid, struct tsn_error *error) {
    pthread_mutex_lock(&engine->lock);
    int pod = find_pod(engine, uid);
    if (pod >= 0) tsn_pod_remove(engine, (uint32_t)pod);
    pthread_mutex_unlock(&engine->lock);
    return pod >= 0 ? 0 : tsn_engine_fail(error, -ENOENT, "there is no pod '%.63s'", uid);
}
