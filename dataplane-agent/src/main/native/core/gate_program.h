/* Inside of a compiled gate list; for gates.c and gate_program.c alone. */
#ifndef TSN_CORE_GATE_PROGRAM_H
#define TSN_CORE_GATE_PROGRAM_H

#include "core/gates.h"

struct tsn_gate_step {
    int64_t start_ns;     /* from the start of the cycle */
    uint8_t states;
    /* From start_ns, in an endless repetition of the cycle; TSN_NEVER: not at all. */
    int64_t closes_ns[8]; /* of open classes */
    int64_t opens_ns[8];  /* of closed classes */
};

/* Entries of equal states that follow one another are one step. Steps that start at cycle_ns or later are only reached
 * when a cycle is stretched; their closes_ns and opens_ns are not set. */
struct tsn_gate_program {
    int64_t base_time_ns;
    int64_t cycle_ns;
    int64_t extension_ns;
    int64_t longest_open_ns[8];
    int64_t open_per_cycle_ns[8];
    uint32_t step_count;
    bool preemption;
    struct tsn_gate_step steps[];
};

#endif
