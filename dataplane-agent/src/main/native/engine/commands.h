/*
 * What control threads ask of a poll thread: arguments of tsn_poller_call. Memory is prepared and freed by the caller.
 */
#ifndef TSN_ENGINE_COMMANDS_H
#define TSN_ENGINE_COMMANDS_H

#include "engine/poller.h"

struct tsn_add_process {
    struct tsn_shm_channel *shared;
    uint32_t pod;
    int doorbell;
    int result; /* its place in the table, or -ENOSPC */
};
void tsn_command_add_process(struct tsn_poller *poller, void *add_process);

/* Takes what is on its ring first; what finds no buffer is counted. Argument: uint32_t *, its place. */
void tsn_command_remove_process(struct tsn_poller *poller, void *process);

struct tsn_cut_off {
    uint32_t process[64];
    uint32_t count;
};
/* Processes to be detached because they wrote an impossible ring position. */
void tsn_command_list_cut_off(struct tsn_poller *poller, void *cut_off);

struct tsn_set_pod {
    uint32_t pod;
    struct tsn_pod_view view;
};
void tsn_command_set_pod(struct tsn_poller *poller, void *set_pod);

/* Argument: uint32_t *, the pod. */
void tsn_command_remove_pod(struct tsn_poller *poller, void *pod);

/* Argument: uint32_t *, frames that one pod may hold. */
void tsn_command_set_quota(struct tsn_poller *poller, void *quota);

struct tsn_set_stream {
    uint32_t index;
    struct tsn_stream_config config;
    int result;
    char text[200];
};
/* Counters of the stream start from 0. */
void tsn_command_set_stream(struct tsn_poller *poller, void *set_stream);

/* Argument: uint32_t *, the stream. */
void tsn_command_remove_stream(struct tsn_poller *poller, void *stream);

struct tsn_install_gates {
    struct tsn_gate_program *program;
    const struct tsn_gate_program *retired[4]; /* to be freed */
    uint32_t retired_count;
    int result;
};
void tsn_command_install_gates(struct tsn_poller *poller, void *install_gates);

struct tsn_bind {
    uint32_t process;
    const struct tsn_control_bind *address;
    int result;
};
void tsn_command_bind(struct tsn_poller *poller, void *bind);
void tsn_command_unbind(struct tsn_poller *poller, void *bind);

#endif
