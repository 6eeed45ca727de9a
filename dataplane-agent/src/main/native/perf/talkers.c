#include "talkers.h"

#include <string.h>

struct talker_seen *talkers_find(struct talkers *talkers, const struct sockaddr_storage *source, uint8_t run) {
    for (unsigned i = 0; i < talkers->count; i++) {
        struct talker_seen *talker = &talkers->list[i];
        if (talker->run == run && memcmp(&talker->source, source, sizeof(*source)) == 0)
            return talker;
    }
    if (talkers->count == TALKERS_MAX)
        return NULL;
    struct talker_seen *talker = &talkers->list[talkers->count++];
    talker->source = *source;
    talker->run = run;
    return talker;
}

static uint64_t *word_of(struct talker_seen *talker, uint32_t sequence) {
    return &talker->window[sequence % SEQUENCE_WINDOW / 64];
}

static uint64_t bit_of(uint32_t sequence) {
    return 1ULL << (sequence % 64);
}

/* Moves the window's end beyond `sequence`; what lies between was not seen. */
static void advance(struct talker_seen *talker, uint32_t sequence) {
    if (sequence - talker->next >= SEQUENCE_WINDOW)
        memset(talker->window, 0, sizeof(talker->window));
    else
        for (uint32_t skipped = talker->next; skipped < sequence; skipped++)
            *word_of(talker, skipped) &= ~bit_of(skipped);
    *word_of(talker, sequence) |= bit_of(sequence);
    talker->next = sequence + 1;
}

enum place talker_seen_count(struct talker_seen *talker, uint32_t sequence) {
    if (sequence >= talker->next) {
        advance(talker, sequence);
        talker->received++;
        return PLACE_IN_ORDER;
    }
    if (talker->next - sequence <= SEQUENCE_WINDOW) {
        if (*word_of(talker, sequence) & bit_of(sequence)) {
            talker->duplicates++;
            return PLACE_DUPLICATE;
        }
        *word_of(talker, sequence) |= bit_of(sequence);
    }
    talker->received++;
    talker->reordered++;
    return PLACE_LATE;
}

struct talkers_total talkers_total(const struct talkers *talkers) {
    struct talkers_total total = {0};
    for (unsigned i = 0; i < talkers->count; i++) {
        total.expected += talkers->list[i].next;
        total.reordered += talkers->list[i].reordered;
        total.duplicates += talkers->list[i].duplicates;
    }
    return total;
}
