#include "core/calendar.h"

#include "core/gates.h"

#include <string.h>

enum {
    NEAR_MASK = TSN_NEAR_BUCKETS - 1,
    FAR_MASK = TSN_FAR_BUCKETS - 1,
    INDEX_MASK = (1 << TSN_INDEX_BITS) - 1,
    OFFSETS = 1 << TSN_NEAR_SHIFT,
    FRAMES_AHEAD = 4,
    CHUNKS_AHEAD = 8
};

_Static_assert(TSN_NEAR_SHIFT + TSN_INDEX_BITS == 32, "an entry has room for the time within a bucket");

size_t tsn_calendar_pool_size(uint32_t capacity) {
    return (size_t)capacity * (sizeof(struct tsn_chunk) + 2 * sizeof(uint32_t));
}

void tsn_calendar_init(struct tsn_calendar *calendar, struct tsn_node *nodes, uint32_t capacity, void *pool,
                       int64_t now_ns) {
    memset(calendar, 0, sizeof *calendar);
    memset(calendar->far, 0xff, sizeof calendar->far);
    calendar->nodes = nodes;
    calendar->chunks = pool;
    calendar->open = (uint32_t *)(void *)(calendar->chunks + capacity);
    calendar->unsorted = calendar->open + capacity;
    calendar->capacity = capacity;
    calendar->free_chunk = TSN_NIL;
    calendar->next_bucket = now_ns >> TSN_NEAR_SHIFT;
    calendar->due_ns = TSN_NEVER;
}

/* First set bit at or after position, round the ring of so many words; the ring must not be empty. */
static uint32_t first_far_slot(const struct tsn_calendar *calendar, uint32_t position) {
    uint64_t word = calendar->far_low[position >> 6] & (~0ull << (position & 63));
    for (uint32_t i = position >> 6;; word = calendar->far_low[i]) {
        if (word) return i << 6 | (uint32_t)__builtin_ctzll(word);
        i = (i + 1) & (FAR_MASK >> 6);
    }
}

/* Like first_far_slot for the near ring, by the three levels of its bitmap. */
static uint32_t first_near_slot(const struct tsn_calendar *calendar, uint32_t position) {
    uint32_t low = position >> 6, middle = position >> 12;
    uint64_t word = calendar->near_low[low] & (~0ull << (position & 63));
    if (word) return low << 6 | (uint32_t)__builtin_ctzll(word);
    word = (low & 63) == 63 ? 0 : calendar->near_middle[middle] & (~0ull << ((low & 63) + 1));
    if (!word) {
        uint64_t top = calendar->near_top, after = middle == 63 ? 0 : top & (~0ull << (middle + 1));
        middle = (uint32_t)__builtin_ctzll(after ? after : top);
        word = calendar->near_middle[middle];
    }
    low = middle << 6 | (uint32_t)__builtin_ctzll(word);
    return low << 6 | (uint32_t)__builtin_ctzll(calendar->near_low[low]);
}

/* Absolute number of the first near bucket that holds a frame; TSN_NEVER if none does. */
static int64_t first_near_bucket(const struct tsn_calendar *calendar) {
    if (calendar->near_count == 0) return TSN_NEVER;
    uint32_t position = (uint32_t)calendar->next_bucket & NEAR_MASK;
    return calendar->next_bucket + ((first_near_slot(calendar, position) - position) & NEAR_MASK);
}

/* First near bucket of the first far bucket that holds a frame; TSN_NEVER if none does. */
static int64_t first_far_block(const struct tsn_calendar *calendar) {
    if (calendar->far_count == 0) return TSN_NEVER;
    int64_t next_block = calendar->next_bucket >> TSN_NEAR_BITS;
    uint32_t position = (uint32_t)next_block & FAR_MASK;
    return (next_block + ((first_far_slot(calendar, position) - position) & FAR_MASK)) << TSN_NEAR_BITS;
}

static inline uint32_t offset_of(uint32_t entry) { return entry >> TSN_INDEX_BITS; }
static inline uint32_t index_of(uint32_t entry) { return entry & INDEX_MASK; }

/* Order of frames within a bucket; their arrival is looked up for equal times alone. */
static inline bool before(const struct tsn_calendar *calendar, uint32_t a, uint32_t b) {
    if (offset_of(a) != offset_of(b)) return offset_of(a) < offset_of(b);
    return calendar->nodes[index_of(a)].sequence < calendar->nodes[index_of(b)].sequence;
}

