#include "engine/commands.h"

#include <errno.h>
#include <string.h>

static void set_gauge(uint64_t *gauge, uint64_t value) { __atomic_store_n(gauge, value, __ATOMIC_RELAXED); }

void tsn_command_add_process(struct tsn_poller *poller, void *argument) {
    struct tsn_add_process *add = argument;
    uint32_t place = 0;
    while (place < TSN_PROCESSES_MAX && poller->process[place].used) place++;
    if (place == TSN_PROCESSES_MAX) {
        add->result = -ENOSPC;
        return;
    }
    struct tsn_process_view *process = &poller->process[place];
    *process = (struct tsn_process_view){
        .used = true, .generation = process->generation + 1, .pod = add->pod, .doorbell = add->doorbell};
    tsn_channel_init(&process->channel, add->shared);
    if (place >= poller->processes) poller->processes = place + 1;
    set_gauge(&poller->stats->processes, poller->stats->processes + 1);
    add->result = (int)place;
}

/* Frames that the process published before it went, and that no buffer can take. */
static void refuse_rest(struct tsn_poller *poller, struct tsn_process_view *process) {
    struct tsn_transmit_descriptor descriptor;
    while (tsn_channel_peek(&process->channel, &descriptor)) {
        tsn_egress_refuse(poller->egress, TSN_STREAM_NONE, descriptor.traffic_class & 7u, TSN_NO_BUFFER);
        tsn_channel_consume(&process->channel);
    }
}

void tsn_command_remove_process(struct tsn_poller *poller, void *argument) {
    uint32_t place = *(const uint32_t *)argument;
    struct tsn_process_view *process = &poller->process[place];
    /* A process may still write: no more than one ring full counts as sent before it went. */
    for (uint32_t taken = 0, now; taken < TSN_SHM_RING_ENTRIES; taken += now) {
        now = tsn_poller_take(poller, place);
        if (now == 0) break;
        poller->next_event_ns = INT64_MIN;
        tsn_poller_emit(poller, TSN_PREPARE_NS);
    }
    refuse_rest(poller, process);
    tsn_bindings_remove_process(&poller->bindings, place);
    process->used = false;
    process->generation++;
    while (poller->processes > 0 && !poller->process[poller->processes - 1].used) poller->processes--;
    set_gauge(&poller->stats->processes, poller->stats->processes - 1);
}

void tsn_command_list_cut_off(struct tsn_poller *poller, void *argument) {
    struct tsn_cut_off *list = argument;
    const uint32_t room = sizeof(list->process) / sizeof(list->process[0]);
    for (uint32_t i = 0; i < poller->processes && list->count < room; i++)
        if (poller->process[i].used && poller->process[i].cut_off) list->process[list->count++] = i;
}

void tsn_command_set_pod(struct tsn_poller *poller, void *argument) {
    const struct tsn_set_pod *set = argument;
    struct tsn_pod_view *pod = &poller->pod[set->pod];
    uint32_t generation = pod->generation;
    uint32_t queued = pod->queued;
    bool known = pod->used;
    *pod = set->view;
    pod->used = true;
    pod->generation = known ? generation : generation + 1;
    pod->queued = known ? queued : 0;
}

void tsn_command_remove_pod(struct tsn_poller *poller, void *argument) {
    struct tsn_pod_view *pod = &poller->pod[*(const uint32_t *)argument];
    if (!pod->used) return;
    *pod = (struct tsn_pod_view){.generation = pod->generation + 1};
}

void tsn_command_set_quota(struct tsn_poller *poller, void *argument) {
    poller->pod_quota = *(const uint32_t *)argument;
}

void tsn_command_set_stream(struct tsn_poller *poller, void *argument) {
    struct tsn_set_stream *set = argument;
    set->result = tsn_egress_set_stream(poller->egress, set->index, &set->config, set->text, sizeof(set->text));
    if (set->result == 0) poller->stream_class[set->index] = set->config.traffic_class;
}

void tsn_command_remove_stream(struct tsn_poller *poller, void *argument) {
    tsn_egress_remove_stream(poller->egress, *(const uint32_t *)argument);
    poller->next_event_ns = INT64_MIN;
    tsn_poller_emit(poller, TSN_PREPARE_NS); /* its queued frames come back before its place is given away */
}

static void take_retired(struct tsn_poller *poller, struct tsn_install_gates *install) {
    const uint32_t room = sizeof(install->retired) / sizeof(install->retired[0]);
    const struct tsn_gate_program *retired;
    while (install->retired_count < room && (retired = tsn_egress_take_retired_gates(poller->egress)) != NULL)
        install->retired[install->retired_count++] = retired;
}

void tsn_command_install_gates(struct tsn_poller *poller, void *argument) {
    struct tsn_install_gates *install = argument;
    take_retired(poller, install);
    install->result = tsn_egress_install_gates(poller->egress, tsn_poller_wire_ns(poller), install->program);
    take_retired(poller, install);
}

void tsn_command_bind(struct tsn_poller *poller, void *argument) {
    struct tsn_bind *bind = argument;
    const struct tsn_process_view *process = &poller->process[bind->process];
    const struct tsn_pod_view *pod = &poller->pod[process->pod];
    struct tsn_binding_owner owner = {.pod = process->pod, .process = bind->process, .mac_count = pod->mac_count};
    memcpy(owner.macs, pod->macs, sizeof(owner.macs));
    bind->result = tsn_bindings_add(&poller->bindings, &owner, bind->address);
}

void tsn_command_unbind(struct tsn_poller *poller, void *argument) {
    struct tsn_bind *bind = argument;
    bind->result = tsn_bindings_remove(&poller->bindings, bind->process, bind->address);
}
