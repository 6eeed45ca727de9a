#include "request.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { INPUT_BYTES = 1 << 20, MIN_MTU = 68, MAX_MTU = 65535 };

const char *const cni_supported_versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0", NULL};
static const int result_versions[] = {3, 3, 4, 10, 11};
static const char *const verb_names[] = {"ADD", "DEL", "CHECK", "STATUS", "GC", "VERSION"};

const char *cni_verb_name(enum cni_verb verb)
{
    return verb_names[verb];
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static int read_verb(struct cni_request *request, struct cni_fault *fault)
{
    const char *command = environment("CNI_COMMAND");
    for (int verb = CNI_ADD; verb <= CNI_VERSION; verb++) {
        if (strcmp(command, verb_names[verb]) == 0) {
            request->verb = (enum cni_verb)verb;
            return CNI_OK;
        }
    }
    return cni_fail(fault, CNI_INVALID_ENVIRONMENT, "CNI_COMMAND is not a verb",
                    "CNI_COMMAND: '%s' must be ADD, DEL, CHECK, STATUS, GC or VERSION; container runtimes set it, "
                    "tsn-cni --help shows how to try it by hand",
                    command);
}

static int read_config(struct cni_request *request, FILE *input, struct cni_fault *fault)
{
    char *text = malloc(INPUT_BYTES + 1);
    if (!text)
        return cni_fail(fault, CNI_IO_FAILURE, "out of memory", "while reading the network configuration");
    size_t length = fread(text, 1, INPUT_BYTES + 1, input);
    json_error_t where = {.line = 0};
    request->config = length > INPUT_BYTES ? NULL : json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    free(text);
    if (json_is_object(request->config))
        return CNI_OK;
    if (length == 0 && request->verb == CNI_VERSION) {
        request->config = json_object();
        return CNI_OK;
    }
    if (length > INPUT_BYTES)
        return cni_fail(fault, CNI_DECODING_FAILURE, "network configuration is too long", "%d bytes at most",
                        INPUT_BYTES);
    if (request->config)
        return cni_fail(fault, CNI_DECODING_FAILURE, "network configuration is no JSON object", "%s",
                        "standard input must be an object such as {\"cniVersion\":\"1.0.0\",\"name\":\"tsn\","
                        "\"type\":\"tsn-cni\"}");
    return cni_fail(fault, CNI_DECODING_FAILURE, "network configuration cannot be read", "line %d, column %d: %s",
                    where.line, where.column, length == 0 ? "standard input is empty" : where.text);
}

static int read_version(struct cni_request *request, struct cni_fault *fault)
{
    const char *asked = json_string_value(json_object_get(request->config, "cniVersion"));
    for (int i = 0; asked && cni_supported_versions[i]; i++) {
        if (strcmp(asked, cni_supported_versions[i]) == 0) {
            request->cni_version = cni_supported_versions[i];
            request->version = result_versions[i];
        }
    }
    if (request->verb == CNI_VERSION)
        return CNI_OK;
    if (!request->version)
        return cni_fail(fault, CNI_INCOMPATIBLE_VERSION, "incompatible CNI versions",
                        "cniVersion: '%s' must be one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0", asked ? asked : "");
    int least = request->verb == CNI_CHECK ? 4 : request->verb == CNI_STATUS || request->verb == CNI_GC ? 11 : 0;
    if (request->version < least)
        return cni_fail(fault, CNI_INCOMPATIBLE_VERSION, "config version does not allow this verb",
                        "%s came with CNI %s; cniVersion: '%s' must be %s or newer", verb_names[request->verb],
                        least == 4 ? "0.4.0" : "1.1.0", request->cni_version, least == 4 ? "0.4.0" : "1.1.0");
    return CNI_OK;
}

/* A container ID as the specification has it: a letter or digit, then also _ . - */
static bool is_container_id(const char *text)
{
    if (!isalnum((unsigned char)text[0]))
        return false;
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("_.-", *at))
            return false;
    return true;
}

