#include "core/stream.h"

#include "core/fail.h"

#include <inttypes.h>

#define PERIOD_MAX_NS ((int64_t)60000000000)

int tsn_stream_init(struct tsn_stream *stream, const struct tsn_stream_config *config, uint64_t link_rate_bps,
                    uint32_t overhead_bytes, char *error, size_t size) {
    if (config->traffic_class >= TSN_CLASSES)
        return tsn_fail(error, size, "traffic class '%u' must be 0 to 7", config->traffic_class);
    if (config->period_ns < 0 || config->period_ns > PERIOD_MAX_NS)
        return tsn_fail(error, size, "period '%" PRId64 "' must be 0 (no rate is policed) to %" PRId64 " ns",
                        config->period_ns, PERIOD_MAX_NS);
    if (config->late_tolerance_ns < 0 || config->late_tolerance_ns > PERIOD_MAX_NS)
        return tsn_fail(error, size, "late tolerance '%" PRId64 "' must be 0 to %" PRId64 " ns",
                        config->late_tolerance_ns, PERIOD_MAX_NS);
    if (config->late_policy > TSN_LATE_NEXT_WINDOW || config->window_policy > TSN_WINDOW_ALIGN)
        return tsn_fail(error, size, "late policy '%u' or window policy '%u' is none", config->late_policy,
                        config->window_policy);
    if (config->window_ns != 0) {
        if (config->period_ns == 0 || config->window_period_ns <= 0 ||
            config->period_ns % config->window_period_ns != 0)
            return tsn_fail(error, size, "window period '%" PRId64 "' must divide the period '%" PRId64 "'",
                            config->window_period_ns, config->period_ns);
        if (config->window_ns < 0 || config->window_ns > config->window_period_ns)
            return tsn_fail(error, size, "window '%" PRId64 "' must be 1 ns to the window period '%" PRId64 "'",
                            config->window_ns, config->window_period_ns);
        if (config->frame_bytes == 0)
            return tsn_fail(error, size, "frame bytes '0': a stream with windows states its largest frame");
        int64_t wire_ns = tsn_wire_time_ns(link_rate_bps, overhead_bytes, config->frame_bytes);
        if (wire_ns > config->window_ns)
            return tsn_fail(error, size, "window '%" PRId64 "' is shorter than a frame of %" PRIu32 " bytes: %" PRId64 " ns",
                            config->window_ns, config->frame_bytes, wire_ns);
    }
    int64_t grid_ns = config->window_ns ? config->window_period_ns : config->period_ns ? config->period_ns : 1;
    if (config->offset_ns < 0 || config->offset_ns >= grid_ns)
        return tsn_fail(error, size, "offset '%" PRId64 "' must be 0 to below %" PRId64 " ns", config->offset_ns, grid_ns);

    *stream = (struct tsn_stream){
        .period_start_ns = INT64_MIN,
        .period_ns = config->period_ns,
        .offset_ns = config->offset_ns,
        .window_ns = config->window_ns,
        .window_period_ns = config->window_period_ns,
        .late_tolerance_ns = config->late_tolerance_ns ? config->late_tolerance_ns : TSN_LATE_TOLERANCE_NS,
        .frame_bytes = config->frame_bytes ? config->frame_bytes : UINT32_MAX,
        .queue_limit = config->queue_limit ? config->queue_limit : TSN_PERIODS_AHEAD,
        .generation = stream->generation,
        .traffic_class = config->traffic_class,
        .late_policy = config->late_policy & 15u,
        .window_policy = config->window_policy & 3u,
        .active = true,
    };
    return 0;
}

