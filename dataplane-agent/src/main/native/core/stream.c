#include "core/stream.h"

#include "core/fail.h"

#include <inttypes.h>

#define PERIOD_MAX_NS ((int64_t)60000000000)
#define TOLERANCE_MAX_NS ((int64_t)4000000000)

int tsn_stream_init(struct tsn_stream *stream, const struct tsn_stream_config *config, uint64_t link_rate_bps,
                    uint32_t overhead_bytes, char *error, size_t size) {
    if (config->traffic_class >= TSN_CLASSES)
        return tsn_fail(error, size, "traffic class '%u' must be 0 to 7", config->traffic_class);
    if (config->period_ns < 0 || config->period_ns > PERIOD_MAX_NS)
        return tsn_fail(error, size, "period '%" PRId64 "' must be 0 (no rate is policed) to %" PRId64 " ns",
                        config->period_ns, PERIOD_MAX_NS);
    if (config->late_tolerance_ns < 0 || config->late_tolerance_ns > TOLERANCE_MAX_NS)
        return tsn_fail(error, size, "late tolerance '%" PRId64 "' must be 0 to %" PRId64 " ns",
                        config->late_tolerance_ns, TOLERANCE_MAX_NS);
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
        .base_ns = INT64_MIN,
        .left_due_ns = INT64_MIN,
        .moved_due_ns = INT64_MIN,
        .moved_key_ns = INT64_MIN,
        .period_ns = config->period_ns,
        .offset_ns = config->offset_ns,
        .window_ns = config->window_ns,
        .window_period_ns = config->window_period_ns,
        .late_tolerance_ns = config->late_tolerance_ns ? (uint32_t)config->late_tolerance_ns : TSN_LATE_TOLERANCE_NS,
        .frame_bytes = config->frame_bytes && config->frame_bytes < UINT16_MAX ? (uint16_t)config->frame_bytes : UINT16_MAX,
        .queue_limit = config->queue_limit ? config->queue_limit : TSN_QUEUE_LIMIT,
        .room = config->queue_limit ? config->queue_limit : TSN_QUEUE_LIMIT,
        .generation = stream->generation,
        .traffic_class = config->traffic_class,
        .late_policy = config->late_policy & 15u,
        .window_policy = config->window_policy & 3u,
        .active = true,
    };
    return 0;
}

enum { PERIODS = 64 }; /* bits of a bitmap; bit 1 is the present period */

/* Lets periods pass, so that now lies in the period of bit 1. */
static void pass_periods(struct tsn_stream *stream, int64_t now_ns) {
    if (stream->base_ns == INT64_MIN) {
        int64_t into_ns = (now_ns - stream->offset_ns) % stream->period_ns;
        stream->base_ns = now_ns - (into_ns < 0 ? into_ns + stream->period_ns : into_ns) - stream->period_ns;
        return;
    }
    int64_t passed = (now_ns - stream->base_ns) / stream->period_ns - 1;
    if (passed <= 0) return;
    stream->owned = passed < PERIODS ? stream->owned >> passed : 0;
    stream->guests = passed < PERIODS ? stream->guests >> passed : 0;
    stream->claimed = passed < PERIODS ? stream->claimed >> passed : 0;
    stream->gone = passed < PERIODS ? stream->gone >> passed : 0;
    stream->base_ns += passed * stream->period_ns;
}

/* Bit of the period that holds a time; -1 before the first. */
static inline int64_t period_of(const struct tsn_stream *stream, int64_t time_ns) {
    return time_ns < stream->base_ns ? -1 : (time_ns - stream->base_ns) / stream->period_ns;
}

static inline bool has_bit(uint64_t bitmap, int64_t period) {
    return period >= 0 && period < PERIODS && bitmap >> period & 1;
}

static inline bool is_owned(const struct tsn_stream *stream, int64_t period) { return stream->owned >> period & 1; }

static enum tsn_outcome own(struct tsn_stream *stream, int64_t period) {
    if (period >= PERIODS) return TSN_EARLY;
    if (is_owned(stream, period)) return TSN_POLICED_RATE;
    stream->owned |= 1ull << period;
    return TSN_QUEUED;
}

/* Without windows launch times swing round the grid of periods: the one before and the one after may lend. */
static enum tsn_outcome own_near(struct tsn_stream *stream, int64_t period) {
    enum tsn_outcome outcome = own(stream, period);
    if (outcome == TSN_POLICED_RATE && period > 0) outcome = own(stream, period - 1);
    if (outcome == TSN_POLICED_RATE && period + 1 < PERIODS) outcome = own(stream, period + 1);
    return outcome;
}

/* Start of the first window of a period that a frame can still make from from_ns on; false if there is none. */
static bool find_window(const struct tsn_stream *stream, int64_t period, int64_t from_ns, int64_t slack_ns,
                        int64_t *start_ns) {
    int64_t first_ns = stream->base_ns + period * stream->period_ns;
    *start_ns = first_ns;
    if (from_ns <= first_ns + slack_ns) return true;
    *start_ns += (from_ns - first_ns) / stream->window_period_ns * stream->window_period_ns;
    if (from_ns > *start_ns + slack_ns) *start_ns += stream->window_period_ns;
    return *start_ns < first_ns + stream->period_ns;
}