/* Into the opened bucket. */
static void insert_open(struct tsn_calendar *calendar, uint32_t index) {
    if (calendar->open_end == calendar->capacity) {
        calendar->open_end -= calendar->open_first;
        memmove(calendar->open, calendar->open + calendar->open_first, calendar->open_end * sizeof(uint32_t));
        calendar->open_first = 0;
    }
    uint32_t entry = (uint32_t)calendar->nodes[index].key_ns << TSN_INDEX_BITS | index, i = calendar->open_end++;
    for (; i > calendar->open_first && before(calendar, entry, calendar->open[i - 1]); i--)
        calendar->open[i] = calendar->open[i - 1];
    calendar->open[i] = entry;
}

void tsn_calendar_insert_slow(struct tsn_calendar *calendar, uint32_t index) {
    struct tsn_node *node = &calendar->nodes[index];
    int64_t bucket = node->key_ns >> TSN_NEAR_SHIFT;
    if (bucket < calendar->next_bucket) {
        insert_open(calendar, index);
        return;
    }
    /* A frame beyond the ring waits in its last bucket and is put in again when that is dealt out. */
    int64_t block = bucket >> TSN_NEAR_BITS, last = (calendar->next_bucket >> TSN_NEAR_BITS) + FAR_MASK;
    if (block > last) block = last;
    uint32_t slot = (uint32_t)block & FAR_MASK;
    /* There is something to do as soon as the bucket's time comes, which is what tsn_calendar_first_ns tells. */
    if (block << TSN_FAR_SHIFT < calendar->due_ns) calendar->due_ns = block << TSN_FAR_SHIFT;
    node->next = calendar->far[slot];
    calendar->far[slot] = index;
    calendar->far_low[slot >> 6] |= 1ull << (slot & 63);
    calendar->far_count++;
}

static uint32_t reversed(struct tsn_node *nodes, uint32_t index) {
    uint32_t head = TSN_NIL;
    while (index != TSN_NIL) {
        uint32_t next = nodes[index].next;
        nodes[index].next = head;
        head = index;
        index = next;
    }
    return head;
}

static void deal_out(struct tsn_calendar *calendar, int64_t first_bucket) {
    uint32_t slot = (uint32_t)(first_bucket >> TSN_NEAR_BITS) & FAR_MASK;
    uint32_t index = reversed(calendar->nodes, calendar->far[slot]);
    calendar->far[slot] = TSN_NIL;
    calendar->far_low[slot >> 6] &= ~(1ull << (slot & 63));
    if (first_bucket > calendar->next_bucket) calendar->next_bucket = first_bucket;
    while (index != TSN_NIL) {
        uint32_t next = calendar->nodes[index].next;
        calendar->far_count--;
        tsn_calendar_insert(calendar, index);
        index = next;
    }
}

/* Moves the entries of a chain, in order of arrival, to an array; gives the chunks back. Returns how many. */
static uint32_t unchain(struct tsn_calendar *calendar, uint32_t head, uint32_t *entries) {
    uint32_t count = 0;
    for (uint32_t at = head; at; at = calendar->chunks[at >> 4].next) count += at & 15;
    for (uint32_t end = count; head;) {
        struct tsn_chunk *chunk = &calendar->chunks[head >> 4];
        uint32_t next = chunk->next;
        end -= head & 15;
        for (uint32_t i = 0; i < (head & 15); i++) entries[end + i] = chunk->entries[i];
        chunk->next = calendar->free_chunk;
        calendar->free_chunk = head >> 4;
        head = next;
    }
    return count;
}

/* Stable, by the time within the bucket. */
static void counting_sort(const uint32_t *from, uint32_t *to, uint32_t count) {
    uint32_t place[OFFSETS + 1] = {0};
    for (uint32_t i = 0; i < count; i++) place[offset_of(from[i]) + 1]++;
    for (uint32_t i = 0; i < OFFSETS; i++) place[i + 1] += place[i];
    for (uint32_t i = 0; i < count; i++) to[place[offset_of(from[i])]++] = from[i];
}

/*
 * With many frames queued neither they nor the chunks of the coming buckets are in the cache: a chunk is fetched
 * CHUNKS_AHEAD buckets before its time, and the frames in it once it has come. (Inline or not at all: gcc takes a function
 * that only fetches for one without effect.)
 */
