/*
 * What a CNI error carries: a code of the specification (or one of ours, from 100), a short message, and details that
 * say what to do next.
 */
#ifndef TSN_CNI_FAULT_H
#define TSN_CNI_FAULT_H

#include <jansson.h>

enum cni_code {
    CNI_OK = 0,
    CNI_INCOMPATIBLE_VERSION = 1,
    CNI_UNSUPPORTED_FIELD = 2,
    CNI_CONTAINER_UNKNOWN = 3, /* nothing was done, no DEL is needed */
    CNI_INVALID_ENVIRONMENT = 4,
    CNI_IO_FAILURE = 5,
    CNI_DECODING_FAILURE = 6,
    CNI_INVALID_CONFIG = 7,
    CNI_TRY_AGAIN_LATER = 11,
    CNI_NOT_AVAILABLE = 50,
};

struct cni_fault {
    int code; /* CNI_OK: no fault; also codes that another plugin or the agent gave */
    char message[256];
    char details[1024];
};

/* Sets the fault and returns its code. The format is that of the details. */
__attribute__((format(printf, 4, 5))) int cni_fail(struct cni_fault *fault, int code, const char *message,
                                                   const char *details, ...);

/* Takes the fault out of an error object {"code":…,"msg":…,"details":…}; what is missing gets a meaning. */
int cni_fail_as(struct cni_fault *fault, const json_t *error, const char *who);

/* The specification's error object; the caller owns it. */
json_t *cni_fault_json(const struct cni_fault *fault, const char *cni_version);

#endif
