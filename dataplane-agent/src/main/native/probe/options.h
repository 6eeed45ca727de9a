#ifndef PATH_PROBE_OPTIONS_H
#define PATH_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

enum probe_command { COMMAND_KERNEL, COMMAND_UDP, COMMAND_DPDK, COMMAND_REFLECT, COMMAND_FORWARD };

enum kernel_topology { TOPOLOGY_BRIDGE, TOPOLOGY_VXLAN };

/* What the command line says; times in nanoseconds, sizes in bytes. */
struct options {
    enum probe_command command;
    enum kernel_topology topology;
    const char *from; /* DPDK device arguments */
    const char *to;
    struct sockaddr_storage address;
    socklen_t address_length;
    uint16_t port;
    int64_t interval_ns;
    int64_t timeout_ns;
    int64_t report_ns;
    uint64_t count;       /* probes; 0: for ever */
    uint32_t frame_bytes; /* with FCS */
    int cpu;              /* -1: any */
    bool hugepages;
    bool attended; /* ends when standard input does */
};

/* Returns 0 to go on; else prints what is wrong (every fault) or the help, and returns 1 + the exit code. */
int options_read(int count, char **arguments, struct options *options);

#endif
