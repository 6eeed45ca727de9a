/* A port's beginning and end. */
#include "engine/cpus.h"
#include "engine/poller.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEFAULT_BUFFERS = 4096, DEFAULT_FRAME_BYTES = 1522, DEFAULT_MARGIN_NS = 150000, DEFAULT_LEAD_NS = 200000 };

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

/* Sends past the discipline; receives nothing. */
static int open_kernel_interface(struct tsn_poller *poller, const char *name, struct tsn_error *error) {
    if (!name || !*name) return 0;
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
    int one = 1;
    poller->kernel_socket = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failure = address.sll_ifindex == 0 ? -ENODEV : poller->kernel_socket < 0 ? -errno : 0;
    if (!failure && bind(poller->kernel_socket, (struct sockaddr *)&address, sizeof(address))) failure = -errno;
    if (!failure) setsockopt(poller->kernel_socket, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
    if (failure && error)
        snprintf(error->text, sizeof(error->text), "port %s: kernel interface '%.40s' cannot be used: %s", poller->name, name,
                 strerror(-failure));
    return failure;
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
    int failure = pthread_create(&poller->thread, &attributes, tsn_poller_run, poller);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (!failure && poller->config.cpu >= 0) tsn_cpus_leave(poller->config.cpu);
    return -failure;
}

static void free_retired_gates(struct tsn_poller *poller) {
    const struct tsn_gate_program *retired;
    while ((retired = tsn_egress_take_retired_gates(poller->egress)) != NULL) free((void *)(uintptr_t)retired);
}

static void release(struct tsn_poller *poller) {
    if (poller->backend) poller->backend->ops->close(poller->backend);
    if (poller->epoll >= 0) close(poller->epoll);
    if (poller->kernel_socket >= 0) close(poller->kernel_socket);
    if (poller->command_event >= 0) close(poller->command_event);
    if (poller->egress) {
        free_retired_gates(poller); /* or the others could not be retired */
        tsn_egress_disable_gates(poller->egress, tsn_poller_wire_ns(poller));
        free_retired_gates(poller);
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
    poller->epoll = poller->command_event = poller->kernel_socket = -1;
    poller->next_event_ns = poller->prepared_ns = INT64_MIN;
    tsn_bindings_init(&poller->bindings);

    int failure = open_records(poller);
    if (!failure) failure = tsn_time_source_init(&poller->time, config->tai_minus_utc_ns);
    if (!failure) failure = open_events(poller);
    if (!failure) failure = open_device(poller, config, error);
    if (!failure) failure = open_kernel_interface(poller, config->port->kernel_interface, error);
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