/* Lets periods pass, so that bit 0 of used stands for the one that holds now. */
static void pass_periods(struct tsn_stream *stream, int64_t now_ns) {
    if (stream->period_start_ns == INT64_MIN) {
        int64_t into_ns = (now_ns - stream->offset_ns) % stream->period_ns;
        stream->period_start_ns = now_ns - (into_ns < 0 ? into_ns + stream->period_ns : into_ns);
        return;
    }
    int64_t since_ns = now_ns - stream->period_start_ns;
    if (since_ns < stream->period_ns) return;
    if (since_ns < 2 * stream->period_ns) {
        stream->used >>= 1;
        stream->period_start_ns += stream->period_ns;
        return;
    }
    int64_t passed = since_ns / stream->period_ns;
    stream->used = passed < TSN_PERIODS_AHEAD ? stream->used >> passed : 0;
    stream->period_start_ns += passed * stream->period_ns;
}

static enum tsn_outcome use_period(struct tsn_stream *stream, uint64_t period) {
    if (period >= TSN_PERIODS_AHEAD) return TSN_EARLY;
    if (stream->used >> period & 1) return TSN_POLICED_RATE;
    stream->used |= 1ull << period;
    return TSN_QUEUED;
}

/* For 0 <= distance: distance / unit, quick for the small quotients that are usual. */
static inline int64_t quotient(int64_t distance_ns, int64_t unit_ns) {
    if (distance_ns < unit_ns) return 0;
    if (distance_ns < 2 * unit_ns) return 1;
    return distance_ns / unit_ns;
}

static enum tsn_outcome first_unused_window(struct tsn_stream *stream, int64_t from_ns, int64_t wire_ns,
                                            struct tsn_slot *slot) {
    int64_t slack_ns = stream->window_ns - wire_ns;
    uint64_t unused = ~stream->used;
    if (from_ns > stream->period_start_ns) {
        int64_t passed = quotient(from_ns - stream->period_start_ns, stream->period_ns);
        unused = passed < TSN_PERIODS_AHEAD ? unused & (~0ull << passed) : 0;
    }
    for (; unused; unused &= unused - 1) {
        int64_t period = __builtin_ctzll(unused);
        int64_t period_start_ns = stream->period_start_ns + period * stream->period_ns;
        int64_t start_ns = period_start_ns;
        if (from_ns > start_ns) {
            start_ns += quotient(from_ns - start_ns, stream->window_period_ns) * stream->window_period_ns;
            if (from_ns > start_ns + slack_ns) start_ns += stream->window_period_ns;
            if (start_ns >= period_start_ns + stream->period_ns) continue;
        }
        stream->used |= 1ull << period;
        slot->key_ns = slot->launch_ns = from_ns > start_ns ? from_ns : start_ns;
        slot->latest_start_ns = start_ns + slack_ns;
        return TSN_QUEUED;
    }
    return TSN_POLICED_RATE;
}

static enum tsn_outcome first_unused_period(struct tsn_stream *stream, unsigned periods) {
    for (unsigned i = 0; i < periods; i++)
        if (use_period(stream, i) == TSN_QUEUED) return TSN_QUEUED;
    return TSN_POLICED_RATE;
}

/* A frame that is late when it is handed over. */
static enum tsn_outcome police_late(struct tsn_stream *stream, int64_t now_ns, int64_t wire_ns, struct tsn_slot *slot) {
    if (stream->late_policy == TSN_LATE_DROP) return TSN_DROPPED_LATE;
    if (stream->late_policy == TSN_LATE_NEXT_WINDOW && stream->window_ns) {
        slot->moved = true;
        return first_unused_window(stream, now_ns, wire_ns, slot);
    }
    if (stream->period_ns && first_unused_period(stream, 2) != TSN_QUEUED) return TSN_POLICED_RATE;
    slot->demoted = true;
    slot->key_ns = now_ns;
    slot->latest_start_ns = INT64_MAX;
    return TSN_QUEUED;
}

