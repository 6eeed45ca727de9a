#include "core/gate_program.h"

#include "core/fail.h"

#include <inttypes.h>

size_t tsn_gate_program_size(uint32_t entry_count) {
    return sizeof(struct tsn_gate_program) + (size_t)entry_count * sizeof(struct tsn_gate_step);
}

static int check(const struct tsn_gate_list *list, int64_t *cycle_ns, char *error, size_t size) {
    if (list->entry_count < 1 || list->entry_count > TSN_GATE_ENTRIES_MAX)
        return tsn_fail(error, size, "gate control list: %" PRIu32 " entries; 1 to %d are accepted", list->entry_count,
                        TSN_GATE_ENTRIES_MAX);
    if (list->base_time_ns < 0 || list->base_time_ns > INT64_MAX / 2)
        return tsn_fail(error, size, "base-time: '%" PRId64 "' must be TAI in ns, 0 to %" PRId64, list->base_time_ns,
                        INT64_MAX / 2);
    if (list->cycle_time_ns < 0 || list->cycle_time_ns > TSN_GATE_CYCLE_MAX_NS)
        return tsn_fail(error, size, "cycle-time: '%" PRId64 "' must be 0 (sum of the intervals) to %" PRId64 " ns",
                        list->cycle_time_ns, TSN_GATE_CYCLE_MAX_NS);
    if (list->cycle_time_extension_ns < 0 || list->cycle_time_extension_ns > TSN_GATE_CYCLE_MAX_NS)
        return tsn_fail(error, size, "cycle-time-extension: '%" PRId64 "' must be 0 to %" PRId64 " ns",
                        list->cycle_time_extension_ns, TSN_GATE_CYCLE_MAX_NS);
    *cycle_ns = 0;
    for (uint32_t i = 0; i < list->entry_count; i++) {
        const struct tsn_gate_entry *entry = &list->entries[i];
        if (entry->interval_ns < 1 || entry->interval_ns > TSN_GATE_INTERVAL_MAX)
            return tsn_fail(error, size, "sched-entry %" PRIu32 ": interval '%" PRIu32 "' must be 1 to %d ns", i,
                            entry->interval_ns, TSN_GATE_INTERVAL_MAX);
        *cycle_ns += entry->interval_ns;
    }
    if (list->cycle_time_ns) *cycle_ns = list->cycle_time_ns;
    if (*cycle_ns > TSN_GATE_CYCLE_MAX_NS)
        return tsn_fail(error, size, "cycle-time: the intervals add up to %" PRId64 " ns; at most %" PRId64 " is accepted",
                        *cycle_ns, TSN_GATE_CYCLE_MAX_NS);
    return 0;
}

/* Walking two cycles backwards gives every step its distance to the next change of each gate, across the cycle's end. */
static void tabulate(struct tsn_gate_program *program) {
    uint32_t active = 0;
    while (active < program->step_count && program->steps[active].start_ns < program->cycle_ns) active++;
    for (unsigned c = 0; c < 8; c++) {
        int64_t closes_ns = TSN_NEVER, opens_ns = TSN_NEVER;
        program->longest_open_ns[c] = program->open_per_cycle_ns[c] = 0;
        for (uint32_t n = 2 * active; n-- > 0;) {
            uint32_t i = n % active;
            struct tsn_gate_step *step = &program->steps[i];
            int64_t length_ns = (i + 1 < active ? program->steps[i + 1].start_ns : program->cycle_ns) - step->start_ns;
            bool open = step->states >> c & 1;
            closes_ns = !open ? 0 : closes_ns == TSN_NEVER ? TSN_NEVER : closes_ns + length_ns;
            opens_ns = open ? 0 : opens_ns == TSN_NEVER ? TSN_NEVER : opens_ns + length_ns;
            step->closes_ns[c] = closes_ns;
            step->opens_ns[c] = opens_ns;
            if (n >= active || !open) continue;
            program->open_per_cycle_ns[c] += length_ns;
            if (closes_ns > program->longest_open_ns[c]) program->longest_open_ns[c] = closes_ns;
        }
    }
}

int tsn_gate_program_compile(const struct tsn_gate_list *list, struct tsn_gate_program *program, char *error,
                             size_t error_size) {
    int64_t cycle_ns = 0;
    int rc = check(list, &cycle_ns, error, error_size);
    if (rc) return rc;
    program->base_time_ns = list->base_time_ns;
    program->cycle_ns = cycle_ns;
    program->extension_ns = list->cycle_time_extension_ns;
    program->preemption = false;
    program->step_count = 0;
    int64_t start_ns = 0;
    for (uint32_t i = 0; i < list->entry_count; i++) {
        const struct tsn_gate_entry *entry = &list->entries[i];
        if (entry->operation != TSN_SET_GATE_STATES) program->preemption = true;
        if (program->step_count == 0 || program->steps[program->step_count - 1].states != entry->gate_states) {
            struct tsn_gate_step *step = &program->steps[program->step_count++];
            *step = (struct tsn_gate_step){.start_ns = start_ns, .states = entry->gate_states};
        }
        start_ns += entry->interval_ns;
    }
    tabulate(program);
    return 0;
}

bool tsn_gate_program_uses_preemption(const struct tsn_gate_program *program) { return program->preemption; }

int64_t tsn_gate_program_longest_open_ns(const struct tsn_gate_program *program, unsigned traffic_class) {
    return program->longest_open_ns[traffic_class & 7];
}
