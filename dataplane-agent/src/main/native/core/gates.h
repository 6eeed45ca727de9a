/*
 * Gates of IEEE 802.1Q clause 8.6.8.4 (formerly 802.1Qbv): a gate control list, compiled once, and the machine that
 * executes it. Pure: no clock is read, all times are TAI in ns and passed in, and nothing is allocated by the machine.
 *
 * Preemption (802.1Qbu) is not supported: set-and-hold-mac and set-and-release-mac are read and act as set-gate-states;
 * tsn_gate_program_uses_preemption() tells, so that a node can say so.
 */
#ifndef TSN_CORE_GATES_H
#define TSN_CORE_GATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TSN_NEVER INT64_MAX

enum {
    TSN_GATE_ENTRIES_MAX = 4096,     /* supported-list-max */
    TSN_GATE_INTERVAL_MAX = 1000000000 /* supported-interval-max, ns */
};
#define TSN_GATE_CYCLE_MAX_NS ((int64_t)1 << 40) /* supported-cycle-max: 18 minutes */

enum tsn_gate_operation { TSN_SET_GATE_STATES, TSN_SET_AND_HOLD_MAC, TSN_SET_AND_RELEASE_MAC };

struct tsn_gate_entry {
    enum tsn_gate_operation operation;
    uint8_t gate_states;   /* bit c: class c open */
    uint32_t interval_ns;  /* 1 … TSN_GATE_INTERVAL_MAX */
};

/* The admin values of one port. */
struct tsn_gate_list {
    int64_t base_time_ns;
    int64_t cycle_time_ns;           /* 0: the sum of the intervals */
    int64_t cycle_time_extension_ns;
    uint32_t entry_count;            /* 1 … TSN_GATE_ENTRIES_MAX */
    struct tsn_gate_entry *entries;
};

/*
 * Reads taprio's notation: any order of `base-time NS`, `cycle-time NS`, `cycle-time-extension NS` and
 * `sched-entry S|H|R HEXMASK NS`, separated by blanks or newlines; also the whole tc line (`qdisc replace dev … taprio
 * num_tc … map … queues … flags … clockid CLOCK_TAI`), of which the rest is skipped. `#` begins a comment.
 * Fills list->entries (room for `room` of them). Returns 0, or -EINVAL with one sentence in error (never truncated
 * without its final NUL).
 */
int tsn_gate_list_parse(const char *text, size_t length, struct tsn_gate_list *list, uint32_t room, char *error,
                        size_t error_size);

/* A list that was checked and for which every later question has its answer in a table. Immutable once made. */
struct tsn_gate_program;

/* Bytes that a program of so many entries takes. */
size_t tsn_gate_program_size(uint32_t entry_count);

/*
 * Checks the list and compiles it into memory of tsn_gate_program_size(entry_count) bytes, aligned to 8. Takes
 * O(entries); meant for a control thread. Returns 0, or -EINVAL with one sentence that names the value and the form.
 */
int tsn_gate_program_compile(const struct tsn_gate_list *list, struct tsn_gate_program *program, char *error,
                             size_t error_size);

bool tsn_gate_program_uses_preemption(const struct tsn_gate_program *program);

/* Longest time that the gate of a class stays open at a stretch; 0 never, TSN_NEVER for ever. */
int64_t tsn_gate_program_longest_open_ns(const struct tsn_gate_program *program, unsigned traffic_class);

/*
 * The machine: Cycle Timer, List Execute and List Config in one. Zero it, then tsn_gates_init.
 *
 * Rules (8.6.9):
 *   config-change-time   base time if it is not before now; else base + N * admin cycle, smallest N that is not before
 *                        now; then config-change-error counts if an old list was running.
 *   next cycle           of a cycle that began at S: with a change pending at T, T itself if T <= S + oper cycle + oper
 *                        extension, else S + oper cycle. So the last old cycle is stretched by at most the extension, or
 *                        cut. The rule looks at the running cycle too, also when the change is installed in its midst.
 *   stretched cycle      the list goes on; past its end the last entry holds.
 *   cycle < sum          the list is cut; cycle > sum: the last entry holds until the next cycle.
 *   replaced change      a cycle that was stretched for it goes on in its old phase.
 *   no list yet          admin gate states.
 */
struct tsn_gates {
    const struct tsn_gate_program *oper;  /* NULL: admin gate states hold */
    const struct tsn_gate_program *admin; /* pending, or NULL */
    const struct tsn_gate_program *retired[2];
    int64_t config_change_time_ns;        /* valid while admin is set */
    uint64_t config_change_errors;
    uint64_t config_changes;
    uint64_t cycles;
    int64_t longest_open_ns[8];           /* of the oper and the pending list: what takes longer can never leave */
    uint8_t admin_gate_states;

    /* The present segment: nothing changes before segment_end_ns. */
    uint8_t open;                         /* bit c: class c open */
    uint32_t entry;
    int64_t cycle_start_ns;
    int64_t segment_start_ns;
    int64_t segment_end_ns;
    int64_t close_ns[8];                  /* of open classes: when the gate closes next; TSN_NEVER: not in sight */
    int64_t open_ns[8];                   /* of closed classes: when the gate may open next, or earlier */
};

void tsn_gates_init(struct tsn_gates *gates, uint8_t admin_gate_states, int64_t now_ns);

/*
 * Installs a compiled list; it becomes oper at config_change_time_ns. A list that was still pending is replaced.
 * The program must live until tsn_gates_take_retired() returned it or the machine is gone.
 * Returns 0, or -EBUSY while a retired program has not been taken (tsn_gates_disable likewise).
 */
int tsn_gates_install(struct tsn_gates *gates, const struct tsn_gate_program *program, int64_t now_ns);

/* gate-enabled = FALSE: back to the admin gate states at once; the lists are retired. */
int tsn_gates_disable(struct tsn_gates *gates, int64_t now_ns);

/* A program that is no longer used, to be freed by its owner; NULL if there is none. Call until NULL. */
const struct tsn_gate_program *tsn_gates_take_retired(struct tsn_gates *gates);

/* Brings the machine to now; cheap while now stays below segment_end_ns. now must not be before the last call's. */
void tsn_gates_advance_slow(struct tsn_gates *gates, int64_t now_ns);
static inline void tsn_gates_advance(struct tsn_gates *gates, int64_t now_ns) {
    if (now_ns >= gates->segment_end_ns) tsn_gates_advance_slow(gates, now_ns);
}

/*
 * From the start of a segment, lets whole cycles pass in which nobody looked, towards to_ns. Returns their length, 0 if
 * there is none, and for how much of it each class was open.
 */
int64_t tsn_gates_skip_cycles(struct tsn_gates *gates, int64_t to_ns, int64_t open_ns[8]);

/* Re-anchors after a step of the clock (either way): the running list continues in the new time. */
void tsn_gates_step(struct tsn_gates *gates, int64_t now_ns);

#endif
