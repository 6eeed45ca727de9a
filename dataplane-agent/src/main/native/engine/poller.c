#include "engine/poller.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HOUSEKEEPING_NS = 100000000, LOOK_NS = 50000, SLEEP_WORTH_NS = 20000, DEFAULT_MARGIN_NS = 150000, DEFAULT_LEAD_NS = 200000 };
enum { DEFAULT_BUFFERS = 4096, DEFAULT_FRAME_BYTES = 1522 };

static void run_command(struct tsn_poller *poller) {
    struct tsn_command *command = atomic_load_explicit(&poller->command, memory_order_acquire);
    if (!command) return;
    atomic_store_explicit(&poller->command, NULL, memory_order_relaxed);
    command->run(poller, command->argument);
    poller->next_event_ns = INT64_MIN; /* it may have changed gates or streams: look */
    sem_post(&command->done);
}

static void watch_receive(struct tsn_poller *poller) {
    int descriptor = poller->backend->ops->receive_descriptor(poller->backend);
    bool wanted = poller->bindings.count > 0;
    if (descriptor < 0 || wanted == poller->receive_watched) return;
    struct epoll_event event = {.events = EPOLLIN};
    if (epoll_ctl(poller->epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, descriptor, &event) == 0)
        poller->receive_watched = wanted;
}

/* Follows the kernel's clocks. A step is taken over where a gate cycle begins, so that no cycle is torn. */
static void keep_time(struct tsn_poller *poller) {
    if (poller->now_ns >= poller->next_housekeeping_ns) {
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
        tsn_clock_take_step(&poller->time.clock);
        poller->time.step_pending = false;
        poller->now_ns = tsn_poller_tai_ns(poller);
        tsn_egress_step(poller->egress, tsn_poller_wire_ns(poller));
        poller->next_event_ns = INT64_MIN;
        poller->next_housekeeping_ns = poller->now_ns + HOUSEKEEPING_NS;
    }
}

/* One turn of everything. Returns whether there was something to do. */
static bool round_of(struct tsn_poller *poller) {
    uint32_t work = 0;
    run_command(poller);
    keep_time(poller);
    for (uint32_t i = 0; i < poller->processes; i++) {
        if (!poller->process[i].used || !tsn_channel_waiting(&poller->process[i].channel)) continue;
        uint32_t taken = tsn_poller_take(poller, i);
        if (taken > 0) poller->next_event_ns = tsn_egress_next_event(poller->egress, tsn_poller_wire_ns(poller));
        work += taken;
        tsn_poller_emit(poller);
    }
    tsn_poller_emit(poller);
    work += poller->pending_end;
    watch_receive(poller);
    if (poller->bindings.count > 0) work += tsn_poller_receive(poller);
    tsn_poller_attend(poller);
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
    bool looks = poller->bindings.count > 0 && !poller->receive_watched;
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

static void *poll_thread(void *argument) {
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

static int open_egress(struct tsn_poller *poller, struct tsn_error *error) {
    const struct tsn_engine_port_config *port = &poller->config;
    struct tsn_egress_config config = {
        .link_rate_bps = port->link_rate_bps,
        .overhead_bytes = port->overhead_bytes,
        .frame_capacity = port->frame_buffers,
        .stream_capacity = poller->stream_capacity,
        .max_frame_bytes = port->max_frame_bytes,
        .admin_gate_states = port->admin_gate_states,
        .untimed_classes = port->best_effort ? 1 : 0,
        .stats = &poller->stats->egress,
        .stream_stats = poller->stream_stats,
    };
    size_t bytes = tsn_egress_size(&config);
    char text[200] = "the port's numbers are out of range";
    if (bytes > 0) poller->egress = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (bytes > 0 && !poller->egress) return -ENOMEM;
    int failure = bytes == 0 ? -EINVAL
                             : tsn_egress_init(poller->egress, &config, tsn_poller_wire_ns(poller), text, sizeof(text));
    if (failure && error) snprintf(error->text, sizeof(error->text), "port %s: %s", poller->name, text);
    return failure;
}

static int open_records(struct tsn_poller *poller) {
    uint32_t count = poller->config.frame_buffers;
    poller->record = calloc(count, sizeof(*poller->record));
    poller->free_record = calloc(count, sizeof(*poller->free_record));
    poller->stream_class = calloc(poller->stream_capacity, 1);
    if (!poller->record || !poller->free_record || !poller->stream_class) return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) poller->free_record[i] = count - 1 - i;
    poller->free_records = count;
    poller->pod_quota = count;
    return 0;
}

static int open_device(struct tsn_poller *poller, const struct tsn_poller_config *config, struct tsn_error *error) {
    char text[200] = "out of memory";
    struct tsn_backend_config backend = {
        .device = config->port->device, .buffers = poller->config.frame_buffers, .arguments = config->backend_arguments};
    int failure = config->ops->open(&backend, &poller->backend, text, sizeof(text));
    if (failure) {
        if (error) snprintf(error->text, sizeof(error->text), "port %s: %s", poller->name, text);
        return failure;
    }
    poller->ahead_ns = poller->config.launch_ahead_ns;
    if (poller->backend->launch_offload) poller->ahead_ns += poller->config.offload_lead_ns;
    poller->stats->launch_offload = poller->backend->launch_offload;
    poller->stats->link_up = poller->backend->ops->link_up(poller->backend);
    return 0;
}

static int open_events(struct tsn_poller *poller) {
    poller->epoll = epoll_create1(EPOLL_CLOEXEC);
    poller->command_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (poller->epoll < 0 || poller->command_event < 0) return -errno;
    tsn_poller_watch(poller, poller->command_event);
    return 0;
}

/* Signals are for other threads; the CPU is the configured one. */
static int start_thread(struct tsn_poller *poller) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    if (poller->config.cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)poller->config.cpu, &set);
        pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&poller->thread, &attributes, poll_thread, poller);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -failure;
}

