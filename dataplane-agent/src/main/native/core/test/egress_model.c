#include "core/test/egress_model.h"

#include "core/test/check.h"

static bool gate_open(const struct egress_model *model, unsigned c, int64_t time_ns) {
    return gate_model_states(&model->gates, time_ns) >> c & 1;
}

static int64_t wire_ns_of(const struct egress_model *model, int64_t bytes) {
    int64_t bits = ((bytes < 64 ? 64 : bytes) + 20 + model->config.overhead_bytes) * 8, ns = 0;
    while (ns * (int64_t)(model->config.link_rate_bps / 1000000) < bits * 1000) ns++;
    return ns;
}

void egress_model_set_stream(struct egress_model *model, uint32_t index, const struct tsn_stream_config *config) {
    struct model_stream *stream = &model->streams[index];
    uint64_t incarnation = stream->incarnation + 1;
    memset(stream, 0, sizeof *stream);
    stream->incarnation = incarnation;
    stream->active = true;
    stream->config = *config;
    stream->left_due_ns = stream->moved_due_ns = INT64_MIN;
    stream->moved_period = -1;
}

void egress_model_remove_stream(struct egress_model *model, uint32_t index) { model->streams[index].active = false; }

/* Number of the period that holds a time, from the model's origin; -1 before it. */
static int64_t period_of(const struct egress_model *model, const struct model_stream *stream, int64_t time_ns) {
    int64_t start_ns = stream->config.offset_ns;
    while (start_ns + stream->config.period_ns <= model->gates.origin_ns - 100000) start_ns += stream->config.period_ns;
    int64_t number = 0;
    if (time_ns < start_ns) return -1;
    while (start_ns + (number + 1) * stream->config.period_ns <= time_ns) number++;
    CHECK(number < MODEL_PERIODS, "too many periods");
    return number;
}

static int64_t period_start(const struct egress_model *model, const struct model_stream *stream, int64_t number) {
    int64_t start_ns = stream->config.offset_ns;
    while (start_ns + stream->config.period_ns <= model->gates.origin_ns - 100000) start_ns += stream->config.period_ns;
    return start_ns + number * stream->config.period_ns;
}

/* First start >= from_ns in a window of a period; -1 if there is none. */
static int64_t start_in_period(const struct egress_model *model, const struct model_stream *stream, int64_t period,
                               int64_t from_ns, int64_t wire_ns, int64_t *latest_ns) {
    int64_t first_ns = period_start(model, stream, period);
    for (int64_t w = first_ns; w < first_ns + stream->config.period_ns; w += stream->config.window_period_ns) {
        int64_t start_ns = from_ns > w ? from_ns : w;
        if (start_ns + wire_ns > w + stream->config.window_ns) continue;
        *latest_ns = w + stream->config.window_ns - wire_ns;
        return start_ns;
    }
    return -1;
}

static void put_in_period(const struct egress_model *model, const struct model_stream *stream, int64_t period,
                          int64_t from_ns, struct model_frame *frame) {
    frame->key_ns = start_in_period(model, stream, period, from_ns, frame->wire_ns, &frame->latest_ns);
    frame->timed = true;
}

/* Last period in which a guest waits or waited. */
static int64_t last_guest(const struct model_stream *stream) {
    int64_t last = -1;
    for (int64_t i = 0; i < MODEL_PERIODS; i++)
        if (stream->guests[i]) last = i;
    return last;
}