/* A name that dev_valid_name() of the kernel takes. */
static bool is_interface_name(const char *text)
{
    if (!text[0] || strlen(text) >= IFNAMSIZ || !strcmp(text, ".") || !strcmp(text, ".."))
        return false;
    for (const char *at = text; *at; at++)
        if (*at == '/' || *at == ':' || isspace((unsigned char)*at))
            return false;
    return true;
}

static void complain(char *complaints, size_t size, const char *name, const char *value, const char *accepted)
{
    size_t used = strlen(complaints);
    snprintf(complaints + used, size - used, "%s%s: '%.80s' must be %s", used ? "; " : "", name, value, accepted);
}

static int check_environment(const struct cni_request *request, struct cni_fault *fault)
{
    char complaints[sizeof(fault->details)] = "";
    bool of_container = request->verb == CNI_ADD || request->verb == CNI_DEL || request->verb == CNI_CHECK;
    if (of_container && !is_container_id(request->container_id))
        complain(complaints, sizeof(complaints), "CNI_CONTAINERID", request->container_id,
                 "a letter or digit, then letters, digits, '_', '.' or '-'");
    if (of_container && !is_interface_name(request->interface))
        complain(complaints, sizeof(complaints), "CNI_IFNAME", request->interface,
                 "an interface name of 1 to 15 bytes without '/', ':' or space");
    if (of_container && request->verb != CNI_DEL && request->netns[0] != '/')
        complain(complaints, sizeof(complaints), "CNI_NETNS", request->netns,
                 "the absolute path of a network namespace");
    if (of_container && request->ipam_type && !request->path[0])
        complain(complaints, sizeof(complaints), "CNI_PATH", request->path,
                 "the folders of the plugins: an IPAM plugin is to be run");
    if (complaints[0])
        return cni_fail(fault, CNI_INVALID_ENVIRONMENT, "invalid environment variables", "%s", complaints);
    return CNI_OK;
}

static int check_namespace(const struct cni_request *request, struct cni_fault *fault)
{
    struct statfs system;
    struct stat given, own;
    if (statfs(request->netns, &system) < 0 || stat(request->netns, &given) < 0)
        return cni_fail(fault, CNI_CONTAINER_UNKNOWN, "network namespace does not exist",
                        "CNI_NETNS '%s': %s; the container has ended, nothing was done", request->netns,
                        strerror(errno));
    if (system.f_type != NSFS_MAGIC && system.f_type != PROC_SUPER_MAGIC)
        return cni_fail(fault, CNI_INVALID_ENVIRONMENT, "CNI_NETNS is no network namespace",
                        "'%s' is an ordinary file; ip netns add or the container runtime makes namespaces",
                        request->netns);
    if (stat("/proc/self/ns/net", &own) == 0 && own.st_ino == given.st_ino && own.st_dev == given.st_dev)
        return cni_fail(fault, CNI_INVALID_ENVIRONMENT, "CNI_NETNS is the host's own namespace",
                        "'%s': a pod with hostNetwork has no CNI interface", request->netns);
    return CNI_OK;
}

static int read_arguments(struct cni_request *request, struct cni_fault *fault)
{
    request->arguments = json_object();
    char *text = strdup(environment("CNI_ARGS"));
    if (!request->arguments || !text) {
        free(text);
        return cni_fail(fault, CNI_IO_FAILURE, "out of memory", "while reading CNI_ARGS");
    }
    int code = CNI_OK;
    char *rest = text;
    for (char *pair = strsep(&rest, ";"); pair && !code; pair = strsep(&rest, ";")) {
        char *equals = strchr(pair, '=');
        if (equals && equals != pair) {
            *equals = '\0';
            if (json_object_set_new(request->arguments, pair, json_string(equals + 1)) < 0)
                code = cni_fail(fault, CNI_INVALID_ENVIRONMENT, "invalid environment variables",
                                "CNI_ARGS: the value of '%.80s' must be UTF-8", pair);
        } else if (*pair) {
            code = cni_fail(fault, CNI_INVALID_ENVIRONMENT, "invalid environment variables",
                            "CNI_ARGS: '%.80s' must be KEY=VALUE, pairs separated by ';'", pair);
        }
    }
    free(text);
    return code;
}

