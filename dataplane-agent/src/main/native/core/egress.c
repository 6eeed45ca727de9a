#include "core/egress_internal.h"

#include "core/fail.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static size_t round_up(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static uint32_t max_frame_bytes(const struct tsn_egress_config *config) {
    return config->max_frame_bytes ? config->max_frame_bytes : TSN_MAX_FRAME_BYTES;
}

static int check(const struct tsn_egress_config *config, char *error, size_t size) {
    if (config->link_rate_bps < 1000000 || config->link_rate_bps > 1000000000000)
        return tsn_fail(error, size, "link rate '%" PRIu64 "' must be 1000000 to 1000000000000 bit/s",
                        config->link_rate_bps);
    if (config->frame_capacity < 1 || config->frame_capacity > TSN_FRAMES_MAX)
        return tsn_fail(error, size, "frame capacity '%" PRIu32 "' must be 1 to %d", config->frame_capacity,
                        TSN_FRAMES_MAX);
    if (config->untimed_limit > config->frame_capacity)
        return tsn_fail(error, size, "untimed limit '%" PRIu32 "' must be at most the frame capacity %" PRIu32,
                        config->untimed_limit, config->frame_capacity);
    if (config->stream_capacity > TSN_STREAMS_MAX)
        return tsn_fail(error, size, "stream capacity '%" PRIu32 "' must be at most %d", config->stream_capacity,
                        TSN_STREAMS_MAX);
    if (config->overhead_bytes > 1000)
        return tsn_fail(error, size, "overhead '%" PRIu32 "' must be at most 1000 bytes", config->overhead_bytes);
    if (max_frame_bytes(config) < TSN_MIN_FRAME_BYTES || max_frame_bytes(config) > UINT16_MAX)
        return tsn_fail(error, size, "largest frame '%" PRIu32 "' must be 64 to 65535 bytes", config->max_frame_bytes);
    if (config->ahead_ns < 0 || config->ahead_ns > 1000000000)
        return tsn_fail(error, size, "ahead '%" PRId64 "' must be 0 to 1000000000 ns", config->ahead_ns);
    if (config->late_class >= TSN_CLASSES)
        return tsn_fail(error, size, "late class '%u' must be 0 to 7", config->late_class);
    for (unsigned c = 0; c < TSN_CLASSES; c++)
        if (config->idle_slope_bps[c] > config->link_rate_bps)
            return tsn_fail(error, size, "idle slope '%" PRIu64 "' of class %u is above the link rate",
                            config->idle_slope_bps[c], c);
    if (!config->stats || (config->stream_capacity && !config->stream_stats))
        return tsn_fail(error, size, "no statistics given");
    return 0;
}

size_t tsn_egress_size(const struct tsn_egress_config *config) {
    if (check(config, NULL, 0)) return 0;
    return round_up(sizeof(struct tsn_egress)) + config->stream_capacity * sizeof(struct tsn_stream) +
           config->frame_capacity * sizeof(struct tsn_node) + tsn_calendar_pool_size(config->frame_capacity) +
           (max_frame_bytes(config) + 1) * sizeof(uint32_t);
}

int tsn_egress_init(struct tsn_egress *egress, const struct tsn_egress_config *config, int64_t now_ns, char *error,
                    size_t error_size) {
    int rc = check(config, error, error_size);
    if (rc) return rc;
    if ((uintptr_t)egress % 64 != 0) return tsn_fail(error, error_size, "memory must be aligned to 64 bytes");
    memset(egress, 0, sizeof *egress);
    char *memory = (char *)egress + round_up(sizeof *egress);
    egress->streams = (struct tsn_stream *)(void *)memory;
    memset(egress->streams, 0, config->stream_capacity * sizeof(struct tsn_stream));
    egress->nodes = (struct tsn_node *)(void *)(memory + config->stream_capacity * sizeof(struct tsn_stream));
    egress->free_head = TSN_NIL;
    egress->ended = (struct tsn_list){TSN_NIL, TSN_NIL};
    egress->untimed_classes = config->untimed_classes;
    egress->late_class = config->late_class;
    egress->untimed_limit = config->untimed_limit ? config->untimed_limit : (config->frame_capacity + 1) / 2;
    egress->frame_capacity = config->frame_capacity;
    egress->stream_capacity = config->stream_capacity;
    egress->overhead_bytes = config->overhead_bytes;
    egress->link_rate_bps = config->link_rate_bps;
    egress->ahead_ns = config->ahead_ns;
    egress->wire_free_ns = egress->time_ns = now_ns;
    egress->stats = config->stats;
    egress->stream_stats = config->stream_stats;
    tsn_gates_init(&egress->gates, config->admin_gate_states, now_ns);
    memory += config->stream_capacity * sizeof(struct tsn_stream) + config->frame_capacity * sizeof(struct tsn_node);
    tsn_calendar_init(&egress->calendar, egress->nodes, config->frame_capacity, memory, now_ns);
    egress->wire_ns = (uint32_t *)(void *)(memory + tsn_calendar_pool_size(config->frame_capacity));
    for (uint32_t bytes = 0; bytes <= max_frame_bytes(config); bytes++)
        egress->wire_ns[bytes] = (uint32_t)tsn_wire_time_ns(config->link_rate_bps, config->overhead_bytes, bytes);
    for (unsigned c = 0; c < TSN_CLASSES; c++) {
        uint32_t sdu = config->queue_max_sdu[c];
        egress->queues[c] = (struct tsn_class_queue){{TSN_NIL, TSN_NIL}, {TSN_NIL, TSN_NIL}};
        egress->max_bytes[c] = sdu && sdu < max_frame_bytes(config) ? sdu : max_frame_bytes(config);
        if (!config->idle_slope_bps[c]) continue;
        egress->shaped = (uint8_t)(egress->shaped | 1u << c);
        egress->shapers[c] = (struct tsn_shaper){.admin_idle_slope_bps = config->idle_slope_bps[c],
                                                 .link_rate_bps = config->link_rate_bps,
                                                 .updated_ns = now_ns};
        tsn_shaper_scale(&egress->shapers[c], &egress->gates, c);
    }
    return 0;
}

