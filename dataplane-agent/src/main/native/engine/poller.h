/*
 * A port and its poll thread. Everything in struct tsn_poller belongs to the poll thread; others act on it by
 * tsn_poller_call, which runs a function in the poll thread between two rounds and waits for it.
 */
#ifndef TSN_ENGINE_POLLER_H
#define TSN_ENGINE_POLLER_H

#include "core/egress.h"
#include "engine/bindings.h"
#include "engine/channel.h"
#include "engine/engine.h"
#include "engine/stats.h"
#include "engine/time_source.h"
#include "port/backend.h"

#include <pthread.h>
#include <semaphore.h>

enum { TSN_PODS_MAX = 256, TSN_PROCESSES_MAX = 1024 };

/* A pod as one port sees it. */
struct tsn_pod_view {
    bool used;
    uint32_t generation; /* of this place in the table */
    uint32_t queued;     /* frames that hold buffers */
    uint32_t mac_count;
    uint8_t macs[TSN_POD_MACS_MAX][TSN_MAC_BYTES];
    uint32_t stream_count;
    uint32_t stream[TSN_CONTROL_MAX_STREAMS]; /* index in the port's egress; TSN_STREAM_NONE: on another port */
};

/* An attached process as one port sees it. */
struct tsn_process_view {
    bool used;
    bool cut_off; /* the server was told to detach it */
    uint32_t generation;
    uint32_t pod;
    int doorbell;
    struct tsn_channel channel;
};

/* A frame between the ring and the device. */
struct tsn_frame_record {
    struct tsn_buffer buffer; /* data is NULL once the device has it */
    uint64_t cookie;
    uint64_t time_ns;
    uint32_t length;
    uint32_t process;
    uint32_t process_generation;
    uint32_t pod;
    uint32_t pod_generation;
    uint16_t stream; /* as in the descriptor */
    uint8_t flags;
};

/* The way of a frame that the egress handed out and the device has not taken yet. */
struct tsn_way {
    bool follows; /* right behind the frame before it: both go in one call */
    bool local;   /* to a pod of this port, whose address is: */
    struct tsn_destination destination;
};

struct tsn_poller;

struct tsn_command {
    void (*run)(struct tsn_poller *poller, void *argument);
    void *argument;
    sem_t done;
};

struct tsn_poller {
    /* Fixed while the thread runs. */
    char name[TSN_STATS_NAME_BYTES];
    struct tsn_engine_port_config config; /* strings: only until open returns */
    struct tsn_backend *backend;
    struct tsn_engine_port_stats *stats;
    struct tsn_stream_stats *stream_stats;
    uint32_t stream_capacity;
    int64_t ahead_ns; /* calibrated path, and lead of a device that holds frames */
    int cut_off_descriptor; /* eventfd of the server, written when a process is cut off */
    int epoll;
    int command_event;
    int kernel_socket; /* packet socket of the kernel interface; -1: none */
    pthread_t thread;
    _Atomic(struct tsn_command *) command;

    struct tsn_time_source time;
    int64_t now_ns; /* TAI at the start of the round */
    int64_t next_event_ns;
    int64_t prepared_ns; /* up to where the egress was brought, a moment ahead of the clock */
    int64_t next_housekeeping_ns;
    uint64_t cycles_at_step; /* gate cycles when a step of the clock was seen */
    bool stop;
    bool receive_watched; /* the device's descriptor is in epoll */

    struct tsn_egress *egress;
    uint8_t *stream_class; /* of each stream of the egress */
    struct tsn_frame_record *record;
    uint32_t *free_record;
    uint32_t free_records;
    uint32_t pod_quota; /* frames that one pod may hold */
    uint32_t pods;

    bool behind; /* what is due is late: rings are emptied by the handful, not one frame between launches */
    struct tsn_emission pending[TSN_BURST]; /* in order */
    struct tsn_way way[TSN_BURST];          /* of each */
    uint32_t pending_first;
    uint32_t pending_end;

