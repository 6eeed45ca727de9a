#include "core/fail.h"
#include "core/gates.h"

#include <errno.h>
#include <string.h>

struct reader {
    const char *next, *end;
    char *error;
    size_t error_size;
};

struct token {
    const char *start;
    size_t length;
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\\'; }

/* Next word; false at the end. Comments run from # to the end of the line. */
static bool next_token(struct reader *reader, struct token *token) {
    while (reader->next < reader->end && (is_blank(*reader->next) || *reader->next == '#')) {
        if (*reader->next == '#')
            while (reader->next < reader->end && *reader->next != '\n') reader->next++;
        else
            reader->next++;
    }
    token->start = reader->next;
    while (reader->next < reader->end && !is_blank(*reader->next) && *reader->next != '#') reader->next++;
    token->length = (size_t)(reader->next - token->start);
    return token->length > 0;
}

static bool is(const struct token *token, const char *word) {
    return token->length == strlen(word) && memcmp(token->start, word, token->length) == 0;
}

/* For a sentence: at most 40 characters of what was written, printable ones alone. */
static const char *shown(const struct token *token, char out[41]) {
    size_t length = token->length < 40 ? token->length : 40;
    for (size_t i = 0; i < length; i++) out[i] = token->start[i] > ' ' && token->start[i] < 127 ? token->start[i] : '?';
    out[length] = 0;
    return out;
}

/* A number of the base, at most max, as the argument of a word. */
static int read_number(struct reader *reader, const char *word, unsigned base, uint64_t max, uint64_t *value) {
    struct token token;
    char text[41];
    if (!next_token(reader, &token))
        return tsn_fail(reader->error, reader->error_size, "%s: a number is missing after it", word);
    size_t i = base == 16 && token.length > 2 && token.start[0] == '0' && (token.start[1] | 32) == 'x' ? 2 : 0;
    *value = 0;
    for (; i < token.length; i++) {
        char c = token.start[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a') + 10 : 99;
        if (digit >= base || *value > (max - digit) / base)
            return tsn_fail(reader->error, reader->error_size, "%s: '%s' must be a %s number of at most %llu", word,
                            shown(&token, text), base == 16 ? "hexadecimal" : "decimal", (unsigned long long)max);
        *value = *value * base + digit;
    }
    return 0;
}

static int read_entry(struct reader *reader, struct tsn_gate_list *list, uint32_t room) {
    struct token token;
    char text[41];
    uint64_t states = 0, interval_ns = 0;
    struct tsn_gate_entry entry;
    if (!next_token(reader, &token))
        return tsn_fail(reader->error, reader->error_size, "sched-entry: 'S|H|R MASK NS' is missing after it");
    if (is(&token, "S"))
        entry.operation = TSN_SET_GATE_STATES;
    else if (is(&token, "H"))
        entry.operation = TSN_SET_AND_HOLD_MAC;
    else if (is(&token, "R"))
        entry.operation = TSN_SET_AND_RELEASE_MAC;
    else
        return tsn_fail(reader->error, reader->error_size, "sched-entry: '%s' must be S, H or R", shown(&token, text));
    int rc = read_number(reader, "sched-entry's gate mask", 16, 255, &states);
    if (rc == 0) rc = read_number(reader, "sched-entry's interval", 10, TSN_GATE_INTERVAL_MAX, &interval_ns);
    if (rc) return rc;
    if (interval_ns == 0)
        return tsn_fail(reader->error, reader->error_size, "sched-entry's interval: '0' must be 1 ns or more");
    if (list->entry_count >= room)
        return tsn_fail(reader->error, reader->error_size, "gate control list: more than %u entries", room);
    entry.gate_states = (uint8_t)states;
    entry.interval_ns = (uint32_t)interval_ns;
    list->entries[list->entry_count++] = entry;
    return 0;
}

/* Words of a tc line that a gate list does not need, and how many arguments each has; -1: up to the next word. */
static const struct {
    const char *word;
    int arguments;
} others[] = {{"tc", 0},      {"qdisc", 0},  {"replace", 0}, {"add", 0},          {"change", 0},  {"dev", 1},
              {"parent", 1},  {"root", 0},   {"handle", 1},  {"stab", 0},         {"overhead", 1}, {"taprio", 0},
              {"num_tc", 1},  {"map", -1},   {"queues", -1}, {"txtime-delay", 1}, {"flags", 1},   {"max-sdu", -1},
              {"fp", -1}};

static const char *const ours[] = {"base-time", "cycle-time", "cycle-time-extension", "sched-entry", "clockid"};

static int other_arguments(const struct token *token) {
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (is(token, others[i].word)) return others[i].arguments;
    return -2;
}

static bool is_word(const struct token *token) {
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (is(token, ours[i])) return true;
    return other_arguments(token) != -2;
}

static int skip_other(struct reader *reader, const struct token *token) {
    char text[41];
    struct token argument;
    int arguments = other_arguments(token);
    if (arguments == -2)
        return tsn_fail(reader->error, reader->error_size,
                        "'%s' is no word of a gate control list: base-time, cycle-time, cycle-time-extension, sched-entry",
                        shown(token, text));
    while (arguments != 0) {
        struct reader before = *reader;
        if (!next_token(reader, &argument)) break;
        if (arguments < 0 && is_word(&argument)) {
            *reader = before;
            break;
        }
        if (arguments > 0) arguments--;
    }
    return 0;
}

int tsn_gate_list_parse(const char *text, size_t length, struct tsn_gate_list *list, uint32_t room, char *error,
                        size_t error_size) {
    struct reader reader = {.next = text, .end = text + length, .error = error, .error_size = error_size};
    struct token token;
    char shown_text[41];
    uint64_t value;
    int rc = 0;
    list->base_time_ns = list->cycle_time_ns = list->cycle_time_extension_ns = 0;
    list->entry_count = 0;
    while (rc == 0 && next_token(&reader, &token)) {
        if (is(&token, "base-time")) {
            rc = read_number(&reader, "base-time", 10, INT64_MAX / 2, &value);
            if (rc == 0) list->base_time_ns = (int64_t)value;
        } else if (is(&token, "cycle-time")) {
            rc = read_number(&reader, "cycle-time", 10, (uint64_t)TSN_GATE_CYCLE_MAX_NS, &value);
            if (rc == 0) list->cycle_time_ns = (int64_t)value;
        } else if (is(&token, "cycle-time-extension")) {
            rc = read_number(&reader, "cycle-time-extension", 10, (uint64_t)TSN_GATE_CYCLE_MAX_NS, &value);
            if (rc == 0) list->cycle_time_extension_ns = (int64_t)value;
        } else if (is(&token, "sched-entry")) {
            rc = read_entry(&reader, list, room);
        } else if (is(&token, "clockid")) {
            if (!next_token(&reader, &token) || !is(&token, "CLOCK_TAI"))
                rc = tsn_fail(error, error_size, "clockid: '%s' must be CLOCK_TAI", shown(&token, shown_text));
        } else {
            rc = skip_other(&reader, &token);
        }
    }
    if (rc == 0 && list->entry_count == 0) rc = tsn_fail(error, error_size, "gate control list: no sched-entry");
    return rc;
}
