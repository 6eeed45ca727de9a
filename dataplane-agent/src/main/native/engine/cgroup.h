/* Which pod a process belongs to, by its control group. */
#ifndef TSN_ENGINE_CGROUP_H
#define TSN_ENGINE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Whether a line of /proc/PID/cgroup names the pod: a path component that is "pod" and the UID, as the kubelet's cgroupfs
 * driver writes it, or ends with it before ".slice", dashes written as underscores, as its systemd driver does. Pure.
 */
bool tsn_cgroup_names_pod(const char *text, const char *uid);

/* The same for a process. False when it cannot be read: it ended, or it is of a PID namespace that is not seen (PID 0). */
bool tsn_process_is_of_pod(pid_t pid, const char *uid);

#endif