static enum tsn_outcome police_windows(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                       int64_t launch_ns, int64_t wire_ns, struct tsn_slot *slot) {
    if (launch_ns == TSN_NO_LAUNCH) return first_unused_window(stream, now_ns, wire_ns, slot);
    if (frame->flags & TSN_FRAME_DEADLINE) {
        uint64_t used = stream->used;
        enum tsn_outcome outcome = first_unused_window(stream, now_ns, wire_ns, slot);
        if (outcome != TSN_QUEUED) return outcome;
        if (slot->key_ns > launch_ns) {
            stream->used = used;
            return police_late(stream, now_ns, wire_ns, slot);
        }
        if (launch_ns < slot->latest_start_ns) slot->latest_start_ns = launch_ns;
        return TSN_QUEUED;
    }
    if (launch_ns < stream->period_start_ns) return police_late(stream, now_ns, wire_ns, slot);

    int64_t period = quotient(launch_ns - stream->period_start_ns, stream->period_ns);
    int64_t start_ns = stream->period_start_ns + period * stream->period_ns;
    start_ns += quotient(launch_ns - start_ns, stream->window_period_ns) * stream->window_period_ns;
    int64_t latest_start_ns = start_ns + stream->window_ns - wire_ns;
    if (launch_ns > latest_start_ns) {
        if (stream->window_policy == TSN_WINDOW_REFUSE) return TSN_POLICED_WINDOW;
        return first_unused_window(stream, launch_ns > now_ns ? launch_ns : now_ns, wire_ns, slot);
    }
    if (now_ns > latest_start_ns) return police_late(stream, now_ns, wire_ns, slot);
    slot->key_ns = launch_ns;
    slot->latest_start_ns = latest_start_ns;
    return use_period(stream, (uint64_t)period);
}

static enum tsn_outcome police_plain(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                     int64_t launch_ns, int64_t wire_ns, struct tsn_slot *slot) {
    if (launch_ns == TSN_NO_LAUNCH) {
        /* Arrivals swing round the grid of periods: one may borrow from the next. */
        if (stream->period_ns && first_unused_period(stream, 2) != TSN_QUEUED) return TSN_POLICED_RATE;
        return TSN_QUEUED;
    }
    bool deadline = frame->flags & TSN_FRAME_DEADLINE;
    int64_t latest_start_ns = deadline ? launch_ns : launch_ns + stream->late_tolerance_ns;
    if (now_ns > latest_start_ns) return police_late(stream, now_ns, wire_ns, slot);
    if (stream->period_ns) {
        int64_t since_ns = launch_ns - stream->period_start_ns;
        uint64_t period = since_ns <= 0 || deadline ? 0 : (uint64_t)quotient(since_ns, stream->period_ns);
        enum tsn_outcome outcome = use_period(stream, period);
        if (outcome != TSN_QUEUED) return outcome;
    }
    slot->latest_start_ns = latest_start_ns;
    if (deadline)
        slot->launch_ns = TSN_NO_LAUNCH;
    else
        slot->key_ns = launch_ns;
    return TSN_QUEUED;
}

enum tsn_outcome tsn_stream_police(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                   int64_t wire_ns, struct tsn_slot *slot) {
    int64_t launch_ns = frame->launch_ns;
    /* Late by any measure; nearer to now, so that no difference overflows. */
    if (launch_ns != TSN_NO_LAUNCH && launch_ns < now_ns - TSN_HORIZON_NS) launch_ns = now_ns - TSN_HORIZON_NS;
    *slot = (struct tsn_slot){.key_ns = now_ns, .latest_start_ns = INT64_MAX, .launch_ns = launch_ns};
    if (stream->period_ns) pass_periods(stream, now_ns);
    if (stream->window_ns) return police_windows(stream, now_ns, frame, launch_ns, wire_ns, slot);
    return police_plain(stream, now_ns, frame, launch_ns, wire_ns, slot);
}

enum tsn_outcome tsn_stream_next_window(struct tsn_stream *stream, int64_t now_ns, int64_t wire_ns,
                                        struct tsn_slot *slot) {
    *slot = (struct tsn_slot){.moved = true};
    pass_periods(stream, now_ns);
    return first_unused_window(stream, now_ns, wire_ns, slot);
}
