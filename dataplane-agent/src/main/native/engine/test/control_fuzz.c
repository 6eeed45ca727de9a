/* Fuzzes the checks of control messages, and the table of addresses with what passes them. */
#include "engine/bindings.h"
#include "protocol/control.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    /* Exactly as long as the message, so that a read beyond it is seen. */
    uint8_t *message = malloc(bytes > 0 ? bytes : 1);
    struct tsn_bindings *bindings = malloc(sizeof(*bindings));
    if (!message || !bindings) abort();
    if (bytes > 0) memcpy(message, data, bytes);
    tsn_control_check_request(message, bytes);
    tsn_control_check_reply(message, bytes);

    /* The rest: addresses that processes bind and release. */
    tsn_bindings_init(bindings);
    for (size_t at = 0; at + 32 <= bytes; at += 32) {
        struct tsn_control_bind bind = {.header = tsn_control_header_of(TSN_CONTROL_BIND)};
        memcpy((uint8_t *)&bind + sizeof(bind.header), data + at, sizeof(bind) - sizeof(bind.header));
        if (tsn_control_check_request(&bind, sizeof(bind)) < 0) continue;
        struct tsn_binding_owner owner = {.pod = data[at + 28] % 3u, .process = data[at + 29] % 8u};
        owner.mac_count = data[at + 30] % 2u;
        memcpy(owner.macs[0], bind.mac, sizeof(owner.macs[0]));
        switch (data[at + 31] % 4) {
            case 0: tsn_bindings_remove(bindings, owner.process, &bind); break;
            case 1: tsn_bindings_remove_process(bindings, owner.process); break;
            default: tsn_bindings_add(bindings, &owner, &bind);
        }
        struct tsn_destination destination = {.kind = bind.kind, .port = bind.port, .ethertype = bind.ethertype};
        memcpy(destination.ip, bind.ip, sizeof(destination.ip));
        memcpy(destination.mac, bind.mac, sizeof(destination.mac));
        uint32_t processes[4];
        if (tsn_bindings_match(bindings, &destination, processes, 4) > 1) abort(); /* unicast goes to one */
    }
    uint32_t used = 0;
    for (size_t i = 0; i < TSN_BINDINGS_MAX; i++) used += bindings->entry[i].used;
    if (used != bindings->count) abort();
    free(bindings);
    free(message);
    return 0;
}
