/*
 * Frames by launch time: time buckets with find-first-set (Eiffel, NSDI '19; Carousel, SIGCOMM '17), exact inside a
 * bucket. Inserting and taking cost O(1) however many are queued; a heap costs a cache miss per level. Inside the core only.
 *
 * The near level has 262,144 buckets of 256 ns (67 ms); the far level 1,024 buckets of 67 ms, each of which is dealt
 * out into the near one when its time comes. A near bucket is a chain of cache lines from one pool; an entry is 32 bits,
 * the time within the bucket and the frame's index, so that neither inserting nor sorting touches a frame. A bucket is
 * sorted when its time comes ("opened"), while the frames of the next are fetched into the cache.
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
    TSN_FAR_BUCKETS = 1 << TSN_FAR_BITS,
    TSN_CHUNK_ENTRIES = 15,
    TSN_INDEX_BITS = 24 /* of an entry; the rest is the time within the bucket */
};

struct tsn_chunk {
    uint32_t entries[TSN_CHUNK_ENTRIES]; /* in order of arrival */
    uint32_t next;                       /* the fuller chunk before it, as in near[]; in the pool: the next free one */
} __attribute__((aligned(64)));

struct tsn_calendar {
    struct tsn_node *nodes;
    struct tsn_chunk *chunks; /* as many as nodes: every bucket in use holds a frame */
    uint32_t *open;           /* entries of the opened bucket, in order; room for every frame */
    uint32_t *unsorted;       /* as large */
    uint32_t open_first, open_end, capacity;
    uint32_t free_chunk, unused_chunks; /* chunks from unused_chunks on were never used */
    int64_t open_base_ns;
    int64_t next_bucket;      /* absolute; everything below was opened */
    int64_t due_ns;           /* no frame is due before; may be too early */
    uint32_t near_count, far_count;
    uint64_t near_top;
    uint64_t near_middle[TSN_NEAR_BUCKETS >> 12];
    uint64_t near_low[TSN_NEAR_BUCKETS >> 6];
    uint64_t far_low[TSN_FAR_BUCKETS >> 6];
    uint32_t near[TSN_NEAR_BUCKETS]; /* chunk << 4 | entries in it; 0: empty */
    uint32_t far[TSN_FAR_BUCKETS];   /* lists of frames, the last that came first */
};

/* Bytes beside the calendar itself for so many frames. */
size_t tsn_calendar_pool_size(uint32_t capacity);

/* pool: tsn_calendar_pool_size(capacity) bytes, aligned to 64. */
void tsn_calendar_init(struct tsn_calendar *calendar, struct tsn_node *nodes, uint32_t capacity, void *pool,
                       int64_t now_ns);

/* For launch times in the opened bucket, or beyond the near level. */
void tsn_calendar_insert_slow(struct tsn_calendar *calendar, uint32_t index);

static inline uint32_t tsn_calendar_take_chunk(struct tsn_calendar *calendar) {
    uint32_t chunk = calendar->free_chunk;
    if (chunk == TSN_NIL) return calendar->unused_chunks++;
    calendar->free_chunk = calendar->chunks[chunk].next;
    return chunk;
}

/* Puts a frame in by its key_ns, which is after the time last taken for and at most TSN_HORIZON_NS ahead. */
static inline void tsn_calendar_insert(struct tsn_calendar *calendar, uint32_t index) {
    int64_t key_ns = calendar->nodes[index].key_ns, bucket = key_ns >> TSN_NEAR_SHIFT;
    if (key_ns < calendar->due_ns) calendar->due_ns = key_ns;
    if ((uint64_t)(bucket - calendar->next_bucket) >= TSN_NEAR_BUCKETS) {
        tsn_calendar_insert_slow(calendar, index);
        return;
    }
    uint32_t slot = (uint32_t)bucket & (TSN_NEAR_BUCKETS - 1), head = calendar->near[slot], count = head & 15;
    if (count == 0) {
        calendar->near_low[slot >> 6] |= 1ull << (slot & 63);
        calendar->near_middle[slot >> 12] |= 1ull << (slot >> 6 & 63);
        calendar->near_top |= 1ull << (slot >> 12);
    }
    if (count == 0 || count == TSN_CHUNK_ENTRIES) {
        uint32_t chunk = tsn_calendar_take_chunk(calendar);
        calendar->chunks[chunk].next = head;
        head = chunk << 4;
        count = 0;
    }
    calendar->chunks[head >> 4].entries[count] = (uint32_t)key_ns << TSN_INDEX_BITS | index;
    calendar->near[slot] = head + 1;
    calendar->near_count++;
}

/* Fetches what an insertion at key_ns will touch first. */
static inline __attribute__((always_inline)) void tsn_calendar_prefetch(const struct tsn_calendar *calendar,
                                                                        int64_t key_ns) {
    __builtin_prefetch(&calendar->near[key_ns >> TSN_NEAR_SHIFT & (TSN_NEAR_BUCKETS - 1)], 1);
}

/* Then what it will touch next. */
static inline __attribute__((always_inline)) void tsn_calendar_prefetch_chunk(const struct tsn_calendar *calendar,
                                                                              int64_t key_ns) {
    uint32_t head = calendar->near[key_ns >> TSN_NEAR_SHIFT & (TSN_NEAR_BUCKETS - 1)];
    __builtin_prefetch(&calendar->chunks[head >> 4], 1);
}

/* Opens buckets up to time_ns until one has a frame, and takes the first; TSN_NIL if there is none. */
uint32_t tsn_calendar_take_slow(struct tsn_calendar *calendar, int64_t time_ns);

/* Next frame with key_ns <= time_ns in order of (key_ns, sequence), taken out; TSN_NIL if there is none. */
static inline uint32_t tsn_calendar_take(struct tsn_calendar *calendar, int64_t time_ns) {
    if (time_ns < calendar->due_ns) return TSN_NIL;
    if (calendar->open_first == calendar->open_end) return tsn_calendar_take_slow(calendar, time_ns);
    uint32_t entry = calendar->open[calendar->open_first];
    calendar->due_ns = calendar->open_base_ns + (entry >> TSN_INDEX_BITS);
    if (calendar->due_ns > time_ns) return TSN_NIL;
    calendar->open_first++;
    return entry & ((1u << TSN_INDEX_BITS) - 1); /* due_ns stays too early until the next call */
}

/* key_ns of the first frame, or (beyond the near level) up to 67 ms before it; TSN_NEVER if there is none. */
int64_t tsn_calendar_first_ns(const struct tsn_calendar *calendar);

/* Any frame, taken out; TSN_NIL when empty. */
uint32_t tsn_calendar_drain(struct tsn_calendar *calendar);

#endif
