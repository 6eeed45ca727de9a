/* One CNI request: the environment and the network configuration, checked. CNI specification 1.1.0, section 2. */
#ifndef TSN_CNI_REQUEST_H
#define TSN_CNI_REQUEST_H

#include "fault.h"

#include <stdbool.h>
#include <stdio.h>

#define CNI_NEWEST_VERSION "1.1.0"
#define CNI_DEFAULT_AGENT_SOCKET "/run/latency-scheduler/cni.sock"

enum cni_verb { CNI_ADD, CNI_DEL, CNI_CHECK, CNI_STATUS, CNI_GC, CNI_VERSION };

struct cni_request {
    enum cni_verb verb;
    int version;              /* of the result: 3 for 0.3.x, 4 for 0.4.0, 10 for 1.0.0, 11 for 1.1.0 */
    const char *cni_version;  /* as asked for; CNI_NEWEST_VERSION until it is known */
    const char *container_id; /* "" where the verb has none; the same for those that follow */
    const char *netns;
    const char *interface;
    const char *path;      /* CNI_PATH */
    const char *ipam_type; /* NULL: no addresses */
    const char *agent_socket;
    bool shape_only;        /* an interface of another plugin is timed; none is made */
    const json_t *previous; /* prevResult, NULL without; owned by config */
    json_t *arguments;      /* CNI_ARGS as an object; owned */
    json_t *config;         /* owned */
};

/* The versions in ascending order, ended by NULL. */
extern const char *const cni_supported_versions[];

/* The verb's name as in CNI_COMMAND. */
const char *cni_verb_name(enum cni_verb verb);

/*
 * Reads environment and configuration. All missing and malformed variables are told at once. Whatever comes back, the
 * request is to be released; with a fault it knows the version to answer in.
 */
int cni_request_read(struct cni_request *request, FILE *input, struct cni_fault *fault);

void cni_request_release(struct cni_request *request);

#endif