/* First period with a window that a frame can make from from_ns on, which is not before now. */
static int64_t first_period(const struct tsn_stream *stream, int64_t from_ns, int64_t slack_ns) {
    int64_t start_ns, period = period_of(stream, from_ns);
    return find_window(stream, period, from_ns, slack_ns, &start_ns) ? period : period + 1;
}

/* Periods from `first` on, behind the last guest. */
static uint64_t behind_guests(const struct tsn_stream *stream, int64_t first) {
    uint64_t from = first < PERIODS ? ~0ull << first : 0;
    if (!stream->guests) return from;
    int last = 63 - __builtin_clzll(stream->guests);
    return last < PERIODS - 1 ? from & (~0ull << (last + 1)) : 0;
}

static void set_window(const struct tsn_stream *stream, int64_t period, int64_t from_ns, int64_t slack_ns,
                       struct tsn_slot *slot) {
    int64_t start_ns;
    find_window(stream, period, from_ns, slack_ns, &start_ns);
    slot->key_ns = from_ns > start_ns ? from_ns : start_ns;
    slot->latest_start_ns = start_ns + slack_ns;
    slot->flags |= TSN_NODE_TIMED;
}

/*
 * A frame that is to leave in the first window from from_ns on: it is due there. When another frame is due there too, it
 * waits: under the policy drop as a guest, else in a window that is due to it alone.
 */
static enum tsn_outcome queue_up(struct tsn_stream *stream, int64_t from_ns, int64_t wire_ns, struct tsn_slot *slot) {
    int64_t slack_ns = stream->window_ns - wire_ns, due = first_period(stream, from_ns, slack_ns);
    if (due >= PERIODS) return TSN_EARLY;
    set_window(stream, due, from_ns, slack_ns, slot);
    slot->due_ns = slot->key_ns;
    bool may_wait = stream->late_policy != TSN_LATE_DROP;
    if (!may_wait && own(stream, due) == TSN_QUEUED) return TSN_QUEUED;
    uint64_t free_periods = ~stream->owned & behind_guests(stream, due);
    if (!free_periods) return TSN_POLICED_RATE;
    int64_t period = __builtin_ctzll(free_periods);
    set_window(stream, period, from_ns, slack_ns, slot);
    if (!may_wait) slot->flags |= TSN_NODE_GUEST;
    if (stream->late_policy == TSN_LATE_NEXT_WINDOW) slot->flags |= TSN_NODE_IN_LINE;
    if (may_wait) {
        slot->due_ns = slot->key_ns;
        stream->owned |= 1ull << period;
    } else {
        stream->guests |= 1ull << period;
    }
    return TSN_QUEUED;
}

bool tsn_stream_move(struct tsn_stream *stream, int64_t now_ns, int64_t wire_ns, struct tsn_slot *slot) {
    pass_periods(stream, now_ns);
    int64_t slack_ns = stream->window_ns - wire_ns, first = first_period(stream, now_ns, slack_ns);
    bool in_line = slot->flags & TSN_NODE_IN_LINE;
    uint64_t others = in_line ? stream->claimed : stream->owned;
    if (has_bit(others | stream->gone, first)) first++;
    int64_t period = first, moved = period_of(stream, stream->moved_key_ns);
    if (slot->due_ns >= stream->moved_due_ns && moved >= first) period = moved + 1;
    uint64_t later = others & (~0ull << first);
    if (period >= PERIODS || (later && period >= __builtin_ctzll(later))) return false;
    stream->moved_due_ns = slot->due_ns;
    set_window(stream, period, now_ns, slack_ns, slot);
    /* Before the frame that it shares the window with. */
    if (in_line) slot->key_ns = slot->latest_start_ns - slack_ns;
    stream->guests |= 1ull << period;
    stream->moved_key_ns = slot->key_ns;
    slot->flags |= TSN_NODE_GUEST;
    slot->moved = true;
    return true;
}

bool tsn_stream_is_claimed(const struct tsn_stream *stream, int64_t key_ns, bool in_line) {
    return has_bit(in_line ? stream->claimed : stream->owned, period_of(stream, key_ns));
}

bool tsn_stream_is_gone(const struct tsn_stream *stream, int64_t key_ns) {
    return has_bit(stream->gone, period_of(stream, key_ns));
}

void tsn_stream_take_window(struct tsn_stream *stream, int64_t key_ns) {
    int64_t period = period_of(stream, key_ns);
    if (period < 0 || period >= PERIODS) return;
    stream->owned |= 1ull << period;
    stream->gone |= 1ull << period;
}

