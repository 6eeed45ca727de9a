/* Slow and simple gates: what the standard says, one nanosecond after another. Shares no code with the core. */
#ifndef TSN_TEST_GATE_MODEL_H
#define TSN_TEST_GATE_MODEL_H

#include "core/gates.h"

enum { MODEL_ENTRIES = 16 };

struct gate_model_list {
    int64_t base_ns, cycle_ns, extension_ns;
    uint32_t count;
    struct tsn_gate_entry entries[MODEL_ENTRIES];
    int64_t longest_open_ns[8], open_per_cycle_ns[8]; /* set by gate_model_measure */
};

/* States for every ns of [origin, origin + length); what was installed last decides all from its own time on. */
struct gate_model {
    int64_t origin_ns, length_ns;
    uint8_t *states;
    int64_t *cycle_starts; /* per ns, of the running cycle; INT64_MIN before the first list */
    uint8_t admin_states;
    bool running, pending;
    struct gate_model_list oper, admin;
    int64_t cycle_start_ns, change_ns;
    uint64_t change_errors;
};

void gate_model_init(struct gate_model *model, uint8_t admin_states, int64_t origin_ns, int64_t length_ns);
void gate_model_free(struct gate_model *model);

/* Installs at a time and works out all states from there on. */
void gate_model_install(struct gate_model *model, const struct gate_model_list *list, int64_t now_ns);

uint8_t gate_model_states(const struct gate_model *model, int64_t time_ns);

/* First time after time_ns at which the class is open (or closed); the end of the model if there is none. */
int64_t gate_model_next(const struct gate_model *model, unsigned c, bool open, int64_t time_ns);

/* Works out the longest opening of each class, TSN_NEVER for ever, and its open time per cycle. */
void gate_model_measure(struct gate_model_list *list);

/* Longest opening of a class in what runs at a time and in what is pending then. */
int64_t gate_model_longest_open(const struct gate_model *model, unsigned c, int64_t time_ns);

/* The list for the core; memory from malloc. */
struct tsn_gate_program *gate_model_compile(const struct gate_model_list *list);

#endif