/* Due in the first window from from_ns on; when that has its frame, the first unused window behind the last guest. */
static enum tsn_outcome queue_up(struct egress_model *model, struct model_stream *stream, int64_t now_ns, int64_t from_ns,
                                 struct model_frame *frame) {
    int64_t end = period_of(model, stream, now_ns) + 63, due = period_of(model, stream, from_ns), latest_ns;
    while (start_in_period(model, stream, due, from_ns, frame->wire_ns, &latest_ns) < 0) due++;
    if (due >= end) return TSN_EARLY;
    frame->due_ns = start_in_period(model, stream, due, from_ns, frame->wire_ns, &latest_ns);
    bool drop = stream->config.late_policy == TSN_LATE_DROP;
    if (drop && !stream->owned[due]) {
        stream->owned[due] = true;
        put_in_period(model, stream, due, from_ns, frame);
        return TSN_QUEUED;
    }
    int64_t behind = last_guest(stream);
    for (int64_t period = due; period < end; period++) {
        if (stream->owned[period] || period <= behind) continue;
        put_in_period(model, stream, period, from_ns, frame);
        (drop ? stream->guests : stream->owned)[period] = true;
        frame->guest = drop;
        frame->in_line = stream->config.late_policy == TSN_LATE_NEXT_WINDOW;
        if (!drop) frame->due_ns = frame->key_ns;
        return TSN_QUEUED;
    }
    return TSN_POLICED_RATE;
}

/* The next window for a late frame, if no frame that is due later waits. */
static bool move(struct egress_model *model, struct model_stream *stream, int64_t now_ns, struct model_frame *frame) {
    int64_t present = period_of(model, stream, now_ns), first = present, latest_ns;
    while (start_in_period(model, stream, first, now_ns, frame->wire_ns, &latest_ns) < 0) first++;
    const bool *others = frame->in_line ? stream->claimed : stream->owned;
    if (others[first] || stream->gone[first]) first++;
    int64_t behind = frame->due_ns >= stream->moved_due_ns ? stream->moved_period : -1;
    for (;; first++) {
        if (first >= present + 63 || others[first]) return false;
        if (first > behind) break;
    }
    stream->moved_due_ns = frame->due_ns;
    stream->moved_period = first;
    put_in_period(model, stream, first, now_ns, frame);
    if (frame->in_line) frame->key_ns = frame->latest_ns + frame->wire_ns - stream->config.window_ns;
    stream->guests[first] = frame->guest = true;
    return true;
}

/* A period's only frame. near: the period before and the one after may lend. */
static enum tsn_outcome own(struct egress_model *model, struct model_stream *stream, int64_t now_ns, int64_t period,
                            bool near) {
    int64_t present = period_of(model, stream, now_ns);
    if (period - present >= 63) return TSN_EARLY;
    int64_t chosen = period;
    if (near && stream->owned[chosen] && period >= present) chosen = period - 1;
    if (near && stream->owned[chosen] && period + 1 - present < 63) chosen = period + 1;
    if (stream->owned[chosen]) return TSN_POLICED_RATE;
    stream->owned[chosen] = true;
    return TSN_QUEUED;
}

static enum tsn_outcome late(struct egress_model *model, struct model_stream *stream, int64_t now_ns,
                             struct model_frame *frame) {
    if (stream->config.late_policy == TSN_LATE_DROP) return TSN_DROPPED_LATE;
    if (stream->config.late_policy == TSN_LATE_NEXT_WINDOW && stream->config.window_ns)
        return move(model, stream, now_ns, frame) ? TSN_QUEUED : TSN_DROPPED_LATE;
    if (stream->config.period_ns) {
        int64_t period = period_of(model, stream, frame->due_ns), oldest = period_of(model, stream, now_ns) - 1;
        if (period < oldest) period = oldest;
        enum tsn_outcome outcome = own(model, stream, now_ns, period, stream->config.window_ns == 0);
        if (outcome != TSN_QUEUED) return outcome;
    }
    frame->demoted = true;
    frame->gate_class = model->config.late_class;
    frame->key_ns = now_ns;
    frame->latest_ns = INT64_MAX;
    return TSN_QUEUED;
}

