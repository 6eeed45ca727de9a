#include "core/test/gate_model.h"

#include "core/test/check.h"

void gate_model_init(struct gate_model *model, uint8_t admin_states, int64_t origin_ns, int64_t length_ns) {
    *model = (struct gate_model){.origin_ns = origin_ns, .length_ns = length_ns, .admin_states = admin_states};
    model->states = malloc((size_t)length_ns);
    model->cycle_starts = malloc((size_t)length_ns * sizeof *model->cycle_starts);
    memset(model->states, admin_states, (size_t)length_ns);
    for (int64_t i = 0; i < length_ns; i++) model->cycle_starts[i] = INT64_MIN;
}

void gate_model_free(struct gate_model *model) {
    free(model->states);
    free(model->cycle_starts);
}

static uint8_t list_states(const struct gate_model_list *list, int64_t offset_ns) {
    for (uint32_t i = 0; i < list->count; i++) {
        if (offset_ns < list->entries[i].interval_ns) return list->entries[i].gate_states;
        offset_ns -= list->entries[i].interval_ns;
    }
    return list->entries[list->count - 1].gate_states;
}

static void walk(struct gate_model *model, int64_t from_ns) {
    bool running = model->running, pending = model->pending;
    struct gate_model_list oper = model->oper;
    int64_t cycle_start_ns = model->cycle_start_ns;
    for (int64_t t = from_ns; t < model->origin_ns + model->length_ns; t++) {
        if (pending && t == model->change_ns) {
            oper = model->admin;
            running = true;
            pending = false;
            cycle_start_ns = t;
        } else if (running) {
            bool last = pending && model->change_ns <= cycle_start_ns + oper.cycle_ns + oper.extension_ns;
            /* More than once when a later change took the place of one that stretched the cycle. */
            while (!last && t >= cycle_start_ns + oper.cycle_ns) {
                cycle_start_ns += oper.cycle_ns;
                last = pending && model->change_ns <= cycle_start_ns + oper.cycle_ns + oper.extension_ns;
            }
        }
        model->states[t - model->origin_ns] = running ? list_states(&oper, t - cycle_start_ns) : model->admin_states;
        model->cycle_starts[t - model->origin_ns] = running ? cycle_start_ns : INT64_MIN;
    }
}

void gate_model_measure(struct gate_model_list *list) {
    for (unsigned c = 0; c < 8; c++) {
        int64_t run_ns = 0, longest_ns = 0, open_ns = 0;
        for (int64_t t = 0; t < 3 * list->cycle_ns; t++) {
            bool open = list_states(list, t % list->cycle_ns) >> c & 1;
            run_ns = open ? run_ns + 1 : 0;
            longest_ns = run_ns > longest_ns ? run_ns : longest_ns;
            open_ns += open && t < list->cycle_ns;
        }
        list->longest_open_ns[c] = open_ns == list->cycle_ns ? TSN_NEVER : longest_ns;
        list->open_per_cycle_ns[c] = open_ns;
    }
}

int64_t gate_model_longest_open(const struct gate_model *model, unsigned c, int64_t time_ns) {
    bool changed = model->pending && model->change_ns <= time_ns;
    int64_t pending_ns = model->pending ? model->admin.longest_open_ns[c] : 0, running_ns = 0;
    if (changed) return pending_ns;
    if (model->running)
        running_ns = model->oper.longest_open_ns[c];
    else if (model->admin_states >> c & 1)
        running_ns = TSN_NEVER;
    return running_ns > pending_ns ? running_ns : pending_ns;
}

void gate_model_install(struct gate_model *model, const struct gate_model_list *list, int64_t now_ns) {
    if (model->pending && model->change_ns <= now_ns) {
        model->oper = model->admin;
        model->running = true;
        model->pending = false;
    }
    if (model->running) model->cycle_start_ns = model->cycle_starts[now_ns - model->origin_ns];
    model->admin = *list;
    gate_model_measure(&model->admin);
    model->pending = true;
    model->change_ns = list->base_ns;
    while (model->change_ns < now_ns) model->change_ns += list->cycle_ns;
    if (model->running && list->base_ns < now_ns) model->change_errors++;
    walk(model, now_ns);
}

uint8_t gate_model_states(const struct gate_model *model, int64_t time_ns) {
    return model->states[time_ns - model->origin_ns];
}

int64_t gate_model_next(const struct gate_model *model, unsigned c, bool open, int64_t time_ns) {
    int64_t end_ns = model->origin_ns + model->length_ns;
    for (int64_t t = time_ns + 1; t < end_ns; t++)
        if ((gate_model_states(model, t) >> c & 1) == open) return t;
    return end_ns;
}

struct tsn_gate_program *gate_model_compile(const struct gate_model_list *list) {
    char error[200];
    struct tsn_gate_list core = {.base_time_ns = list->base_ns,
                                 .cycle_time_ns = list->cycle_ns,
                                 .cycle_time_extension_ns = list->extension_ns,
                                 .entry_count = list->count,
                                 .entries = (struct tsn_gate_entry *)(uintptr_t)list->entries};
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(list->count));
    CHECK(tsn_gate_program_compile(&core, program, error, sizeof error) == 0, "%s", error);
    return program;
}