static void release(struct tsn_poller *poller) {
    if (poller->backend) poller->backend->ops->close(poller->backend);
    if (poller->epoll >= 0) close(poller->epoll);
    if (poller->command_event >= 0) close(poller->command_event);
    if (poller->egress) {
        tsn_egress_disable_gates(poller->egress, tsn_poller_wire_ns(poller));
        const struct tsn_gate_program *retired;
        while ((retired = tsn_egress_take_retired_gates(poller->egress)) != NULL) free((void *)(uintptr_t)retired);
    }
    free(poller->egress);
    free(poller->record);
    free(poller->free_record);
    free(poller->stream_class);
    free(poller);
}

int tsn_poller_open(const struct tsn_poller_config *config, struct tsn_poller **opened, struct tsn_error *error) {
    struct tsn_poller *poller = calloc(1, sizeof(*poller));
    if (!poller) return -ENOMEM;
    poller->config = *config->port;
    snprintf(poller->name, sizeof(poller->name), "%s", config->port->name);
    if (poller->config.frame_buffers == 0) poller->config.frame_buffers = DEFAULT_BUFFERS;
    if (poller->config.max_frame_bytes == 0) poller->config.max_frame_bytes = DEFAULT_FRAME_BYTES;
    if (poller->config.idle_margin_ns == 0) poller->config.idle_margin_ns = DEFAULT_MARGIN_NS;
    if (poller->config.offload_lead_ns == 0) poller->config.offload_lead_ns = DEFAULT_LEAD_NS;
    poller->stats = config->stats;
    poller->stream_stats = config->stream_stats;
    poller->stream_capacity = config->stream_capacity;
    poller->cut_off_descriptor = config->cut_off_descriptor;
    poller->epoll = poller->command_event = -1;
    poller->next_event_ns = INT64_MIN;
    tsn_bindings_init(&poller->bindings);

    int failure = open_records(poller);
    if (!failure) failure = tsn_time_source_init(&poller->time, config->tai_minus_utc_ns);
    if (!failure) failure = open_events(poller);
    if (!failure) failure = open_device(poller, config, error);
    if (!failure) failure = open_egress(poller, error);
    if (!failure) failure = start_thread(poller);
    if (failure) {
        if (error && !error->text[0])
            snprintf(error->text, sizeof(error->text), "port %s: %s", poller->name, strerror(-failure));
        release(poller);
        return failure;
    }
    *opened = poller;
    return 0;
}

static void stop(struct tsn_poller *poller, void *argument) {
    (void)argument;
    poller->stop = true;
}

void tsn_poller_close(struct tsn_poller *poller) {
    tsn_poller_call(poller, stop, NULL);
    pthread_join(poller->thread, NULL);
    release(poller);
}
