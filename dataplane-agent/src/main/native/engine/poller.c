#include "engine/poller.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HOUSEKEEPING_NS = 100000000, HOUSEKEEPING_TAKES_NS = 20000, RECEIVE_TAKES_NS = 100 };
enum { LOOK_NS = 50000, SLEEP_WORTH_NS = 20000, RINGS_AHEAD = 8 };

static bool run_command(struct tsn_poller *poller) {
    struct tsn_command *command = atomic_load_explicit(&poller->command, memory_order_acquire);
    if (!command) return false;
    atomic_store_explicit(&poller->command, NULL, memory_order_relaxed);
    command->run(poller, command->argument);
    poller->next_event_ns = INT64_MIN; /* it may have changed gates or streams: look */
    sem_post(&command->done);
    return true;
}

/* Whether there is somebody for received frames. */
static bool receives(const struct tsn_poller *poller) { return poller->bindings.count > 0 || poller->kernel_socket >= 0; }

static void watch_receive(struct tsn_poller *poller) {
    int descriptor = poller->backend->ops->receive_descriptor(poller->backend);
    bool wanted = receives(poller);
    if (descriptor < 0 || wanted == poller->receive_watched) return;
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_ctl(poller->epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, descriptor, &event) == 0)
        poller->receive_watched = wanted;
}

/* Once in a while; between launches that leave room for it, but not put off for ever. */
static bool housekeeping_due(const struct tsn_poller *poller) {
    int64_t over_ns = poller->now_ns - poller->next_housekeeping_ns;
    bool room = poller->next_event_ns > poller->now_ns + poller->ahead_ns + HOUSEKEEPING_TAKES_NS;
    return over_ns >= 0 && (room || over_ns > HOUSEKEEPING_NS);
}

/* Follows the kernel's clocks. A step is taken over where a gate cycle begins, so that no cycle is torn. */
static void keep_time(struct tsn_poller *poller) {
    if (housekeeping_due(poller)) {
        bool pending = poller->time.step_pending;
        tsn_time_source_update(&poller->time);
        if (poller->time.step_pending && !pending) poller->cycles_at_step = tsn_egress_gates(poller->egress)->cycles;
        __atomic_store_n(&poller->stats->link_up, poller->backend->ops->link_up(poller->backend), __ATOMIC_RELAXED);
        __atomic_store_n(&poller->stats->transmit_errors, poller->backend->ops->transmit_errors(poller->backend),
                         __ATOMIC_RELAXED);
        __atomic_store_n(&poller->stats->tai_minus_utc_ns, (uint64_t)poller->time.clock.utc_offset_ns,
                         __ATOMIC_RELAXED);
        poller->next_housekeeping_ns = poller->now_ns + HOUSEKEEPING_NS;
    }
    const struct tsn_gates *gates = tsn_egress_gates(poller->egress);
    __atomic_store_n(&poller->stats->gates_pending, gates->admin != NULL, __ATOMIC_RELAXED);
    if (poller->time.step_pending && (!gates->oper || gates->cycles != poller->cycles_at_step)) {
        tsn_poller_step(poller, tsn_clock_take_step(&poller->time.clock));
        poller->time.step_pending = false;
        poller->now_ns = tsn_poller_tai_ns(poller);
        poller->prepared_ns = INT64_MIN;
        tsn_egress_step(poller->egress, tsn_poller_wire_ns(poller));
        poller->next_event_ns = INT64_MIN;
        poller->next_housekeeping_ns = poller->now_ns + HOUSEKEEPING_NS;
    }
}

/* Frames that can be received before the next launch: one in any case, so that they are never put off for ever. */
static uint32_t receive_room(const struct tsn_poller *poller) {
    int64_t wire_ns = tsn_poller_wire_ns(poller);
    if (poller->next_event_ns >= wire_ns + TSN_BURST * RECEIVE_TAKES_NS) return TSN_BURST;
    if (poller->next_event_ns <= wire_ns + RECEIVE_TAKES_NS) return 1;
    return (uint32_t)((poller->next_event_ns - wire_ns) / RECEIVE_TAKES_NS);
}

/*
 * Receives in pieces that fit between launches, until nothing is left or as many came as left in this round (a burst at
 * least): a port that gives back what is sent must not fill up because its launches are close.
 */
static uint32_t receive_between_launches(struct tsn_poller *poller, uint32_t work) {
    uint32_t most = work > TSN_BURST ? work : TSN_BURST, received = 0, room, count;
    do {
        room = receive_room(poller);
        count = tsn_poller_receive(poller, room);
        received += count;
        if (count > 0) tsn_poller_emit(poller, TSN_PREPARE_NS);
    } while (count == room && received < most);
    return received;
}

/*
 * The next process from `from` on with a frame on its ring; poller->processes: none. Other CPUs write the positions:
 * those of the next few rings are fetched meanwhile, all at once.
 */
static uint32_t next_waiting(const struct tsn_poller *poller, uint32_t from) {
    for (; from < poller->processes; from++) {
        uint32_t later = from + RINGS_AHEAD;
        if (later < poller->processes && poller->process[later].used)
            tsn_channel_prefetch_position(&poller->process[later].channel);
        if (poller->process[from].used && tsn_channel_waiting(&poller->process[from].channel)) break;
    }
    return from;
}

