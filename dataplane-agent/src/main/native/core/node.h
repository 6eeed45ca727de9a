/* A queued frame: one cache line of the port's pool. Inside the core only. */
#ifndef TSN_CORE_NODE_H
#define TSN_CORE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#define TSN_NIL UINT32_MAX

enum tsn_node_flag {
    TSN_NODE_TIMED = 1,   /* emission error is counted: against key_ns for guests, else against due_ns */
    TSN_NODE_BLOCKED = 2, /* was eligible and found its gate shut */
    TSN_NODE_DEMOTED = 4, /* late: sent under the gates of the late class */
    TSN_NODE_GUEST = 8,   /* waits in a window that the frame due in it may claim */
    TSN_NODE_IN_LINE = 16,/* queues: a guest of its stream may put it off */
    TSN_NODE_LAUNCH = 32, /* the sender gave a launch time */
    TSN_NODE_DEADLINE = 64,/* which is a latest time */
    TSN_NODE_GIVEN = TSN_NODE_LAUNCH | TSN_NODE_DEADLINE,
    TSN_NODE_STRAY = TSN_NODE_DEMOTED | TSN_NODE_GUEST | TSN_NODE_IN_LINE
};

struct tsn_node {
    int64_t key_ns; /* order and earliest start: launch time, or arrival */
    uint64_t sequence; /* arrival order, breaks ties */
    int64_t latest_start_ns;
    int64_t due_ns; /* launch time, or start of the first window it could have had */
    uint64_t cookie;
    uint32_t next;
    uint32_t stream;
    uint32_t wire_ns;
    uint16_t bytes;
    uint16_t generation;
    uint8_t traffic_class; /* whose gates and queue it uses */
    uint8_t priority;      /* traffic class of its stream, for the priority code point */
    uint8_t flags;
    uint8_t outcome;       /* of a frame on the list of those that ended */
} __attribute__((aligned(64)));

static inline bool tsn_node_before(const struct tsn_node *a, const struct tsn_node *b) {
    return a->key_ns < b->key_ns || (a->key_ns == b->key_ns && a->sequence < b->sequence);
}

/* First in, first out over node indexes. */
struct tsn_list {
    uint32_t head, tail;
};

static inline void tsn_list_append(struct tsn_list *list, struct tsn_node *nodes, uint32_t index) {
    nodes[index].next = TSN_NIL;
    if (list->head == TSN_NIL)
        list->head = index;
    else
        nodes[list->tail].next = index;
    list->tail = index;
}

static inline uint32_t tsn_list_pop(struct tsn_list *list, const struct tsn_node *nodes) {
    uint32_t index = list->head;
    list->head = nodes[index].next;
    return index;
}

/* Into a list ordered by tsn_node_before; the end is tried first. */
static inline void tsn_list_insert_ordered(struct tsn_list *list, struct tsn_node *nodes, uint32_t index) {
    if (list->head == TSN_NIL || !tsn_node_before(&nodes[index], &nodes[list->tail])) {
        tsn_list_append(list, nodes, index);
        return;
    }
    uint32_t *link = &list->head;
    while (!tsn_node_before(&nodes[index], &nodes[*link])) link = &nodes[*link].next;
    nodes[index].next = *link;
    *link = index;
}

#endif
