#include "result.h"

#include <string.h>

/* Keeps the members named, in their order. */
static json_t *with_members(const json_t *object, const char *const *names)
{
    json_t *kept = json_object();
    for (; kept && *names; names++) {
        json_t *value = json_object_get(object, *names);
        if (value && !json_is_null(value))
            json_object_set(kept, *names, value);
    }
    return kept;
}

static json_t *interfaces(const struct cni_request *request, const json_t *made)
{
    static const char *const base[] = {"name", "mac", "sandbox", NULL};
    static const char *const newest[] = {"name", "mac", "mtu", "sandbox", "socketPath", "pciID", NULL};
    json_t *list = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(made, "interfaces"), i, one)
        json_array_append_new(list, with_members(one, request->version >= 11 ? newest : base));
    return list;
}

/* The index of the interface inside the container: addresses refer to it. */
static json_int_t index_inside(const json_t *list)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
        if (json_string_length(json_object_get(one, "sandbox")))
            return (json_int_t)i;
    return 0;
}

static json_t *addresses(const struct cni_request *request, const json_t *ipam, json_int_t interface)
{
    static const char *const base[] = {"address", "gateway", NULL};
    json_t *list = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(ipam, "ips"), i, one) {
        json_t *address = with_members(one, base);
        const char *text = json_string_value(json_object_get(one, "address"));
        if (request->version < 10) /* the family is stated before 1.0.0 only */
            json_object_set_new(address, "version", json_string(text && strchr(text, ':') ? "6" : "4"));
        json_object_set_new(address, "interface", json_integer(interface));
        json_array_append_new(list, address);
    }
    return list;
}

static json_t *routes(const struct cni_request *request, const json_t *ipam)
{
    static const char *const base[] = {"dst", "gw", NULL};
    static const char *const newest[] = {"dst", "gw", "mtu", "advmss", "priority", "table", "scope", NULL};
    json_t *list = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(ipam, "routes"), i, one)
        json_array_append_new(list, with_members(one, request->version >= 11 ? newest : base));
    return list;
}

json_t *cni_result(const struct cni_request *request, const json_t *made, const json_t *ipam)
{
    json_t *list = interfaces(request, made);
    json_int_t inside = index_inside(list);
    json_t *dns = json_object_get(ipam, "dns");
    json_t *result = json_pack("{s:s, s:o, s:o, s:o}", "cniVersion", request->cni_version, "interfaces", list, "ips",
                               addresses(request, ipam, inside), "routes", routes(request, ipam));
    if (result && json_is_object(dns))
        json_object_set(result, "dns", dns);
    return result;
}

json_t *cni_result_passed_through(const struct cni_request *request, const json_t *made)
{
    json_t *result = json_deep_copy(request->previous), *one, *mine;
    size_t i, j;
    if (!result)
        return NULL;
    json_object_set_new(result, "cniVersion", json_string(request->cni_version));
    if (request->version < 11)
        return result;
    json_array_foreach(json_object_get(result, "interfaces"), i, one) {
        json_array_foreach(json_object_get(made, "interfaces"), j, mine) {
            json_t *socket = json_object_get(mine, "socketPath");
            if (json_is_string(socket) && json_string_length(json_object_get(one, "sandbox")) &&
                json_equal(json_object_get(one, "name"), json_object_get(mine, "name")))
                json_object_set(one, "socketPath", socket);
        }
    }
    return result;
}

json_t *cni_result_versions(const struct cni_request *request)
{
    json_t *versions = json_array();
    for (const char *const *version = cni_supported_versions; *version; version++)
        json_array_append_new(versions, json_string(*version));
    return json_pack("{s:s, s:o}", "cniVersion", request->cni_version, "supportedVersions", versions);
}