static enum tsn_outcome police_windows(struct egress_model *model, struct model_stream *stream, int64_t now_ns,
                                       const struct tsn_frame *offered, struct model_frame *frame) {
    const struct tsn_stream_config *config = &stream->config;
    int64_t launch_ns = offered->launch_ns;
    if (launch_ns == TSN_NO_LAUNCH) return queue_up(model, stream, now_ns, now_ns, frame);
    if (offered->flags & TSN_FRAME_DEADLINE) {
        struct model_stream before = *stream;
        struct model_frame frame_before = *frame;
        enum tsn_outcome outcome = queue_up(model, stream, now_ns, now_ns, frame);
        if (outcome != TSN_QUEUED) return outcome;
        if (frame->key_ns <= launch_ns) {
            if (launch_ns < frame->latest_ns) frame->latest_ns = launch_ns;
            return TSN_QUEUED;
        }
        *stream = before;
        *frame = frame_before;
        return late(model, stream, now_ns, frame);
    }
    int64_t period = period_of(model, stream, launch_ns);
    if (period < period_of(model, stream, now_ns)) return late(model, stream, now_ns, frame);
    int64_t start_ns = period_start(model, stream, period);
    while (start_ns + config->window_period_ns <= launch_ns) start_ns += config->window_period_ns;
    int64_t latest_ns = start_ns + config->window_ns - frame->wire_ns;
    if (launch_ns > latest_ns) {
        if (config->window_policy == TSN_WINDOW_REFUSE) return TSN_POLICED_WINDOW;
        return queue_up(model, stream, now_ns, launch_ns > now_ns ? launch_ns : now_ns, frame);
    }
    if (now_ns > latest_ns) return late(model, stream, now_ns, frame);
    frame->key_ns = launch_ns;
    frame->latest_ns = latest_ns;
    enum tsn_outcome outcome = own(model, stream, now_ns, period, false);
    if (outcome == TSN_QUEUED) stream->claimed[period] = true;
    return outcome;
}

static enum tsn_outcome police(struct egress_model *model, struct model_stream *stream, int64_t now_ns,
                               const struct tsn_frame *offered, struct model_frame *frame) {
    const struct tsn_stream_config *config = &stream->config;
    int64_t launch_ns = offered->launch_ns;
    bool none = launch_ns == TSN_NO_LAUNCH, deadline = !none && (offered->flags & TSN_FRAME_DEADLINE);
    int64_t tolerance_ns = config->late_tolerance_ns ? config->late_tolerance_ns : 10000;
    frame->timed = !none;
    frame->due_ns = none ? now_ns : launch_ns;
    if (config->window_ns) return police_windows(model, stream, now_ns, offered, frame);
    int64_t latest_ns = none ? INT64_MAX : launch_ns + (deadline ? 0 : tolerance_ns);
    if (now_ns > latest_ns) return late(model, stream, now_ns, frame);
    if (config->period_ns) {
        int64_t present = period_of(model, stream, now_ns);
        int64_t period = none || deadline ? present : period_of(model, stream, launch_ns);
        enum tsn_outcome outcome = own(model, stream, now_ns, period < present ? present : period, true);
        if (outcome != TSN_QUEUED) return outcome;
    }
    frame->latest_ns = latest_ns;
    frame->timed = !none && !deadline;
    if (frame->timed) frame->key_ns = launch_ns;
    return TSN_QUEUED;
}

