#include "core/gates.h"

#include "core/gate_program.h"

#include <errno.h>
#include <string.h>

static int64_t add_or_never(int64_t time_ns, int64_t distance_ns) {
    return distance_ns == TSN_NEVER ? TSN_NEVER : time_ns + distance_ns;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* End of the oper cycle that began at start_ns: the rule for the next cycle start. */
static int64_t cycle_end(const struct tsn_gates *gates, int64_t start_ns) {
    int64_t end_ns = start_ns + gates->oper->cycle_ns;
    if (gates->admin && gates->config_change_time_ns <= end_ns + gates->oper->extension_ns)
        return gates->config_change_time_ns;
    return end_ns;
}

/* Start of the last oper cycle before the pending change, not before the present cycle. */
static int64_t last_cycle_start(const struct tsn_gates *gates) {
    const struct tsn_gate_program *oper = gates->oper;
    int64_t beyond_ns = gates->config_change_time_ns - oper->extension_ns - oper->cycle_ns - gates->cycle_start_ns;
    if (beyond_ns <= 0) return gates->cycle_start_ns;
    return gates->cycle_start_ns + (beyond_ns + oper->cycle_ns - 1) / oper->cycle_ns * oper->cycle_ns;
}

static uint32_t step_at(const struct tsn_gate_program *program, int64_t offset_ns) {
    uint32_t low = 0, high = program->step_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (program->steps[middle].start_ns <= offset_ns)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* When a class that is open from the pending change on closes; the change itself if it is not open then. */
static int64_t close_after_change(const struct tsn_gates *gates, unsigned c) {
    return add_or_never(gates->config_change_time_ns, gates->admin->steps[0].closes_ns[c]);
}

/* When the gate of class c, open in the present segment, closes; looks across cycles, a stretched one and the change. */
static int64_t close_time(const struct tsn_gates *gates, unsigned c) {
    const struct tsn_gate_program *oper = gates->oper;
    const struct tsn_gate_step *step = &oper->steps[gates->entry];
    bool steady = step->start_ns < oper->cycle_ns;
    int64_t close_ns = add_or_never(gates->cycle_start_ns + step->start_ns, step->closes_ns[c]);
    if (!gates->admin) return close_ns;

    int64_t last_ns = last_cycle_start(gates);
    if (steady && close_ns < smaller(last_ns + oper->cycle_ns, gates->config_change_time_ns)) return close_ns;
    for (uint32_t i = steady ? step_at(oper, oper->cycle_ns - 1) + 1 : gates->entry + 1; i < oper->step_count; i++) {
        int64_t start_ns = last_ns + oper->steps[i].start_ns;
        if (start_ns >= gates->config_change_time_ns) break;
        if (!(oper->steps[i].states >> c & 1)) return start_ns;
    }
    return close_after_change(gates, c);
}

static int64_t open_time(const struct tsn_gates *gates, unsigned c) {
    const struct tsn_gate_program *oper = gates->oper;
    const struct tsn_gate_step *step = &oper->steps[gates->entry];
    if (step->start_ns >= oper->cycle_ns) return gates->segment_end_ns; /* in a stretched cycle */
    int64_t open_ns = add_or_never(gates->cycle_start_ns + step->start_ns, step->opens_ns[c]);
    if (!gates->admin) return open_ns;
    open_ns = smaller(open_ns, smaller(last_cycle_start(gates) + oper->cycle_ns, gates->config_change_time_ns));
    return open_ns > gates->segment_end_ns ? open_ns : gates->segment_end_ns;
}

static void note_longest_open(struct tsn_gates *gates) {
    for (unsigned c = 0; c < 8; c++) {
        int64_t oper_ns = gates->oper                            ? gates->oper->longest_open_ns[c]
                          : gates->admin_gate_states >> c & 1 ? TSN_NEVER
                                                                 : 0;
        int64_t admin_ns = gates->admin ? gates->admin->longest_open_ns[c] : 0;
        gates->longest_open_ns[c] = oper_ns > admin_ns ? oper_ns : admin_ns;
    }
}

/* Sets the segment that holds now_ns; cycle_start_ns is right already. */
static void enter_segment(struct tsn_gates *gates, int64_t now_ns) {
    if (!gates->oper) {
        gates->open = gates->admin_gate_states;
        gates->entry = 0;
        gates->segment_start_ns = now_ns;
        gates->segment_end_ns = gates->admin ? gates->config_change_time_ns : TSN_NEVER;
        for (unsigned c = 0; c < 8; c++) {
            gates->close_ns[c] = gates->admin ? close_after_change(gates, c) : TSN_NEVER;
            gates->open_ns[c] = gates->segment_end_ns;
        }
        return;
    }
    const struct tsn_gate_program *oper = gates->oper;
    int64_t end_ns = cycle_end(gates, gates->cycle_start_ns);
    gates->entry = step_at(oper, now_ns - gates->cycle_start_ns);
    gates->open = oper->steps[gates->entry].states;
    gates->segment_start_ns = gates->cycle_start_ns + oper->steps[gates->entry].start_ns;
    gates->segment_end_ns = end_ns;
    if (gates->entry + 1 < oper->step_count)
        gates->segment_end_ns = smaller(end_ns, gates->cycle_start_ns + oper->steps[gates->entry + 1].start_ns);
    for (unsigned c = 0; c < 8; c++) {
        if (gates->open >> c & 1)
            gates->close_ns[c] = close_time(gates, c);
        else
            gates->open_ns[c] = open_time(gates, c);
    }
}

static void retire(struct tsn_gates *gates, const struct tsn_gate_program *program) {
    if (program) gates->retired[gates->retired[0] ? 1 : 0] = program;
}

/* Lets whole cycles pass, and the change if it is due, so that now_ns lies in the present cycle. */
static void enter_cycle(struct tsn_gates *gates, int64_t now_ns) {
    if (gates->oper && now_ns >= cycle_end(gates, gates->cycle_start_ns)) {
        int64_t cycle_ns = gates->oper->cycle_ns;
        int64_t passed = (now_ns - gates->cycle_start_ns) / cycle_ns;
        if (gates->admin) passed = smaller(passed, (last_cycle_start(gates) - gates->cycle_start_ns) / cycle_ns);
        gates->cycle_start_ns += passed * cycle_ns;
        gates->cycles += (uint64_t)passed;
    }
    if (!gates->admin || now_ns < gates->config_change_time_ns) return;
    retire(gates, gates->oper);
    gates->oper = gates->admin;
    gates->admin = NULL;
    gates->config_changes++;
    int64_t passed = (now_ns - gates->config_change_time_ns) / gates->oper->cycle_ns;
    gates->cycle_start_ns = gates->config_change_time_ns + passed * gates->oper->cycle_ns;
    gates->cycles += 1 + (uint64_t)passed;
    note_longest_open(gates);
}

void tsn_gates_advance_slow(struct tsn_gates *gates, int64_t now_ns) {
    enter_cycle(gates, now_ns);
    enter_segment(gates, now_ns);
}

void tsn_gates_init(struct tsn_gates *gates, uint8_t admin_gate_states, int64_t now_ns) {
    memset(gates, 0, sizeof *gates);
    gates->admin_gate_states = admin_gate_states;
    note_longest_open(gates);
    enter_segment(gates, now_ns);
}

static int64_t config_change_time(const struct tsn_gate_program *program, int64_t now_ns) {
    int64_t behind_ns = now_ns - program->base_time_ns;
    if (behind_ns <= 0) return program->base_time_ns;
    int64_t rest_ns = behind_ns % program->cycle_ns;
    return rest_ns == 0 ? now_ns : now_ns + (program->cycle_ns - rest_ns);
}

int tsn_gates_install(struct tsn_gates *gates, const struct tsn_gate_program *program, int64_t now_ns) {
    if (gates->retired[0]) return -EBUSY; /* asked first: advancing may retire one, and there is room for two */
    tsn_gates_advance(gates, now_ns);
    retire(gates, gates->admin);
    gates->admin = program;
    gates->config_change_time_ns = config_change_time(program, now_ns);
    if (gates->oper && program->base_time_ns < now_ns) gates->config_change_errors++;
    note_longest_open(gates);
    tsn_gates_advance_slow(gates, now_ns);
    return 0;
}

int tsn_gates_disable(struct tsn_gates *gates, int64_t now_ns) {
    if (gates->retired[0]) return -EBUSY; /* asked first: advancing may retire one, and there is room for two */
    tsn_gates_advance(gates, now_ns);
    retire(gates, gates->oper);
    retire(gates, gates->admin);
    gates->oper = gates->admin = NULL;
    note_longest_open(gates);
    enter_segment(gates, now_ns);
    return 0;
}

const struct tsn_gate_program *tsn_gates_take_retired(struct tsn_gates *gates) {
    const struct tsn_gate_program *taken = gates->retired[0];
    gates->retired[0] = gates->retired[1];
    gates->retired[1] = NULL;
    return taken;
}

int64_t tsn_gates_skip_cycles(struct tsn_gates *gates, int64_t to_ns, int64_t open_ns[8]) {
    if (!gates->oper) return 0;
    int64_t cycle_ns = gates->oper->cycle_ns;
    int64_t passed = (to_ns - gates->segment_start_ns) / cycle_ns;
    if (gates->admin) passed = smaller(passed, (last_cycle_start(gates) - gates->cycle_start_ns) / cycle_ns);
    if (passed <= 0) return 0;
    for (unsigned c = 0; c < 8; c++) open_ns[c] = passed * gates->oper->open_per_cycle_ns[c];
    gates->cycles += (uint64_t)passed;
    gates->cycle_start_ns += passed * cycle_ns;
    enter_segment(gates, gates->segment_start_ns + passed * cycle_ns);
    return passed * cycle_ns;
}

void tsn_gates_step(struct tsn_gates *gates, int64_t now_ns) {
    if (gates->admin) gates->config_change_time_ns = config_change_time(gates->admin, now_ns);
    if (gates->oper) {
        int64_t cycle_ns = gates->oper->cycle_ns;
        int64_t into_ns = (now_ns - gates->oper->base_time_ns) % cycle_ns;
        gates->cycle_start_ns = now_ns - (into_ns < 0 ? into_ns + cycle_ns : into_ns);
    }
    tsn_gates_advance_slow(gates, now_ns);
}
