#include "core/calendar.h"

#include "core/gates.h"

#include <string.h>

enum { NEAR_MASK = TSN_NEAR_BUCKETS - 1, FAR_MASK = TSN_FAR_BUCKETS - 1, PREFETCH_BUCKETS = 6 };

void tsn_calendar_init(struct tsn_calendar *calendar, struct tsn_node *nodes, int64_t now_ns) {
    memset(calendar, 0, sizeof *calendar);
    memset(calendar->near, 0xff, sizeof calendar->near);
    memset(calendar->far, 0xff, sizeof calendar->far);
    calendar->nodes = nodes;
    calendar->open.head = TSN_NIL;
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

void tsn_calendar_insert_slow(struct tsn_calendar *calendar, uint32_t index) {
    struct tsn_node *node = &calendar->nodes[index];
    int64_t bucket = node->key_ns >> TSN_NEAR_SHIFT;
    if (node->key_ns < calendar->due_ns) calendar->due_ns = node->key_ns;
    if (bucket < calendar->next_bucket) {
        tsn_list_insert_ordered(&calendar->open, calendar->nodes, index);
        return;
    }
    /* A frame beyond the ring waits in its last bucket and is put in again when that is dealt out. */
    int64_t block = bucket >> TSN_NEAR_BITS, last = (calendar->next_bucket >> TSN_NEAR_BITS) + FAR_MASK;
    uint32_t slot = (uint32_t)(block < last ? block : last) & FAR_MASK;
    node->next = calendar->far[slot];
    calendar->far[slot] = index;
    calendar->far_low[slot >> 6] |= 1ull << (slot & 63);
    calendar->far_count++;
}

static void deal_out(struct tsn_calendar *calendar, int64_t first_bucket) {
    uint32_t slot = (uint32_t)(first_bucket >> TSN_NEAR_BITS) & FAR_MASK;
    uint32_t index = calendar->far[slot];
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

static uint32_t merge(struct tsn_node *nodes, uint32_t a, uint32_t b) {
    uint32_t head = TSN_NIL, *link = &head;
    while (a != TSN_NIL && b != TSN_NIL) {
        uint32_t *smaller = tsn_node_before(&nodes[a], &nodes[b]) ? &a : &b;
        *link = *smaller;
        link = &nodes[*smaller].next;
        *smaller = *link;
    }
    *link = a != TSN_NIL ? a : b;
    return head;
}

/* Merge sort by tsn_node_before, bottom up: run[i] is an ordered list of 2^i frames. */
static uint32_t sorted(struct tsn_node *nodes, uint32_t index) {
    uint32_t run[32], runs = 0;
    while (index != TSN_NIL) {
        uint32_t next = nodes[index].next, i = 0;
        nodes[index].next = TSN_NIL;
        for (; i < runs && run[i] != TSN_NIL; i++) {
            index = merge(nodes, run[i], index);
            run[i] = TSN_NIL;
        }
        if (i == runs) runs++;
        run[i] = index;
        index = next;
    }
    for (uint32_t i = 0; i < runs; i++)
        if (run[i] != TSN_NIL) index = index == TSN_NIL ? run[i] : merge(nodes, run[i], index);
    return index;
}

static void open_bucket(struct tsn_calendar *calendar, int64_t bucket) {
    struct tsn_node *nodes = calendar->nodes;
    uint32_t slot = (uint32_t)bucket & NEAR_MASK;
    uint32_t index = calendar->near[slot];
    /* With many frames queued, those of the buckets to come are not in the cache: fetched while this one is dealt with. */
    uint32_t ahead = calendar->near[(slot + PREFETCH_BUCKETS) & NEAR_MASK];
    if (ahead != TSN_NIL) __builtin_prefetch(&nodes[ahead], 1);
    calendar->near[slot] = TSN_NIL;
    if (!(calendar->near_low[slot >> 6] &= ~(1ull << (slot & 63))) &&
        !(calendar->near_middle[slot >> 12] &= ~(1ull << (slot >> 6 & 63))))
        calendar->near_top &= ~(1ull << (slot >> 12));
    calendar->next_bucket = bucket + 1;
    if (nodes[index].next != TSN_NIL) index = sorted(nodes, index);
    calendar->open.head = index;
    for (;; index = nodes[index].next) {
        calendar->near_count--;
        if (nodes[index].next == TSN_NIL) break;
    }
    calendar->open.tail = index;
}

uint32_t tsn_calendar_take_slow(struct tsn_calendar *calendar, int64_t time_ns) {
    for (;;) {
        if (calendar->open.head != TSN_NIL) {
            uint32_t index = calendar->open.head;
            calendar->due_ns = calendar->nodes[index].key_ns;
            if (calendar->due_ns > time_ns) return TSN_NIL;
            return tsn_list_pop(&calendar->open, calendar->nodes); /* due_ns stays too early until the next call */
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
    int64_t first_ns = TSN_NEVER;
    for (uint32_t i = calendar->near[bucket & NEAR_MASK]; i != TSN_NIL; i = calendar->nodes[i].next)
        if (calendar->nodes[i].key_ns < first_ns) first_ns = calendar->nodes[i].key_ns;
    return first_ns;
}

int64_t tsn_calendar_first_ns(const struct tsn_calendar *calendar) {
    if (calendar->open.head != TSN_NIL) return calendar->nodes[calendar->open.head].key_ns;
    int64_t near = first_near_bucket(calendar), far = first_far_block(calendar);
    if (far <= near) return far == TSN_NEVER ? TSN_NEVER : far << TSN_NEAR_SHIFT;
    return first_in_bucket(calendar, near);
}

uint32_t tsn_calendar_drain(struct tsn_calendar *calendar) {
    if (calendar->open.head == TSN_NIL && calendar->near_count == 0 && calendar->far_count == 0) return TSN_NIL;
    return tsn_calendar_take_slow(calendar, TSN_NEVER);
}