/* A frame that is late when it is handed over. slot->due_ns is when it should have started. */
static enum tsn_outcome police_late(struct tsn_stream *stream, int64_t now_ns, int64_t wire_ns, struct tsn_slot *slot) {
    if (stream->late_policy == TSN_LATE_DROP) return TSN_DROPPED_LATE;
    if (stream->late_policy == TSN_LATE_NEXT_WINDOW && stream->window_ns)
        return tsn_stream_move(stream, now_ns, wire_ns, slot) ? TSN_QUEUED : TSN_DROPPED_LATE;
    if (stream->period_ns) {
        int64_t period = period_of(stream, slot->due_ns);
        period = period < 0 ? 0 : period;
        enum tsn_outcome outcome = stream->window_ns ? own(stream, period) : own_near(stream, period);
        if (outcome != TSN_QUEUED) return outcome;
    }
    slot->flags |= TSN_NODE_DEMOTED;
    slot->key_ns = now_ns;
    slot->latest_start_ns = INT64_MAX;
    return TSN_QUEUED;
}

static enum tsn_outcome police_deadline(struct tsn_stream *stream, int64_t now_ns, int64_t launch_ns, int64_t wire_ns,
                                        struct tsn_slot *slot) {
    uint64_t owned = stream->owned, guests = stream->guests;
    enum tsn_outcome outcome = queue_up(stream, now_ns, wire_ns, slot);
    if (outcome != TSN_QUEUED) return outcome;
    if (slot->key_ns > launch_ns) {
        stream->owned = owned;
        stream->guests = guests;
        *slot = (struct tsn_slot){.due_ns = launch_ns, .flags = TSN_NODE_TIMED};
        return police_late(stream, now_ns, wire_ns, slot);
    }
    if (launch_ns < slot->latest_start_ns) slot->latest_start_ns = launch_ns;
    return TSN_QUEUED;
}

static enum tsn_outcome police_windows(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                       int64_t launch_ns, int64_t wire_ns, struct tsn_slot *slot) {
    if (launch_ns == TSN_NO_LAUNCH) return queue_up(stream, now_ns, wire_ns, slot);
    if (frame->flags & TSN_FRAME_DEADLINE) return police_deadline(stream, now_ns, launch_ns, wire_ns, slot);
    int64_t period = period_of(stream, launch_ns);
    if (period < 1) return police_late(stream, now_ns, wire_ns, slot);
    int64_t into_ns = (launch_ns - stream->base_ns) % stream->window_period_ns;
    int64_t latest_start_ns = launch_ns - into_ns + stream->window_ns - wire_ns;
    if (launch_ns > latest_start_ns) {
        if (stream->window_policy == TSN_WINDOW_REFUSE) return TSN_POLICED_WINDOW;
        return queue_up(stream, launch_ns > now_ns ? launch_ns : now_ns, wire_ns, slot);
    }
    if (now_ns > latest_start_ns) return police_late(stream, now_ns, wire_ns, slot);
    slot->key_ns = launch_ns;
    slot->latest_start_ns = latest_start_ns;
    enum tsn_outcome outcome = own(stream, period);
    if (outcome == TSN_QUEUED && stream->late_policy == TSN_LATE_NEXT_WINDOW) stream->claimed |= 1ull << period;
    return outcome;
}

static enum tsn_outcome police_plain(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                     int64_t launch_ns, int64_t wire_ns, struct tsn_slot *slot) {
    if (launch_ns == TSN_NO_LAUNCH) return stream->period_ns ? own_near(stream, 1) : TSN_QUEUED;
    bool deadline = frame->flags & TSN_FRAME_DEADLINE;
    int64_t latest_start_ns = deadline ? launch_ns : launch_ns + stream->late_tolerance_ns;
    if (now_ns > latest_start_ns) return police_late(stream, now_ns, wire_ns, slot);
    if (stream->period_ns) {
        int64_t period = deadline ? 1 : period_of(stream, launch_ns);
        enum tsn_outcome outcome = own_near(stream, period < 1 ? 1 : period);
        if (outcome != TSN_QUEUED) return outcome;
    }
    slot->latest_start_ns = latest_start_ns;
    if (deadline)
        slot->flags = 0;
    else
        slot->key_ns = launch_ns;
    return TSN_QUEUED;
}

enum tsn_outcome tsn_stream_police(struct tsn_stream *stream, int64_t now_ns, const struct tsn_frame *frame,
                                   int64_t wire_ns, struct tsn_slot *slot) {
    int64_t launch_ns = frame->launch_ns;
    bool timed = launch_ns != TSN_NO_LAUNCH;
    /* Late by any measure; nearer to now, so that no difference overflows. */
    if (timed && launch_ns < now_ns - TSN_HORIZON_NS) launch_ns = now_ns - TSN_HORIZON_NS;
    *slot = (struct tsn_slot){
        .key_ns = now_ns, .latest_start_ns = INT64_MAX, .due_ns = timed ? launch_ns : now_ns,
        .flags = timed ? TSN_NODE_TIMED : 0};
    if (stream->period_ns) pass_periods(stream, now_ns);
    if (stream->window_ns) return police_windows(stream, now_ns, frame, launch_ns, wire_ns, slot);
    return police_plain(stream, now_ns, frame, launch_ns, wire_ns, slot);
}
