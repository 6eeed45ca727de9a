#include "engine/commands.h"
#include "engine/state.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DEFAULT_PROCESSES = 16, DEFAULT_STREAMS = 256 };

int tsn_engine_fail(struct tsn_error *error, int failure, const char *format, ...) {
    if (!error) return failure;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return failure;
}

struct tsn_engine_port_stats *tsn_engine_port_stats(const struct tsn_engine *engine, uint32_t port) {
    return (void *)(engine->page + engine->stats->port_offset + (size_t)port * engine->stats->port_stride);
}

static size_t stream_place(const struct tsn_engine *engine, uint32_t port, uint32_t stream) {
    return (size_t)port * engine->stats->streams_per_port + stream;
}

struct tsn_engine_stream_name *tsn_engine_stream_name(const struct tsn_engine *engine, uint32_t port, uint32_t stream) {
    return (void *)(engine->page + engine->stats->stream_name_offset +
                    stream_place(engine, port, stream) * engine->stats->stream_name_stride);
}

struct tsn_stream_stats *tsn_engine_stream_stats(const struct tsn_engine *engine, uint32_t port, uint32_t stream) {
    return (void *)(engine->page + engine->stats->stream_offset +
                    stream_place(engine, port, stream) * engine->stats->stream_stride);
}

int tsn_engine_find_port(const struct tsn_engine *engine, const char *name) {
    for (int p = 0; p < (int)TSN_STATS_PORTS; p++)
        if (engine->port[p].poller && strcmp(engine->port[p].poller->name, name) == 0) return p;
    return -ENOENT;
}

