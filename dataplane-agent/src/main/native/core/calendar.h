/*
 * Frames by launch time: time buckets with find-first-set (Eiffel, NSDI '19; Carousel, SIGCOMM '17), exact inside a
 * bucket. Inserting and taking cost O(1) however many are queued; a heap costs a cache miss per level. Inside the core only.
 *
 * The near level has 262,144 buckets of 256 ns (67 ms); the far level 1,024 buckets of 67 ms, each of which is dealt
 * out into the near one when its time comes. A bucket is an unordered list; it is sorted when its time comes ("opened"),
 * so that inserting touches no other frame.
 */
#ifndef TSN_CORE_CALENDAR_H
#define TSN_CORE_CALENDAR_H

#include "core/node.h"

#include <stddef.h>

enum {
    TSN_NEAR_SHIFT = 8,
    TSN_NEAR_BITS = 18, /* three levels of 64-bit words */
    TSN_NEAR_BUCKETS = 1 << TSN_NEAR_BITS,
    TSN_FAR_SHIFT = TSN_NEAR_SHIFT + TSN_NEAR_BITS,
    TSN_FAR_BITS = 10,
    TSN_FAR_BUCKETS = 1 << TSN_FAR_BITS
};

struct tsn_calendar {
    struct tsn_node *nodes;
    struct tsn_list open;  /* ordered; all frames whose bucket is below next_bucket */
    int64_t next_bucket;   /* absolute; everything below was opened */
    int64_t due_ns;        /* no frame is due before; may be too early */
    uint32_t near_count, far_count;
    uint64_t near_top;
    uint64_t near_middle[TSN_NEAR_BUCKETS >> 12];
    uint64_t near_low[TSN_NEAR_BUCKETS >> 6];
    uint64_t far_low[TSN_FAR_BUCKETS >> 6];
    uint32_t near[TSN_NEAR_BUCKETS];
    uint32_t far[TSN_FAR_BUCKETS];
};

void tsn_calendar_init(struct tsn_calendar *calendar, struct tsn_node *nodes, int64_t now_ns);

/* For frames of launch times before the open buckets' end, or beyond the near level. */
void tsn_calendar_insert_slow(struct tsn_calendar *calendar, uint32_t index);

/* Puts a frame in by its key_ns, which is at most TSN_HORIZON_NS ahead. */
static inline void tsn_calendar_insert(struct tsn_calendar *calendar, uint32_t index) {
    struct tsn_node *node = &calendar->nodes[index];
    int64_t bucket = node->key_ns >> TSN_NEAR_SHIFT;
    if ((uint64_t)(bucket - calendar->next_bucket) >= TSN_NEAR_BUCKETS) {
        tsn_calendar_insert_slow(calendar, index);
        return;
    }
    uint32_t slot = (uint32_t)bucket & (TSN_NEAR_BUCKETS - 1);
    node->next = calendar->near[slot];
    calendar->near[slot] = index;
    calendar->near_low[slot >> 6] |= 1ull << (slot & 63);
    calendar->near_middle[slot >> 12] |= 1ull << (slot >> 6 & 63);
    calendar->near_top |= 1ull << (slot >> 12);
    calendar->near_count++;
    if (node->key_ns < calendar->due_ns) calendar->due_ns = node->key_ns;
}

/* Next frame with key_ns <= time_ns in order of (key_ns, sequence), taken out; TSN_NIL if there is none. */
uint32_t tsn_calendar_take_slow(struct tsn_calendar *calendar, int64_t time_ns);
static inline uint32_t tsn_calendar_take(struct tsn_calendar *calendar, int64_t time_ns) {
    return time_ns < calendar->due_ns ? TSN_NIL : tsn_calendar_take_slow(calendar, time_ns);
}

/* key_ns of the first frame, or (beyond the near level) up to 67 ms before it; TSN_NEVER if there is none. */
int64_t tsn_calendar_first_ns(const struct tsn_calendar *calendar);

/* Any frame, taken out; TSN_NIL when empty. */
uint32_t tsn_calendar_drain(struct tsn_calendar *calendar);

#endif
