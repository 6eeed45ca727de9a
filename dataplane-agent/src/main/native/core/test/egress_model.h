/*
 * Slow and simple egress: a list of frames, searched whole for every decision, and gates that are looked up one
 * nanosecond after another. Shares no code with the core; says what should leave when.
 */
#ifndef TSN_TEST_EGRESS_MODEL_H
#define TSN_TEST_EGRESS_MODEL_H

#include "core/egress.h"
#include "core/test/gate_model.h"

enum { MODEL_STREAMS = 8, MODEL_FRAMES = 512, MODEL_PERIODS = 4096 };

struct model_frame {
    bool queued, timed, guest, in_line, demoted, blocked;
    uint64_t cookie, sequence;
    int64_t key_ns, latest_ns, due_ns, wire_ns;
    uint32_t stream;
    uint64_t incarnation;
    unsigned gate_class, priority;
};

struct model_stream {
    bool active;
    uint64_t incarnation;
    struct tsn_stream_config config;
    /* By number of the period, counted from some time before the model's origin. */
    bool owned[MODEL_PERIODS], guests[MODEL_PERIODS], claimed[MODEL_PERIODS], gone[MODEL_PERIODS];
    int64_t left_due_ns, moved_due_ns, moved_period;
    uint32_t queued;
};

struct model_event {
    uint64_t cookie;
    int64_t start_ns;
    enum tsn_outcome outcome; /* TSN_QUEUED: sent */
};

struct egress_model {
    struct tsn_egress_config config;
    struct gate_model gates;
    struct model_stream streams[MODEL_STREAMS];
    struct model_frame frames[MODEL_FRAMES]; /* by cookie */
    size_t frame_count; /* highest cookie so far, and one */
    uint64_t next_sequence;
    int64_t wire_free_ns, time_ns;
    uint32_t queued, untimed_queued;
    int64_t credit[8];          /* bits * 10^9 */
    uint64_t idle_slope_bps[8]; /* scaled */
    unsigned sending_class;
};


void egress_model_set_stream(struct egress_model *model, uint32_t index, const struct tsn_stream_config *config);
void egress_model_remove_stream(struct egress_model *model, uint32_t index);
enum tsn_outcome egress_model_enqueue(struct egress_model *model, int64_t now_ns, const struct tsn_frame *frame);

/* What happens at now_ns; at most room events, and how many. Sent frames count as completed at once. */
size_t egress_model_poll(struct egress_model *model, int64_t now_ns, struct model_event *events, size_t room);

/* Moves the shapers from now_ns to the next nanosecond, after all that happened at now_ns. */
void egress_model_tick(struct egress_model *model, int64_t now_ns);

#endif