enum tsn_outcome egress_model_enqueue(struct egress_model *model, int64_t now_ns, const struct tsn_frame *offered) {
    const struct tsn_egress_config *config = &model->config;
    struct model_stream *stream = NULL;
    struct model_frame *frame = &model->frames[offered->cookie];
    unsigned c = offered->traffic_class & 7;
    if (offered->cookie >= model->frame_count) model->frame_count = offered->cookie + 1;
    if (now_ns < model->time_ns) now_ns = model->time_ns;
    if (offered->stream < MODEL_STREAMS && model->streams[offered->stream].active)
        stream = &model->streams[offered->stream];
    else if (offered->stream != TSN_STREAM_NONE || offered->traffic_class > 7 || !(config->untimed_classes >> c & 1))
        return TSN_NO_STREAM;
    if (stream) c = stream->config.traffic_class;
    int64_t bytes = offered->bytes < 64 ? 64 : offered->bytes;
    if (bytes > config->max_frame_bytes) return TSN_TOO_LARGE;
    if (config->queue_max_sdu[c] && bytes > config->queue_max_sdu[c]) return TSN_TOO_LARGE;
    if (stream && stream->config.frame_bytes && bytes > stream->config.frame_bytes) return TSN_POLICED_SIZE;
    if (wire_ns_of(model, offered->bytes) > gate_model_longest_open(&model->gates, c, now_ns))
        return TSN_NO_WINDOW;
    if (stream ? stream->queued >= (stream->config.queue_limit ? stream->config.queue_limit : 64)
               : model->untimed_queued >= config->untimed_limit)
        return TSN_QUEUE_FULL;
    if (offered->launch_ns != TSN_NO_LAUNCH && offered->launch_ns > now_ns + TSN_HORIZON_NS) return TSN_EARLY;
    if (model->queued >= config->frame_capacity) return TSN_QUEUE_FULL;
    *frame = (struct model_frame){.cookie = offered->cookie,
                                  .key_ns = now_ns,
                                  .latest_ns = INT64_MAX,
                                  .wire_ns = wire_ns_of(model, offered->bytes),
                                  .stream = offered->stream,
                                  .incarnation = stream ? stream->incarnation : 0,
                                  .gate_class = c,
                                  .priority = c};
    if (stream) {
        enum tsn_outcome outcome = police(model, stream, now_ns, offered, frame);
        if (outcome != TSN_QUEUED) return outcome;
        stream->queued++;
    } else {
        if (offered->launch_ns > now_ns) {
            frame->key_ns = frame->due_ns = offered->launch_ns;
            frame->timed = true;
        }
        model->untimed_queued++;
    }
    frame->queued = true;
    frame->sequence = model->next_sequence++;
    model->queued++;
    return TSN_QUEUED;
}

/* The first frame of a class whose time has come. */
static struct model_frame *head_of(struct egress_model *model, unsigned c, int64_t time_ns) {
    struct model_frame *head = NULL;
    for (size_t i = 0; i < model->frame_count; i++) {
        struct model_frame *frame = &model->frames[i];
        if (!frame->queued || frame->gate_class != c || frame->key_ns > time_ns) continue;
        if (!head || frame->key_ns < head->key_ns || (frame->key_ns == head->key_ns && frame->sequence < head->sequence))
            head = frame;
    }
    return head;
}

static bool fits(const struct egress_model *model, const struct model_frame *frame, int64_t start_ns) {
    for (int64_t t = start_ns; t < start_ns + frame->wire_ns; t++)
        if (!gate_open(model, frame->gate_class, t)) return false;
    return true;
}

static void leave(struct egress_model *model, struct model_frame *frame) {
    frame->queued = false;
    model->queued--;
    if (frame->stream >= MODEL_STREAMS)
        model->untimed_queued--;
    else if (model->streams[frame->stream].incarnation == frame->incarnation)
        model->streams[frame->stream].queued--;
}

/* A frame whose time has passed; true if its late policy keeps it. */
static bool keep_late(struct egress_model *model, struct model_frame *frame, int64_t now_ns) {
    struct model_stream *stream = &model->streams[frame->stream];
    if (stream->config.late_policy == TSN_LATE_DROP) return false;
    if (stream->config.late_policy == TSN_LATE_NEXT_WINDOW && stream->config.window_ns) {
        if (!move(model, stream, now_ns, frame)) return false;
    } else {
        frame->guest = frame->in_line = false;
        frame->demoted = true;
        frame->gate_class = model->config.late_class;
        frame->key_ns = now_ns;
        frame->latest_ns = INT64_MAX;
    }
    frame->blocked = false;
    if (frame->demoted) frame->sequence = model->next_sequence++;
    return true;
}

