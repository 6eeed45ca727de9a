/* DPDK's environment abstraction layer: started once in the life of a process. */
#ifndef TSN_PORT_DPDK_EAL_H
#define TSN_PORT_DPDK_EAL_H

#include <signal.h>
#include <stddef.h>

/*
 * Starts it if it is not started; later calls return what the first came to. `arguments` are extra options separated by
 * blanks, or NULL. With 64 MB of free 2 MB hugepages it takes them, else ordinary memory: DPDK cannot be started again
 * after it ran out of hugepages, so they are counted before. The thread that calls keeps its affinity. Nothing here ends
 * the process; no signal handler is left behind. 0, or a negative errno and one sentence.
 */
int tsn_eal_start(const char *arguments, char *error, size_t error_bytes);

/*
 * virtio_user and vhost write to sockets whose peer may be gone: between these two calls SIGPIPE does not reach this
 * thread. The program's own handling of the signal stays as it is.
 */
void tsn_eal_hold_sigpipe(sigset_t *before);
void tsn_eal_release_sigpipe(const sigset_t *before);

#endif