/* The page is reserved whole; memory is taken where something is counted. */
static int open_page(struct tsn_engine *engine) {
    size_t streams = (size_t)TSN_STATS_PORTS * engine->config.max_streams_per_port;
    size_t port_offset = (sizeof(struct tsn_engine_stats_header) + 63) / 64 * 64;
    size_t name_offset = port_offset + TSN_STATS_PORTS * sizeof(struct tsn_engine_port_stats);
    size_t stream_offset = name_offset + streams * sizeof(struct tsn_engine_stream_name);
    engine->page_bytes = stream_offset + streams * sizeof(struct tsn_stream_stats);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *page = mmap(NULL, engine->page_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (page == MAP_FAILED) return -ENOMEM;
    engine->page = page;
    engine->stats = page;
    *engine->stats = (struct tsn_engine_stats_header){
        .magic = TSN_STATS_MAGIC,
        .abi = TSN_STATS_ABI,
        .page_bytes = engine->page_bytes,
        .ports = TSN_STATS_PORTS,
        .port_offset = (uint32_t)port_offset,
        .port_stride = sizeof(struct tsn_engine_port_stats),
        .streams_per_port = engine->config.max_streams_per_port,
        .stream_name_offset = (uint32_t)name_offset,
        .stream_name_stride = sizeof(struct tsn_engine_stream_name),
        .stream_offset = (uint32_t)stream_offset,
        .stream_stride = sizeof(struct tsn_stream_stats),
        .outcomes = TSN_OUTCOME_COUNT,
        .classes = TSN_CLASSES,
        .histogram_buckets = TSN_HISTOGRAM_BUCKETS,
        .histogram_sub_bits = TSN_HISTOGRAM_SUB_BITS,
        .egress_offset = offsetof(struct tsn_engine_port_stats, egress),
    };
    return 0;
}

int tsn_engine_create(const struct tsn_engine_config *config, struct tsn_engine **created, struct tsn_error *error) {
    *created = NULL;
    if (config->max_processes_per_pod > 64)
        return tsn_engine_fail(error, -EINVAL, "max_processes_per_pod %u is above 64", config->max_processes_per_pod);
    if (config->max_streams_per_port > 4096)
        return tsn_engine_fail(error, -EINVAL, "max_streams_per_port %u is above 4096", config->max_streams_per_port);
    struct tsn_engine *engine = calloc(1, sizeof(*engine));
    if (!engine) return tsn_engine_fail(error, -ENOMEM, "no memory for the engine");
    engine->config = *config;
    if (config->max_processes_per_pod == 0) engine->config.max_processes_per_pod = DEFAULT_PROCESSES;
    if (config->max_streams_per_port == 0) engine->config.max_streams_per_port = DEFAULT_STREAMS;
    if (config->dpdk_library) engine->dpdk_library = strdup(config->dpdk_library);
    if (config->dpdk_eal_arguments) engine->dpdk_arguments = strdup(config->dpdk_eal_arguments);
    engine->epoll = engine->stop_event = engine->cut_off_event = -1;
    pthread_mutex_init(&engine->lock, NULL);
    int failure = open_page(engine);
    if (!failure) failure = tsn_server_start(engine);
    if (failure) {
        tsn_engine_fail(error, failure, "cannot start the engine: %s", strerror(-failure));
        tsn_engine_destroy(engine);
        return failure;
    }
    *created = engine;
    return 0;
}

static void close_port(struct tsn_engine *engine, uint32_t port) {
    struct tsn_port *open = &engine->port[port];
    for (uint32_t i = 0; i < TSN_CONNECTIONS_MAX; i++) {
        const struct tsn_connection *connection = &engine->connection[i];
        bool there = false;
        for (uint32_t c = 0; connection->used && c < connection->channel_count; c++)
            there = there || connection->channel_port[c] == port;
        if (there) tsn_connection_close(engine, i);
    }
    tsn_poller_close(open->poller);
    __atomic_store_n(&tsn_engine_port_stats(engine, port)->open, 0, __ATOMIC_RELAXED);
    free(open->stream_used);
    *open = (struct tsn_port){0};
    tsn_pods_follow_ports(engine);
}

void tsn_engine_destroy(struct tsn_engine *engine) {
    if (!engine) return;
    if (engine->server) tsn_server_stop(engine);
    pthread_mutex_lock(&engine->lock);
    for (uint32_t i = 0; i < TSN_PODS_MAX; i++)
        if (engine->pod[i].used) tsn_pod_remove(engine, i);
    for (uint32_t p = 0; p < TSN_STATS_PORTS; p++)
        if (engine->port[p].poller) close_port(engine, p);
    pthread_mutex_unlock(&engine->lock);
    if (engine->epoll >= 0) close(engine->epoll);
    if (engine->stop_event >= 0) close(engine->stop_event);
    if (engine->cut_off_event >= 0) close(engine->cut_off_event);
    if (engine->page) munmap(engine->page, engine->page_bytes);
    pthread_mutex_destroy(&engine->lock);
    free(engine->dpdk_library);
    free(engine->dpdk_arguments);
    free(engine); /* DPDK stays loaded: it cannot be started twice in a process */
}

/* The DPDK backend lies beside this library, unless the configuration says otherwise. */
static const struct tsn_backend_ops *load_dpdk(struct tsn_engine *engine, struct tsn_error *error) {
    char path[PATH_MAX] = "libdataplane-dpdk.so";
    Dl_info self;
    if (engine->dpdk_library) {
        snprintf(path, sizeof(path), "%s", engine->dpdk_library);
    } else if (dladdr((void *)(uintptr_t)&tsn_engine_create, &self) && strrchr(self.dli_fname, '/')) {
        int folder = (int)(strrchr(self.dli_fname, '/') - self.dli_fname);
        snprintf(path, sizeof(path), "%.*s/libdataplane-dpdk.so", folder, self.dli_fname);
    }
    if (!engine->dpdk) engine->dpdk = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct tsn_backend_ops *ops = engine->dpdk ? dlsym(engine->dpdk, "tsn_backend_dpdk") : NULL;
    if (!ops) tsn_engine_fail(error, -ENOTSUP, "the DPDK backend cannot be loaded: %s", dlerror());
    return ops;
}

static const struct tsn_backend_ops *find_backend(struct tsn_engine *engine, const char *name,
                                                  struct tsn_error *error) {
    static const struct tsn_backend_ops *const BUILT_IN[] = {&tsn_backend_af_packet, &tsn_backend_null,
                                                             &tsn_backend_wire};
    for (size_t i = 0; i < sizeof(BUILT_IN) / sizeof(BUILT_IN[0]); i++)
        if (strcmp(name, BUILT_IN[i]->name) == 0) return BUILT_IN[i];
    if (strcmp(name, "dpdk") == 0) return load_dpdk(engine, error);
    tsn_engine_fail(error, -EINVAL, "backend '%.32s' must be af_packet, dpdk, null or wire", name);
    return NULL;
}

int tsn_engine_backend_available(struct tsn_engine *engine, const char *backend, struct tsn_error *error) {
    pthread_mutex_lock(&engine->lock);
    const struct tsn_backend_ops *ops = find_backend(engine, backend, error);
    pthread_mutex_unlock(&engine->lock);
    return ops ? 0 : -ENOTSUP;
}

static int check_port(const struct tsn_engine *engine, const struct tsn_engine_port_config *config,
                      struct tsn_error *error) {
    if (!config->name || !config->name[0] || strlen(config->name) >= TSN_STATS_NAME_BYTES)
        return tsn_engine_fail(error, -EINVAL, "a port's name must have 1 to 63 characters");
    if (!config->backend || !config->device)
        return tsn_engine_fail(error, -EINVAL, "port %s: backend and device must be given", config->name);
    if (tsn_engine_find_port(engine, config->name) >= 0)
        return tsn_engine_fail(error, -EEXIST, "port %s is open already", config->name);
    if (config->kernel_interface && *config->kernel_interface && strcmp(config->backend, "af_packet") == 0)
        return tsn_engine_fail(error, -EINVAL, "port %s: a kernel interface for frames that nobody bound is not for af_packet, "
                                               "whose kernel has them", config->name);
    if (config->link_rate_bps == 0)
        return tsn_engine_fail(error, -EINVAL, "port %s: the link rate must be known", config->name);
    if (config->vlan_id < -1 || config->vlan_id > 4094)
        return tsn_engine_fail(error, -EINVAL, "port %s: VLAN %d must be 0 to 4094, or -1 for none", config->name,
                               config->vlan_id);
    if (config->max_frame_bytes != 0 && (config->max_frame_bytes < 64 || config->max_frame_bytes > 2048))
        return tsn_engine_fail(error, -EINVAL, "port %s: largest frame %u must be 64 to 2048 bytes", config->name,
                               config->max_frame_bytes);
    if (config->frame_buffers != 0 && (config->frame_buffers < 64 || config->frame_buffers > 262144))
        return tsn_engine_fail(error, -EINVAL, "port %s: %u frame buffers must be 64 to 262144", config->name,
                               config->frame_buffers);
    if (config->cpu < -1 || config->cpu >= sysconf(_SC_NPROCESSORS_CONF))
        return tsn_engine_fail(error, -EINVAL, "port %s: there is no CPU %d", config->name, config->cpu);
    return 0;
}

/* The record that has this name from an earlier life, else a free one. */
static int stats_place(const struct tsn_engine *engine, const char *name) {
    int place = -ENOSPC;
    for (int p = (int)TSN_STATS_PORTS - 1; p >= 0; p--) {
        const char *known = tsn_engine_port_stats(engine, (uint32_t)p)->name;
        if (engine->port[p].poller) continue;
        if (strcmp(known, name) == 0) return p;
        if (!known[0] || place < 0) place = p;
    }
    return place;
}

static int open_port(struct tsn_engine *engine, const struct tsn_engine_port_config *config, struct tsn_error *error) {
    int failure = check_port(engine, config, error);
    if (failure) return failure;
    const struct tsn_backend_ops *ops = find_backend(engine, config->backend, error);
    if (!ops) return -ENOTSUP;
    int place = stats_place(engine, config->name);
    if (place < 0) return tsn_engine_fail(error, -ENOSPC, "no more than %u ports can be open", TSN_STATS_PORTS);
    struct tsn_port *port = &engine->port[place];
    struct tsn_engine_port_stats *stats = tsn_engine_port_stats(engine, (uint32_t)place);
    if (strcmp(stats->name, config->name) != 0) memset(stats, 0, sizeof(*stats));
    port->stream_used = calloc(engine->config.max_streams_per_port, sizeof(bool));
    if (!port->stream_used) return tsn_engine_fail(error, -ENOMEM, "no memory for port %s", config->name);
    struct tsn_poller_config poller = {
        .port = config,
        .ops = ops,
        .backend_arguments = engine->dpdk_arguments,
        .tai_minus_utc_ns = engine->config.tai_minus_utc_ns,
        .stats = stats,
        .stream_stats = tsn_engine_stream_stats(engine, (uint32_t)place, 0),
        .stream_capacity = engine->config.max_streams_per_port,
        .cut_off_descriptor = engine->cut_off_event,
    };
    failure = tsn_poller_open(&poller, &port->poller, error);
    if (failure) {
        free(port->stream_used);
        *port = (struct tsn_port){0};
        return failure;
    }
    port->best_effort = config->best_effort != 0;
    snprintf(stats->name, sizeof(stats->name), "%s", config->name);
    __atomic_store_n(&stats->open, 1, __ATOMIC_RELEASE);
    tsn_pods_follow_ports(engine);
    return 0;
}

int tsn_engine_open_port(struct tsn_engine *engine, const struct tsn_engine_port_config *config,
                         struct tsn_error *error) {
    if (error) error->text[0] = 0;
    pthread_mutex_lock(&engine->lock);
    int failure = open_port(engine, config, error);
    pthread_mutex_unlock(&engine->lock);
    return failure;
}

int tsn_engine_close_port(struct tsn_engine *engine, const char *name, struct tsn_error *error) {
    pthread_mutex_lock(&engine->lock);
    int port = tsn_engine_find_port(engine, name);
    int failure = port < 0 ? tsn_engine_fail(error, -ENOENT, "there is no open port '%.63s'", name) : 0;
    for (uint32_t s = 0; !failure && s < engine->config.max_streams_per_port; s++)
        if (engine->port[port].stream_used[s])
            failure = tsn_engine_fail(error, -EBUSY, "port %s still has streams of pod %s", name,
                                      tsn_engine_stream_name(engine, (uint32_t)port, s)->pod_uid);
    if (!failure) close_port(engine, (uint32_t)port);
    pthread_mutex_unlock(&engine->lock);
    return failure;
}

int tsn_engine_set_gates(struct tsn_engine *engine, const char *name, const struct tsn_gate_list *list,
                         struct tsn_error *error) {
    char text[200] = "the gate control list has no entry";
    if (list->entry_count == 0 || list->entry_count > TSN_GATE_ENTRIES_MAX)
        return tsn_engine_fail(error, -EINVAL, "a gate control list must have 1 to %d entries, not %u",
                               TSN_GATE_ENTRIES_MAX, list->entry_count);
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(list->entry_count));
    if (!program) return tsn_engine_fail(error, -ENOMEM, "no memory for a gate control list");
    if (tsn_gate_program_compile(list, program, text, sizeof(text))) {
        free(program);
        return tsn_engine_fail(error, -EINVAL, "port %.63s: %s", name, text);
    }
    struct tsn_install_gates install = {.program = program};
    int in_device = 0;
    pthread_mutex_lock(&engine->lock);
    int port = tsn_engine_find_port(engine, name);
    if (port >= 0) {
        struct tsn_poller *poller = engine->port[port].poller;
        tsn_poller_call(poller, tsn_command_install_gates, &install);
        if (install.result == 0 && poller->backend->ops->set_gates)
            in_device = poller->backend->ops->set_gates(poller->backend, list, text, sizeof(text));
    }
    pthread_mutex_unlock(&engine->lock);
    for (uint32_t i = 0; i < install.retired_count; i++) free((void *)(uintptr_t)install.retired[i]);
    if (in_device)
        return tsn_engine_fail(error, in_device, "port %.63s: the engine's gates are set, those of the device are not: %.150s",
                               name, text);
    if (port >= 0 && install.result == 0) return 0;
    free(program);
    if (port < 0) return tsn_engine_fail(error, -ENOENT, "there is no open port '%.63s'", name);
    return tsn_engine_fail(error, install.result, "port %s: gates cannot be set: %s", name, strerror(-install.result));
}

const void *tsn_engine_stats(const struct tsn_engine *engine, size_t *bytes) {
    *bytes = engine->page_bytes;
    return engine->page;
}
