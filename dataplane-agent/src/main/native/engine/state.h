/*
 * What the engine's control side knows: ports, pods, connections. Guarded by one lock that poll threads never take.
 */
#ifndef TSN_ENGINE_STATE_H
#define TSN_ENGINE_STATE_H

#include "engine/engine.h"
#include "engine/poller.h"
#include "protocol/control.h"

#include <sys/types.h>

enum { TSN_CONNECTIONS_MAX = TSN_PROCESSES_MAX, TSN_SOCKET_PATH_BYTES = 108 };

struct tsn_port {
    struct tsn_poller *poller; /* NULL: closed */
    bool best_effort;
    bool *stream_used; /* of the port's stream indexes */
};

struct tsn_stream {
    char name[TSN_STREAM_NAME_BYTES];
    struct tsn_engine_stream_config config; /* its strings are not valid */
    uint32_t port;
    uint32_t index; /* in the port's egress */
};

struct tsn_pod {
    bool used;
    char uid[TSN_STATS_NAME_BYTES];
    char socket[TSN_SOCKET_PATH_BYTES];
    int listener;
    int64_t owner_uid;
    uint32_t mac_count;
    uint8_t macs[TSN_POD_MACS_MAX][TSN_MAC_BYTES];
    uint32_t stream_count;
    struct tsn_stream stream[TSN_CONTROL_MAX_STREAMS];
    uint32_t channel_count;
    uint32_t channel_port[TSN_SHM_MAX_CHANNELS];
    uint32_t processes; /* connections that were accepted */
};

enum tsn_connection_state { TSN_CONNECTED, TSN_ATTACHED, TSN_MAPPED };

/* One process of a pod. */
struct tsn_connection {
    bool used;
    int descriptor;
    uint32_t pod;
    int refusal; /* what ATTACH will be answered with, 0: it is welcome */
    enum tsn_connection_state state;
    struct tsn_shm_region *region;
    size_t region_bytes;
    int memory;
    int doorbell; /* the agent's end */
    uint32_t channel_count;
    uint32_t channel_port[TSN_SHM_MAX_CHANNELS];
    int wake_event[TSN_SHM_MAX_CHANNELS];
    uint32_t process[TSN_SHM_MAX_CHANNELS]; /* its place in the port's table */
};

struct tsn_engine {
    pthread_mutex_t lock;
    struct tsn_engine_config config;
    char *dpdk_library;
    char *dpdk_arguments;
    void *dpdk;
    uint8_t *page;
    size_t page_bytes;
    struct tsn_engine_stats_header *stats;
    pthread_t server;
    int epoll;
    int stop_event;
    int cut_off_event;
    struct tsn_port port[TSN_STATS_PORTS];
    struct tsn_pod pod[TSN_PODS_MAX];
    struct tsn_connection connection[TSN_CONNECTIONS_MAX];
};

/* What an epoll event of the server means. */
enum tsn_watch { TSN_WATCH_STOP, TSN_WATCH_CUT_OFF, TSN_WATCH_LISTENER, TSN_WATCH_CONNECTION };

int tsn_engine_watch(struct tsn_engine *engine, int descriptor, enum tsn_watch kind, uint32_t index);

/* Fills `error` and returns `failure`. */
__attribute__((format(printf, 3, 4))) int tsn_engine_fail(struct tsn_error *error, int failure, const char *format, ...);

/* Records of the statistics page. */
struct tsn_engine_port_stats *tsn_engine_port_stats(const struct tsn_engine *engine, uint32_t port);
struct tsn_engine_stream_name *tsn_engine_stream_name(const struct tsn_engine *engine, uint32_t port, uint32_t stream);
struct tsn_stream_stats *tsn_engine_stream_stats(const struct tsn_engine *engine, uint32_t port, uint32_t stream);

/* Index of an open port, or -ENOENT. */
int tsn_engine_find_port(const struct tsn_engine *engine, const char *name);

/* attach.c: the server's side of connections. All with the lock held. */
void tsn_connection_accept(struct tsn_engine *engine, uint32_t pod);
void tsn_connection_serve(struct tsn_engine *engine, uint32_t connection);
void tsn_connection_close(struct tsn_engine *engine, uint32_t connection);
void tsn_connections_of_pod_close(struct tsn_engine *engine, uint32_t pod);
void tsn_connections_of_pod_tell(struct tsn_engine *engine, uint32_t pod);

/* server.c */
int tsn_server_start(struct tsn_engine *engine);
void tsn_server_stop(struct tsn_engine *engine);

/* pods.c */
void tsn_pod_remove(struct tsn_engine *engine, uint32_t pod);
void tsn_pods_share_quota(struct tsn_engine *engine);

/* A port opened or closed: pods without streams have a channel for each open port, and attach anew where that changed. */
void tsn_pods_follow_ports(struct tsn_engine *engine);

#endif