static inline __attribute__((always_inline)) void prefetch(const struct tsn_calendar *calendar, uint32_t slot) {
    uint32_t chunk = calendar->near[(slot + CHUNKS_AHEAD) & NEAR_MASK];
    if (chunk) __builtin_prefetch(&calendar->chunks[chunk >> 4]);
    uint32_t frames = calendar->near[(slot + FRAMES_AHEAD) & NEAR_MASK];
    for (uint32_t i = 0; i < (frames & 15); i++)
        __builtin_prefetch(&calendar->nodes[index_of(calendar->chunks[frames >> 4].entries[i])], 1);
}

static void open_bucket(struct tsn_calendar *calendar, int64_t bucket) {
    uint32_t slot = (uint32_t)bucket & NEAR_MASK, head = calendar->near[slot], *open = calendar->open;
    prefetch(calendar, slot);
    calendar->near[slot] = 0;
    if (!(calendar->near_low[slot >> 6] &= ~(1ull << (slot & 63))) &&
        !(calendar->near_middle[slot >> 12] &= ~(1ull << (slot >> 6 & 63))))
        calendar->near_top &= ~(1ull << (slot >> 12));
    calendar->next_bucket = bucket + 1;
    calendar->open_base_ns = bucket << TSN_NEAR_SHIFT;
    bool many = calendar->chunks[head >> 4].next != 0;
    uint32_t count = unchain(calendar, head, many ? calendar->unsorted : open);
    if (many) counting_sort(calendar->unsorted, open, count);
    /* Few entries, or all but those of equal times in order. */
    for (uint32_t i = 1; i < count; i++) {
        uint32_t entry = open[i], j = i;
        for (; j > 0 && before(calendar, entry, open[j - 1]); j--) open[j] = open[j - 1];
        open[j] = entry;
    }
    calendar->near_count -= count;
    calendar->open_first = 0;
    calendar->open_end = count;
}

uint32_t tsn_calendar_take_slow(struct tsn_calendar *calendar, int64_t time_ns) {
    for (;;) {
        if (calendar->open_first < calendar->open_end) {
            uint32_t entry = calendar->open[calendar->open_first];
            calendar->due_ns = calendar->open_base_ns + offset_of(entry);
            if (calendar->due_ns > time_ns) return TSN_NIL;
            calendar->open_first++;
            return index_of(entry); /* due_ns stays too early until the next call */
        }
        int64_t near = first_near_bucket(calendar), far = first_far_block(calendar);
        int64_t first = near < far ? near : far, present = time_ns >> TSN_NEAR_SHIFT;
        if (first > present) {
            if (present > calendar->next_bucket) calendar->next_bucket = present;
            calendar->due_ns = first == TSN_NEVER ? TSN_NEVER : first << TSN_NEAR_SHIFT;
            return TSN_NIL;
        }
        if (far <= near)
            deal_out(calendar, far);
        else
            open_bucket(calendar, near);
    }
}

static int64_t first_in_bucket(const struct tsn_calendar *calendar, int64_t bucket) {
    uint32_t least = OFFSETS;
    for (uint32_t at = calendar->near[bucket & NEAR_MASK]; at; at = calendar->chunks[at >> 4].next)
        for (uint32_t i = 0; i < (at & 15); i++) {
            uint32_t offset = offset_of(calendar->chunks[at >> 4].entries[i]);
            if (offset < least) least = offset;
        }
    return (bucket << TSN_NEAR_SHIFT) + least;
}

int64_t tsn_calendar_first_ns(const struct tsn_calendar *calendar) {
    if (calendar->open_first < calendar->open_end)
        return calendar->open_base_ns + offset_of(calendar->open[calendar->open_first]);
    int64_t near = first_near_bucket(calendar), far = first_far_block(calendar);
    if (far <= near) return far == TSN_NEVER ? TSN_NEVER : far << TSN_NEAR_SHIFT;
    return first_in_bucket(calendar, near);
}

uint32_t tsn_calendar_drain(struct tsn_calendar *calendar) {
    if (calendar->open_first == calendar->open_end && calendar->near_count == 0 && calendar->far_count == 0) return TSN_NIL;
    return tsn_calendar_take_slow(calendar, TSN_NEVER);
}
