/* The public calls of tsn.h: the lock around the client's inside. */
#include "socket/tsn.h"

#include "core/outcome.h"
#include "socket/client.h"
#include "socket/system.h"

#include <stdlib.h>
#include <string.h>

int tsn_client_open(struct tsn_client **client, const char *socket_path) {
    *client = calloc(1, sizeof(**client));
    if (!*client) {
        return -ENOMEM;
    }
    int error = client_init(*client, socket_path);
    if (error == 0) {
        error = client_attach(*client);
    }
    if (error != 0) {
        tsn_client_close(*client);
        *client = NULL;
    }
    return error;
}

void tsn_client_close(struct tsn_client *client) {
    if (client) {
        client_destroy(client);
        free(client);
    }
}

int tsn_client_after_fork(struct tsn_client *client) {
    client_forget(client);
    return client_attach(client);
}

/* Window times as the agent gives them are in its TAI; the caller's clock is the kernel's. */
static int64_t clock_minus_agent_tai(const struct tsn_client *client, clockid_t clock) {
    int64_t realtime_minus_tai =
            -atomic_load_explicit(&client->now.region->header.tai_minus_utc_ns, memory_order_relaxed);
    switch (clock) {
    case CLOCK_TAI:
        return realtime_minus_tai + client->kernel_tai_minus_utc_ns;
    case CLOCK_MONOTONIC:
        return realtime_minus_tai + system_clock_ns(CLOCK_MONOTONIC) - system_clock_ns(CLOCK_REALTIME);
    default:
        return realtime_minus_tai;
    }
}

static int64_t first_at_or_after(int64_t time, int64_t offset, int64_t period) {
    int64_t past = (time - offset) % period;
    if (past < 0) {
        past += period;
    }
    return past == 0 ? time : time + period - past;
}

int tsn_client_next_window(struct tsn_client *client, int stream, clockid_t clock, int64_t after_ns,
                           int64_t *start_ns) {
    int error = 0;
    if (clock != CLOCK_TAI && clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
        return -EINVAL;
    }
    pthread_mutex_lock(&client->lock);
    if (!client_look(client, false)) {
        error = -ENOTCONN;
    } else if (stream < 0 || stream >= client->stream_count) {
        error = -ENOENT;
    } else {
        const struct tsn_control_stream *windows = &client->stream[stream];
        int64_t shift = clock_minus_agent_tai(client, clock);
        *start_ns = shift + first_at_or_after(after_ns - shift, (int64_t)windows->offset_ns,
                                              (int64_t)windows->window_period_ns);
    }
    pthread_mutex_unlock(&client->lock);
    return error;
}

int tsn_client_streams(struct tsn_client *client, struct tsn_client_stream *list, size_t capacity) {
    pthread_mutex_lock(&client->lock);
    client_look(client, true);
    int count = client->stream_count;
    for (int i = 0; i < count && (size_t)i < capacity; i++) {
        const struct tsn_control_stream *from = &client->stream[i];
        list[i] = (struct tsn_client_stream){
                .period_ns = (int64_t)from->period_ns,
                .deadline_ns = (int64_t)from->deadline_ns,
                .offset_ns = (int64_t)from->offset_ns,
                .window_ns = (int64_t)from->window_ns,
                .window_period_ns = (int64_t)from->window_period_ns,
                .frame_bytes = from->frame_bytes,
                .phase = from->phase,
                .traffic_class = from->traffic_class,
        };
        memcpy(list[i].name, from->name, sizeof(list[i].name));
    }
    pthread_mutex_unlock(&client->lock);
    return count;
}

int tsn_client_find_stream(struct tsn_client *client, const char *name) {
    int found = -ENOENT;
    pthread_mutex_lock(&client->lock);
    client_look(client, true);
    for (int i = 0; i < client->stream_count; i++) {
        if (strcmp(client->stream[i].name, name) == 0) {
            found = i;
        }
    }
    pthread_mutex_unlock(&client->lock);
    return found;
}

int tsn_client_send(struct tsn_client *client, const void *frame, size_t size, const struct tsn_client_launch *launch) {
    pthread_mutex_lock(&client->lock);
    int error = client_send(client, frame, size, launch);
    pthread_mutex_unlock(&client->lock);
    return error;
}

int tsn_client_reports(struct tsn_client *client, struct tsn_client_report *list, size_t capacity) {
    pthread_mutex_lock(&client->lock);
    int count = client_reports(client, list, capacity);
    pthread_mutex_unlock(&client->lock);
    return count;
}

int tsn_client_bind(struct tsn_client *client, const struct sockaddr *address, socklen_t length) {
    pthread_mutex_lock(&client->lock);
    int error = client_bind(client, address, length, NULL);
    pthread_mutex_unlock(&client->lock);
    return error;
}

int tsn_client_unbind(struct tsn_client *client, const struct sockaddr *address, socklen_t length) {
    pthread_mutex_lock(&client->lock);
    int error = client_unbind(client, address, length);
    pthread_mutex_unlock(&client->lock);
    return error;
}

ssize_t tsn_client_receive(struct tsn_client *client, void *frame, size_t size, struct tsn_client_arrival *arrival) {
    pthread_mutex_lock(&client->lock);
    ssize_t received = client_receive(client, frame, size, arrival);
    pthread_mutex_unlock(&client->lock);
    return received;
}

int tsn_client_wait(struct tsn_client *client, int64_t timeout_ns) {
    int64_t end = timeout_ns < 0 ? INT64_MAX : system_clock_ns(CLOCK_MONOTONIC) + timeout_ns;
    for (;;) {
        struct pollfd descriptors[CLIENT_WAIT_DESCRIPTORS];
        pthread_mutex_lock(&client->lock);
        unsigned count = client_wait_begin(client, descriptors);
        pthread_mutex_unlock(&client->lock);
        if (count == 0) {
            return 1;
        }
        int64_t left = end == INT64_MAX ? INT64_MAX : end - system_clock_ns(CLOCK_MONOTONIC);
        /* Without an agent there is nothing to be rung by: look again now and then. */
        int64_t slice = descriptors[1].fd < 0 ? 100000000LL : 3600000000000LL;
        slice = left < slice ? left : slice;
        struct timespec time = {.tv_sec = slice / 1000000000LL, .tv_nsec = slice % 1000000000LL};
        int answer = slice > 0 ? system_poll(descriptors, count, &time) : 0;
        pthread_mutex_lock(&client->lock);
        client_wait_end(client);
        pthread_mutex_unlock(&client->lock);
        if (answer < 0) {
            return answer;
        }
        if (left <= 0) {
            return 0;
        }
    }
}

const char *tsn_client_outcome(uint32_t outcome) {
    return outcome < TSN_OUTCOME_COUNT ? tsn_outcome_text((enum tsn_outcome)outcome) : "unknown";
}
