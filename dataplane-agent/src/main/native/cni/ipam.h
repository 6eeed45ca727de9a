/* Addresses by the standard IPAM plugins, run by this executable: they are freed also while no agent runs. */
#ifndef TSN_CNI_IPAM_H
#define TSN_CNI_IPAM_H

#include "request.h"

/*
 * Runs the IPAM plugin of the request with the verb given and the request's own environment and configuration.
 *
 * result: of ADD, owned by the caller; may be NULL for other verbs. Waits until the plugin ends.
 */
int cni_ipam_run(const struct cni_request *request, enum cni_verb verb, json_t **result, struct cni_fault *fault);

/* GC for plugins that know it; those that do not are passed over. */
int cni_ipam_collect(const struct cni_request *request, struct cni_fault *fault);

#endif
