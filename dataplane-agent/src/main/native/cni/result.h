/* CNI results in the version that was asked for. Each object is owned by the caller; NULL when memory is short. */
#ifndef TSN_CNI_RESULT_H
#define TSN_CNI_RESULT_H

#include "request.h"

/* The agent's interfaces with the IPAM plugin's addresses, routes and DNS (ipam may be NULL). */
json_t *cni_result(const struct cni_request *request, const json_t *made, const json_t *ipam);

/* The result of the plugin before; the interface of the request gains its socket where the version has the field. */
json_t *cni_result_passed_through(const struct cni_request *request, const json_t *made);

/* The answer to VERSION. */
json_t *cni_result_versions(const struct cni_request *request);

#endif
