#ifndef TSN_CLIENT_H
#define TSN_CLIENT_H

/* Inside of tsn.h: one process's attachment to the agent. Every function here expects client->lock to be held. */

#include "protocol/control.h"
#include "socket/tsn.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>

#define CLIENT_BINDS_MAX 64
#define CLIENT_WAIT_DESCRIPTORS 2

/* What one connection to the agent brought. */
struct client_attachment {
    int connection;
    int doorbell;
    int wake[TSN_SHM_MAX_CHANNELS];
    uint32_t channels;
    struct tsn_shm_region *region; /* NULL: none. Outlives the connection until the next attachment took over */
    size_t region_bytes;
};

struct tsn_client {
    pthread_mutex_t lock;
    char path[108];
    bool attached;
    bool attaching;     /* ATTACH was sent, its answer is due */
    int last_error;     /* why the last attempt failed */
    int64_t looked_ns;  /* MONOTONIC_COARSE: when the connection was last looked at */
    int64_t tried_ns;   /* when it was last tried to attach */
    uint64_t attachments; /* how often it attached */
    struct client_attachment now;
    uint32_t transmit_producer[TSN_SHM_MAX_CHANNELS];
    uint32_t next_channel; /* to look at first for received frames and reports */
    unsigned waiters;
    unsigned results_due; /* answers to BIND messages that nobody waits for */
    int64_t kernel_tai_minus_utc_ns;
    uint16_t stream_count;
    struct tsn_control_stream stream[TSN_CONTROL_MAX_STREAMS];
    unsigned bind_count;
    struct tsn_control_bind bind[CLIENT_BINDS_MAX];
};

/* Prepares a client without attaching. -ENAMETOOLONG: no socket path. */
int client_init(struct tsn_client *client, const char *socket_path);
void client_destroy(struct tsn_client *client);

/*
 * Keeps the attachment alive without waiting: reads what the agent says, notices its end, attaches again (ten times a
 * second at most). Costs a clock read when it was called in the last 10 ms; `now` looks in any case. True when attached.
 */
bool client_look(struct tsn_client *client, bool now);

/* Attaches, waiting up to five seconds. 0 or the reason. */
int client_attach(struct tsn_client *client);

/* Ends the attachment as if the agent had; the next look attaches again. */
void client_detach(struct tsn_client *client);

/* In a forked child: forgets the parent's attachment without telling the agent. The lock is made new. */
void client_forget(struct tsn_client *client);

/* True when the descriptor is one of the client's own. */
bool client_owns(const struct tsn_client *client, int fd);

/* The stream of a launch: its index, -1 when the agent is to say, or -EINVAL. */
int client_choose_stream(const struct tsn_client *client, const struct tsn_client_launch *launch);

int client_send(struct tsn_client *client, const void *frame, size_t size, const struct tsn_client_launch *launch);
int client_reports(struct tsn_client *client, struct tsn_client_report *list, size_t capacity);
ssize_t client_receive(struct tsn_client *client, void *frame, size_t size, struct tsn_client_arrival *arrival);

/* `mac`: only frames to this address; NULL: to any of the pod's. */
int client_bind(struct tsn_client *client, const struct sockaddr *address, socklen_t length, const uint8_t *mac);

/* Takes back every binding of the address, whatever its MAC. */
int client_unbind(struct tsn_client *client, const struct sockaddr *address, socklen_t length);

/* True when a received frame or a report is there to be taken. */
bool client_ready(struct tsn_client *client);

/*
 * Between begin and end the agent rings for each frame and report; the caller polls the descriptors that begin wrote
 * (for input), without the lock, then calls end. Several threads may wait. begin returns how many descriptors, 0 when
 * something is there already.
 */
unsigned client_wait_begin(struct tsn_client *client, struct pollfd descriptors[CLIENT_WAIT_DESCRIPTORS]);
void client_wait_end(struct tsn_client *client);

#endif