/* A late frame gives way to the frame due in its window, and does not leave after one that was due later. */
static bool overtaken(const struct egress_model *model, const struct model_frame *frame, int64_t start_ns) {
    if (!frame->guest && !frame->demoted) return false;
    const struct model_stream *stream = &model->streams[frame->stream];
    if (frame->due_ns < stream->left_due_ns) return true;
    const bool *others = frame->in_line ? stream->claimed : stream->owned;
    return frame->guest && start_ns <= frame->latest_ns && others[period_of(model, stream, frame->key_ns)];
}

/* Of the frames that share a window one has left. */
static bool put_off(const struct egress_model *model, const struct model_frame *frame) {
    if (!frame->in_line && !frame->guest) return false;
    const struct model_stream *stream = &model->streams[frame->stream];
    return stream->gone[period_of(model, stream, frame->key_ns)];
}

static void note_departure(struct egress_model *model, const struct model_frame *frame) {
    if (frame->stream >= MODEL_STREAMS) return;
    struct model_stream *stream = &model->streams[frame->stream];
    if (frame->due_ns > stream->left_due_ns) stream->left_due_ns = frame->due_ns;
    if (!frame->guest && !frame->in_line) return;
    int64_t period = period_of(model, stream, frame->key_ns);
    stream->owned[period] = stream->gone[period] = true;
}

static bool step(struct egress_model *model, int64_t start_ns, struct model_event *event, bool *happened) {
    for (unsigned c = 8; c-- > 0;) {
        struct model_frame *head = head_of(model, c, start_ns);
        if (!head) continue;
        bool orphan = head->stream < MODEL_STREAMS && (!model->streams[head->stream].active ||
                                                       model->streams[head->stream].incarnation != head->incarnation);
        *event = (struct model_event){head->cookie, start_ns, TSN_QUEUED};
        *happened = true;
        if (orphan) {
            event->outcome = TSN_FLUSHED;
        } else if (overtaken(model, head, start_ns)) {
            event->outcome = TSN_DROPPED_LATE;
        } else if (start_ns > head->latest_ns || put_off(model, head)) {
            event->outcome = head->blocked ? TSN_GATE_MISSED : TSN_DROPPED_LATE;
            if (keep_late(model, head, start_ns)) {
                *happened = false;
                return true;
            }
        } else if (fits(model, head, start_ns) ? model->config.idle_slope_bps[c] && model->credit[c] < 0
                                               : head->wire_ns <= gate_model_longest_open(&model->gates, c, start_ns)) {
            head->blocked = true;
            *happened = false;
            continue;
        } else if (!fits(model, head, start_ns)) {
            event->outcome = TSN_NO_WINDOW;
        } else {
            model->wire_free_ns = start_ns + head->wire_ns;
            model->sending_class = head->gate_class;
            note_departure(model, head);
        }
        leave(model, head);
        return true;
    }
    return false;
}

size_t egress_model_poll(struct egress_model *model, int64_t now_ns, struct model_event *events, size_t room) {
    size_t count = 0;
    while (count < room) {
        int64_t start_ns = now_ns > model->wire_free_ns ? now_ns : model->wire_free_ns;
        if (start_ns > now_ns + model->config.ahead_ns) break;
        model->time_ns = start_ns;
        bool happened = false;
        if (!step(model, start_ns, &events[count], &happened)) break;
        count += happened;
    }
    return count;
}

void egress_model_tick(struct egress_model *model, int64_t now_ns) {
    for (unsigned c = 0; c < 8; c++) {
        if (!model->config.idle_slope_bps[c]) continue;
        int64_t slope = (int64_t)model->idle_slope_bps[c];
        if (now_ns < model->wire_free_ns && model->sending_class == c) {
            model->credit[c] -= (int64_t)model->config.link_rate_bps - slope;
            continue;
        }
        bool waiting = head_of(model, c, now_ns) != NULL;
        if (!waiting && model->credit[c] > 0) model->credit[c] = 0;
        if (gate_open(model, c, now_ns) && (waiting || model->credit[c] < 0)) model->credit[c] += slope;
        if (!waiting && model->credit[c] > 0) model->credit[c] = 0;
    }
}
