#ifndef TSN_PERF_TALKERS_H
#define TSN_PERF_TALKERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define TALKERS_MAX 256
#define SEQUENCE_WINDOW 4096 /* how far back a frame can be late and still be told from a duplicate */

/* What a listener knows of one run of one talker. */
struct talker_seen {
    struct sockaddr_storage source;
    uint8_t run;
    uint32_t next; /* highest sequence seen + 1 */
    uint64_t received; /* without duplicates */
    uint64_t reordered;
    uint64_t duplicates;
    int64_t arrival_ns; /* of the last frame that came in order */
    int64_t launch_ns;
    uint64_t window[SEQUENCE_WINDOW / 64]; /* sequences seen, modulo the window */
};

struct talkers {
    unsigned count;
    struct talker_seen list[TALKERS_MAX];
};

struct talkers_total {
    uint64_t expected; /* sum of highest sequence + 1 */
    uint64_t reordered;
    uint64_t duplicates;
};

/* Finds or adds the run of that source. NULL when TALKERS_MAX runs were already seen. */
struct talker_seen *talkers_find(struct talkers *talkers, const struct sockaddr_storage *source, uint8_t run);

enum place {
    PLACE_IN_ORDER,
    PLACE_LATE, /* a later one came before it */
    PLACE_DUPLICATE,
};

/* Counts a frame. One too old for the window counts as late, since it cannot be told from a duplicate. */
enum place talker_seen_count(struct talker_seen *talker, uint32_t sequence);

struct talkers_total talkers_total(const struct talkers *talkers);

#endif