    uint32_t processes; /* places in use lie below */
    struct tsn_process_view process[TSN_PROCESSES_MAX];
    struct tsn_pod_view pod[TSN_PODS_MAX];
    struct tsn_bindings bindings;
};

struct tsn_poller_config {
    const struct tsn_engine_port_config *port;
    const struct tsn_backend_ops *ops;
    const char *backend_arguments;
    int64_t tai_minus_utc_ns;
    struct tsn_engine_port_stats *stats;
    struct tsn_stream_stats *stream_stats;
    uint32_t stream_capacity;
    int cut_off_descriptor;
};

/* Opens the device and starts the thread. 0, or a negative errno and one sentence. */
int tsn_poller_open(const struct tsn_poller_config *config, struct tsn_poller **poller, struct tsn_error *error);

/* Stops the thread, counts queued frames as flushed, closes the device. */
void tsn_poller_close(struct tsn_poller *poller);

/* Runs a function in the poll thread and waits for it. One caller at a time. */
void tsn_poller_call(struct tsn_poller *poller, void (*run)(struct tsn_poller *, void *), void *argument);

/* Watches a process's wake eventfd. May be called while the thread runs. */
void tsn_poller_watch(struct tsn_poller *poller, int wake_event);

/* To be called before the eventfd is closed here: the process may keep its own descriptor of it. */
void tsn_poller_unwatch(struct tsn_poller *poller, int wake_event);

/* What follows runs in the poll thread. */

/* Its whole life; the argument is the poller. */
void *tsn_poller_run(void *poller);

static inline int64_t tsn_poller_tai_ns(const struct tsn_poller *poller) {
    return tsn_time_source_tai_ns(&poller->time);
}

/* The time at which a frame handed over now starts on the wire: the egress's now, which does not go back. */
static inline int64_t tsn_poller_wire_ns(const struct tsn_poller *poller) {
    int64_t wire_ns = tsn_poller_tai_ns(poller) + poller->ahead_ns;
    return wire_ns > poller->prepared_ns ? wire_ns : poller->prepared_ns;
}

/*
 * So long before a launch the poll thread does nothing but wait for it: while frames wait on rings, a little longer than
 * taking one of them; when there is nothing else to do, as long as getting a frame ready takes with cold caches.
 */
#define TSN_PREPARE_NS 500
#define TSN_PREPARE_IDLE_NS 3000

static inline bool tsn_poller_launch_is_near(const struct tsn_poller *poller) {
    return poller->next_event_ns <= tsn_poller_wire_ns(poller) + TSN_PREPARE_NS;
}

/* Takes frames from the ring of a process, at most a handful (one before a launch), so that none holds up another's launch. */
uint32_t tsn_poller_take(struct tsn_poller *poller, uint32_t process);

/* Hands over the frames whose time has come or comes within prepare_ns, each at its time. Returns how many ended or wait. */
uint32_t tsn_poller_emit(struct tsn_poller *poller, int64_t prepare_ns);

/*
 * After a step of the clock: frames that the device has yet to take were to leave about now, and still are. (A frame whose
 * start lay in the old time would else be waited for as long as the step was.)
 */
void tsn_poller_step(struct tsn_poller *poller, int64_t step_ns);

/* Ends a frame: its buffer, its place, its share of the pod's quota, and the report that its sender asked for. */
void tsn_poller_finish(struct tsn_poller *poller, uint32_t record, enum tsn_outcome outcome);

/* Ends frames that are queued; for the end of the port. */
void tsn_poller_flush(struct tsn_poller *poller);

/* Takes up to `room` frames that the device received and puts them on receive rings. Returns their number. */
uint32_t tsn_poller_receive(struct tsn_poller *poller, uint32_t room);

/* Puts a frame of a local pod on the rings of those who bound its destination. True: it was for one of them alone. */
bool tsn_poller_deliver_local(struct tsn_poller *poller, const struct tsn_frame_record *record,
                              const struct tsn_destination *destination);

/* Rings doorbells, and tells the server of processes to cut off. */
void tsn_poller_attend(struct tsn_poller *poller);

#endif
