/* The server thread: one event at a time, under the engine's lock. */
#include "engine/commands.h"
#include "engine/state.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

int tsn_engine_watch(struct tsn_engine *engine, int descriptor, enum tsn_watch kind, uint32_t index) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)kind << 32 | index};
    return epoll_ctl(engine->epoll, EPOLL_CTL_ADD, descriptor, &event) ? -errno : 0;
}

static void close_by_process(struct tsn_engine *engine, uint32_t port, uint32_t process) {
    for (uint32_t i = 0; i < TSN_CONNECTIONS_MAX; i++) {
        const struct tsn_connection *connection = &engine->connection[i];
        if (!connection->used || connection->state != TSN_MAPPED) continue;
        for (uint32_t c = 0; c < connection->channel_count; c++)
            if (connection->channel_port[c] == port && connection->process[c] == process) {
                tsn_connection_close(engine, i);
                return;
            }
    }
}

static void cut_off(struct tsn_engine *engine) {
    uint64_t times;
    if (read(engine->cut_off_event, &times, sizeof(times)) < 0) return;
    for (uint32_t p = 0; p < TSN_STATS_PORTS; p++) {
        struct tsn_cut_off list = {.count = 0};
        if (!engine->port[p].poller) continue;
        tsn_poller_call(engine->port[p].poller, tsn_command_list_cut_off, &list);
        for (uint32_t i = 0; i < list.count; i++) close_by_process(engine, p, list.process[i]);
    }
}

static void *server_thread(void *argument) {
    struct tsn_engine *engine = argument;
    prctl(PR_SET_NAME, "tsn-server");
    for (;;) {
        /* One at a time: handling an event may end what a second one speaks of. */
        struct epoll_event event;
        if (epoll_wait(engine->epoll, &event, 1, -1) != 1) continue;
        uint32_t index = (uint32_t)event.data.u64;
        pthread_mutex_lock(&engine->lock);
        switch ((enum tsn_watch)(event.data.u64 >> 32)) {
            case TSN_WATCH_STOP: pthread_mutex_unlock(&engine->lock); return NULL;
            case TSN_WATCH_CUT_OFF: cut_off(engine); break;
            case TSN_WATCH_LISTENER:
                if (engine->pod[index].used) tsn_connection_accept(engine, index);
                break;
            case TSN_WATCH_CONNECTION: tsn_connection_serve(engine, index); break;
        }
        pthread_mutex_unlock(&engine->lock);
    }
}

int tsn_server_start(struct tsn_engine *engine) {
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    engine->stop_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    engine->cut_off_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (engine->epoll < 0 || engine->stop_event < 0 || engine->cut_off_event < 0) return -errno;
    int failure = tsn_engine_watch(engine, engine->stop_event, TSN_WATCH_STOP, 0);
    if (!failure) failure = tsn_engine_watch(engine, engine->cut_off_event, TSN_WATCH_CUT_OFF, 0);
    if (failure) return failure;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&engine->server, NULL, server_thread, engine);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -failure;
}

void tsn_server_stop(struct tsn_engine *engine) {
    uint64_t one = 1;
    if (write(engine->stop_event, &one, sizeof(one)) == (ssize_t)sizeof(one)) pthread_join(engine->server, NULL);
}
