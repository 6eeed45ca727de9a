/* Any text as a gate control list: read, compiled and run, or refused with a sentence. */
#include "core/gates.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tsn_gate_entry entries[ROOM];
    struct tsn_gate_list list = {.entries = entries};
    char error[80] = "";
    if (tsn_gate_list_parse((const char *)data, size, &list, ROOM, error, sizeof error)) {
        if (strlen(error) == 0) abort();
        return 0;
    }
    struct tsn_gate_program *program = malloc(tsn_gate_program_size(list.entry_count));
    if (tsn_gate_program_compile(&list, program, error, sizeof error) == 0) {
        struct tsn_gates gates;
        tsn_gates_init(&gates, 0xff, list.base_time_ns);
        tsn_gates_install(&gates, program, list.base_time_ns);
        for (int64_t now_ns = list.base_time_ns, i = 0; i < 200; i++) {
            tsn_gates_advance(&gates, now_ns);
            if (gates.segment_end_ns <= now_ns) abort();
            for (unsigned c = 0; c < 8; c++)
                if (gates.open >> c & 1 ? gates.close_ns[c] <= now_ns : gates.open_ns[c] <= now_ns) abort();
            now_ns = gates.segment_end_ns;
        }
    }
    free(program);
    return 0;
}