int tsn_egress_set_stream(struct tsn_egress *egress, uint32_t index, const struct tsn_stream_config *config, char *error,
                          size_t error_size) {
    if (index >= egress->stream_capacity)
        return tsn_fail(error, error_size, "stream '%" PRIu32 "' must be below %" PRIu32, index, egress->stream_capacity);
    struct tsn_stream *stream = &egress->streams[index];
    struct tsn_stream fresh = {.generation = stream->generation};
    int rc = tsn_stream_init(&fresh, config, egress->link_rate_bps, egress->overhead_bytes, error, error_size);
    if (rc) return rc;
    if (stream->active && stream->period_ns == fresh.period_ns && stream->offset_ns == fresh.offset_ns &&
        stream->window_ns == fresh.window_ns && stream->window_period_ns == fresh.window_period_ns &&
        stream->late_tolerance_ns == fresh.late_tolerance_ns && stream->frame_bytes == fresh.frame_bytes &&
        stream->queue_limit == fresh.queue_limit && stream->traffic_class == fresh.traffic_class &&
        stream->late_policy == fresh.late_policy && stream->window_policy == fresh.window_policy)
        return 0;
    fresh.generation++;
    *stream = fresh;
    memset(&egress->stream_stats[index], 0, sizeof *egress->stream_stats);
    return 0;
}

void tsn_egress_remove_stream(struct tsn_egress *egress, uint32_t index) {
    if (index < egress->stream_capacity) egress->streams[index].active = false;
}

void tsn_egress_scale_shapers(struct tsn_egress *egress) {
    egress->scaled_changes = egress->gates.config_changes;
    for (unsigned c = 0; c < TSN_CLASSES; c++)
        if (egress->shaped >> c & 1) tsn_shaper_scale(&egress->shapers[c], &egress->gates, c);
}

void tsn_egress_publish_gates(struct tsn_egress *egress) {
    __atomic_store_n(&egress->stats->cycles, egress->gates.cycles, __ATOMIC_RELAXED);
    __atomic_store_n(&egress->stats->config_changes, egress->gates.config_changes, __ATOMIC_RELAXED);
    __atomic_store_n(&egress->stats->config_change_errors, egress->gates.config_change_errors, __ATOMIC_RELAXED);
}

/* A frame handed over ahead of time may have moved the machine a little beyond the caller's clock. */
static int64_t not_before(const struct tsn_egress *egress, int64_t now_ns) {
    return now_ns > egress->time_ns ? now_ns : egress->time_ns;
}

int tsn_egress_install_gates(struct tsn_egress *egress, int64_t now_ns, const struct tsn_gate_program *program) {
    int rc = tsn_gates_install(&egress->gates, program, not_before(egress, now_ns));
    tsn_egress_scale_shapers(egress);
    tsn_egress_publish_gates(egress);
    return rc;
}

int tsn_egress_disable_gates(struct tsn_egress *egress, int64_t now_ns) {
    int rc = tsn_gates_disable(&egress->gates, not_before(egress, now_ns));
    tsn_egress_scale_shapers(egress);
    return rc;
}

const struct tsn_gate_program *tsn_egress_take_retired_gates(struct tsn_egress *egress) {
    return tsn_gates_take_retired(&egress->gates);
}

const struct tsn_gates *tsn_egress_gates(const struct tsn_egress *egress) { return &egress->gates; }

int64_t tsn_wire_time_ns(uint64_t link_rate_bps, uint32_t overhead_bytes, uint32_t bytes) {
    uint64_t counted = bytes < TSN_MIN_FRAME_BYTES ? TSN_MIN_FRAME_BYTES : bytes;
    uint64_t bits = (counted + TSN_WIRE_OVERHEAD_BYTES + overhead_bytes) * 8;
    return (int64_t)((bits * 1000000000u + link_rate_bps - 1) / link_rate_bps);
}