/* A turn of each ring, and of the launches in between. */
static uint32_t take_from_rings(struct tsn_poller *poller) {
    uint32_t work = 0;
    for (uint32_t i = next_waiting(poller, 0), next; i < poller->processes; i = next) {
        /* The next one's frame is on its way from the other CPU's cache meanwhile. */
        next = next_waiting(poller, i + 1);
        if (next < poller->processes) tsn_channel_prefetch(&poller->process[next].channel, 0);
        uint32_t taken = tsn_poller_take(poller, i);
        if (taken > 0) poller->next_event_ns = tsn_egress_next_event(poller->egress, tsn_poller_wire_ns(poller));
        work += taken + (poller->process[i].channel.broken && !poller->process[i].cut_off);
        work += tsn_poller_emit(poller, TSN_PREPARE_NS);
    }
    return work;
}

/* One turn of everything. Returns whether there was something to do. */
static bool round_of(struct tsn_poller *poller) {
    uint32_t work = run_command(poller);
    keep_time(poller);
    work += take_from_rings(poller);
    work += tsn_poller_emit(poller, work > 0 ? TSN_PREPARE_NS : TSN_PREPARE_IDLE_NS);
    watch_receive(poller);
    if (receives(poller)) work += receive_between_launches(poller, work);
    if (work > 0) tsn_poller_attend(poller);
    return work > 0;
}

/* Tells every process whether the poll thread sleeps. Returns whether one of them has a frame that can be taken. */
static bool announce_sleep(struct tsn_poller *poller, uint32_t sleeps) {
    bool waiting = false;
    for (uint32_t i = 0; i < poller->processes; i++) {
        struct tsn_process_view *process = &poller->process[i];
        if (!process->used) continue;
        bool blocked = poller->pod[process->pod].queued >= poller->pod_quota || poller->free_records == 0;
        waiting |= tsn_channel_sleeps(&process->channel, sleeps) && !blocked;
    }
    return waiting;
}

/* Sleeps until something can happen, if that is worth it. */
static void idle(struct tsn_poller *poller) {
    int64_t now_ns = tsn_poller_tai_ns(poller);
    int64_t until_ns = poller->next_housekeeping_ns;
    if (poller->next_event_ns != TSN_NEVER) {
        int64_t event_ns = poller->next_event_ns - poller->ahead_ns - (int64_t)poller->config.idle_margin_ns;
        if (event_ns < until_ns) until_ns = event_ns;
    }
    /* A device without a descriptor to wait for is looked at every now and then. */
    bool looks = receives(poller) && !poller->receive_watched;
    if (looks && until_ns > now_ns + LOOK_NS) until_ns = now_ns + LOOK_NS;
    if (until_ns - now_ns < SLEEP_WORTH_NS) return;
    if (!announce_sleep(poller, 1) && !atomic_load_explicit(&poller->command, memory_order_acquire)) {
        int64_t wait_ns = until_ns - now_ns;
        struct timespec timeout = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
        struct pollfd events = {.fd = poller->epoll, .events = POLLIN};
        tsn_count(&poller->stats->sleeps);
        struct epoll_event drained[64];
        /* Eventfds are edge-triggered and never read: a process could make reading them block. */
        if (ppoll(&events, 1, &timeout, NULL) > 0) epoll_wait(poller->epoll, drained, 64, 0);
    }
    announce_sleep(poller, 0);
}

static void prepare_thread(const struct tsn_poller *poller) {
    char name[16];
    snprintf(name, sizeof(name), "tsn-%.10s", poller->name);
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_TIMERSLACK, 1);
    /* Best effort: without the right to it the thread is merely an ordinary one. SCHED_FIFO starves a shared core. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -20);
}

void *tsn_poller_run(void *argument) {
    struct tsn_poller *poller = argument;
    prepare_thread(poller);
    poller->now_ns = tsn_poller_tai_ns(poller);
    while (!poller->stop) {
        bool busy = round_of(poller);
        if (!busy && !poller->config.spin) idle(poller);
        int64_t now_ns = tsn_poller_tai_ns(poller);
        uint64_t round_ns = (uint64_t)(now_ns - poller->now_ns);
        /* A round that slept says nothing of the machine. */
        if ((busy || poller->config.spin) && now_ns > poller->now_ns && round_ns > poller->stats->longest_round_ns)
            __atomic_store_n(&poller->stats->longest_round_ns, round_ns, __ATOMIC_RELAXED);
        poller->now_ns = now_ns;
        tsn_count(&poller->stats->polls);
    }
    tsn_poller_flush(poller);
    return NULL;
}

void tsn_poller_call(struct tsn_poller *poller, void (*run)(struct tsn_poller *, void *), void *argument) {
    struct tsn_command command = {.run = run, .argument = argument};
    sem_init(&command.done, 0, 0);
    atomic_store_explicit(&poller->command, &command, memory_order_seq_cst);
    uint64_t one = 1;
    if (write(poller->command_event, &one, sizeof(one)) < 0) { /* full: the thread is awake or wakes */
    }
    while (sem_wait(&command.done) && errno == EINTR) {
    }
    sem_destroy(&command.done);
}

void tsn_poller_watch(struct tsn_poller *poller, int wake_event) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    epoll_ctl(poller->epoll, EPOLL_CTL_ADD, wake_event, &event);
}

void tsn_poller_unwatch(struct tsn_poller *poller, int wake_event) {
    epoll_ctl(poller->epoll, EPOLL_CTL_DEL, wake_event, NULL);
}
