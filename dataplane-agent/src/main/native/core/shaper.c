#include "core/shaper.h"

#include "core/gate_program.h"

#define CREDIT_LIMIT (INT64_MAX / 4)

static void change(struct tsn_shaper *shaper, __int128 by) {
    __int128 credit = shaper->credit + by;
    shaper->credit = credit > CREDIT_LIMIT ? CREDIT_LIMIT : credit < -CREDIT_LIMIT ? -CREDIT_LIMIT : (int64_t)credit;
}

void tsn_shaper_scale(struct tsn_shaper *shaper, const struct tsn_gates *gates, unsigned traffic_class) {
    unsigned __int128 slope = shaper->admin_idle_slope_bps;
    if (gates->oper && gates->oper->open_per_cycle_ns[traffic_class] > 0)
        slope = slope * (uint64_t)gates->oper->cycle_ns / (uint64_t)gates->oper->open_per_cycle_ns[traffic_class];
    shaper->idle_slope_bps = slope > shaper->link_rate_bps ? shaper->link_rate_bps : (uint64_t)slope;
}

void tsn_shaper_skip(struct tsn_shaper *shaper, int64_t open_ns, int64_t to_ns, bool waiting) {
    change(shaper, (__int128)shaper->idle_slope_bps * open_ns);
    if (!waiting && shaper->credit > 0) shaper->credit = 0;
    shaper->updated_ns = to_ns;
}

void tsn_shaper_run(struct tsn_shaper *shaper, bool open, int64_t to_ns, int64_t waiting_since_ns) {
    if (to_ns <= shaper->updated_ns) return; /* a frame of the class is on the wire, or no time has passed */
    if (waiting_since_ns > shaper->updated_ns && shaper->credit > 0) shaper->credit = 0;
    int64_t split_ns = waiting_since_ns < shaper->updated_ns ? shaper->updated_ns
                       : waiting_since_ns > to_ns            ? to_ns
                                                             : waiting_since_ns;
    if (split_ns > shaper->updated_ns) tsn_shaper_skip(shaper, open ? split_ns - shaper->updated_ns : 0, split_ns, false);
    if (to_ns > split_ns) tsn_shaper_skip(shaper, open ? to_ns - split_ns : 0, to_ns, true);
}

void tsn_shaper_transmit(struct tsn_shaper *shaper, int64_t start_ns, int64_t wire_ns) {
    change(shaper, -(__int128)(shaper->link_rate_bps - shaper->idle_slope_bps) * wire_ns);
    shaper->updated_ns = start_ns + wire_ns;
}

int64_t tsn_shaper_wait_ns(const struct tsn_shaper *shaper) {
    if (shaper->credit >= 0) return 0;
    if (shaper->idle_slope_bps == 0) return TSN_NEVER;
    return (int64_t)(((__int128)-shaper->credit + (int64_t)shaper->idle_slope_bps - 1) / (int64_t)shaper->idle_slope_bps);
}
