#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

int cni_fail(struct cni_fault *fault, int code, const char *message, const char *details, ...)
{
    fault->code = code;
    snprintf(fault->message, sizeof(fault->message), "%s", message);
    va_list arguments;
    va_start(arguments, details);
    vsnprintf(fault->details, sizeof(fault->details), details, arguments);
    va_end(arguments);
    return code;
}

int cni_fail_as(struct cni_fault *fault, const json_t *error, const char *who)
{
    const char *message = json_string_value(json_object_get(error, "msg"));
    const char *details = json_string_value(json_object_get(error, "details"));
    json_int_t code = json_integer_value(json_object_get(error, "code"));
    char text[sizeof(fault->message)];
    snprintf(text, sizeof(text), "%s: %s", who, message ? message : "failed without a message");
    return cni_fail(fault, code > 0 && code <= 9999 ? (int)code : CNI_IO_FAILURE, text, "%s", details ? details : "");
}

json_t *cni_fault_json(const struct cni_fault *fault, const char *cni_version)
{
    json_t *error = json_pack("{s:s, s:i, s:s}", "cniVersion", cni_version, "code", fault->code, "msg", fault->message);
    if (error && fault->details[0])
        json_object_set_new(error, "details", json_string(fault->details));
    return error;
}