static int read_mode(struct cni_request *request, struct cni_fault *fault)
{
    const json_t *mode = json_object_get(request->config, "mode");
    request->previous = json_object_get(request->config, "prevResult");
    if (request->previous && !json_is_object(request->previous)) {
        /* DEL has to work with whatever is left. */
        if (request->verb != CNI_DEL && !json_is_null(request->previous))
            return cni_fail(fault, CNI_INVALID_CONFIG, "invalid network configuration",
                            "prevResult must be a CNI result object");
        request->previous = NULL;
    }
    const char *text = json_string_value(mode);
    request->shape_only = text ? strcmp(text, "shape") == 0 : request->verb == CNI_ADD && request->previous != NULL;
    if (mode && (!text || (!request->shape_only && strcmp(text, "overlay") != 0)))
        return cni_fail(fault, CNI_INVALID_CONFIG, "invalid network configuration",
                        "mode: '%s' must be overlay (make an interface) or shape (time the one of the plugin before)",
                        text ? text : "");
    if (request->shape_only && request->verb == CNI_ADD && !request->previous)
        return cni_fail(fault, CNI_INVALID_CONFIG, "nothing to shape",
                        "mode shape needs prevResult: list tsn-cni behind the plugin that makes the interface");
    return CNI_OK;
}

static int check_config(struct cni_request *request, struct cni_fault *fault)
{
    const char *name = json_string_value(json_object_get(request->config, "name"));
    if (!name || !is_container_id(name))
        return cni_fail(fault, CNI_INVALID_CONFIG, "invalid network configuration",
                        "name: '%s' must be a letter or digit, then letters, digits, '_', '.' or '-'", name ? name : "");
    const json_t *socket = json_object_get(request->config, "agentSocket");
    if (socket) {
        const char *path = json_string_value(socket);
        if (!path || path[0] != '/' || strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
            return cni_fail(fault, CNI_INVALID_CONFIG, "invalid network configuration",
                            "agentSocket: '%s' must be an absolute path of at most 107 bytes", path ? path : "");
        request->agent_socket = path;
    }
    const json_t *mtu = json_object_get(request->config, "mtu");
    if (mtu && (!json_is_integer(mtu) || json_integer_value(mtu) < MIN_MTU || json_integer_value(mtu) > MAX_MTU))
        return cni_fail(fault, CNI_INVALID_CONFIG, "invalid network configuration",
                        "mtu must be an integer from %d to %d", MIN_MTU, MAX_MTU);
    const json_t *ipam = json_object_get(request->config, "ipam");
    if (!ipam || (json_is_object(ipam) && json_object_size(ipam) == 0))
        return CNI_OK;
    const char *type = json_string_value(json_object_get(ipam, "type"));
    if (!type || !type[0] || strchr(type, '/'))
        return cni_fail(fault, CNI_INVALID_CONFIG, "invalid network configuration",
                        "ipam.type: '%s' must be the name of an IPAM plugin such as host-local", type ? type : "");
    request->ipam_type = type;
    return CNI_OK;
}

int cni_request_read(struct cni_request *request, FILE *input, struct cni_fault *fault)
{
    *request = (struct cni_request){
        .cni_version = CNI_NEWEST_VERSION,
        .container_id = environment("CNI_CONTAINERID"),
        .netns = environment("CNI_NETNS"),
        .interface = environment("CNI_IFNAME"),
        .path = environment("CNI_PATH"),
        .agent_socket = CNI_DEFAULT_AGENT_SOCKET,
    };
    int code = read_verb(request, fault);
    if (!code)
        code = read_config(request, input, fault);
    if (!code)
        code = read_version(request, fault);
    if (code || request->verb == CNI_VERSION)
        return code;
    code = check_config(request, fault);
    if (!code)
        code = read_mode(request, fault);
    if (!code)
        code = check_environment(request, fault);
    if (!code)
        code = read_arguments(request, fault);
    if (request->shape_only)
        request->ipam_type = NULL; /* the plugin before has given the addresses and frees them */
    if (!code && (request->verb == CNI_ADD || request->verb == CNI_CHECK))
        code = check_namespace(request, fault);
    return code;
}

void cni_request_release(struct cni_request *request)
{
    json_decref(request->arguments);
    json_decref(request->config);
}
