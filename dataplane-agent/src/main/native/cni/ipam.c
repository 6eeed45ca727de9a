#include "ipam.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 1 << 20 };

static int find_plugin(const struct cni_request *request, char file[PATH_MAX], struct cni_fault *fault)
{
    const char *at = request->path;
    while (*at) {
        size_t length = strcspn(at, ":");
        snprintf(file, PATH_MAX, "%.*s/%s", (int)length, at, request->ipam_type);
        if (length && access(file, X_OK) == 0)
            return CNI_OK;
        at += length + (at[length] == ':');
    }
    return cni_fail(fault, CNI_INVALID_CONFIG, "IPAM plugin not found",
                    "ipam.type '%s' is in none of the folders of CNI_PATH '%s'; install it there (Debian: "
                    "containernetworking-plugins)",
                    request->ipam_type, request->path);
}

/* The configuration as the plugin gets it: Debian's plugins end at 1.0.0, whose addresses are those of 1.1.0. */
static char *plugin_input(const struct cni_request *request, bool newest)
{
    json_t *config = json_copy(request->config);
    if (!config)
        return NULL;
    json_object_set_new(config, "cniVersion",
                        json_string(request->version == 11 && !newest ? "1.0.0" : request->cni_version));
    char *text = json_dumps(config, JSON_COMPACT);
    json_decref(config);
    return text;
}

static void run_child(const char *file, const char *verb, int input, int output)
{
    signal(SIGPIPE, SIG_DFL);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || setenv("CNI_COMMAND", verb, 1) < 0)
        _exit(127);
    execl(file, file, (char *)NULL);
    _exit(127);
}

static size_t read_all(int from, char *text, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t got = read(from, text + length, size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    return length;
}

/* Writes the plugin's input: it fits a pipe's buffer or the plugin reads it; SIGPIPE is ignored by the program. */
static void write_all(int to, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t written = write(to, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

static int execute(const char *file, const char *verb, const char *input, char *output, size_t *length, int *status,
                   struct cni_fault *fault)
{
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) < 0)
        return cni_fail(fault, CNI_IO_FAILURE, "IPAM plugin cannot be run", "pipe: %s", strerror(errno));
    if (pipe2(from, O_CLOEXEC) < 0) {
        close(to[0]);
        close(to[1]);
        return cni_fail(fault, CNI_IO_FAILURE, "IPAM plugin cannot be run", "pipe: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child == 0)
        run_child(file, verb, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    if (child > 0) {
        write_all(to[1], input);
        close(to[1]);
        *length = read_all(from[0], output, OUTPUT_BYTES);
        while (waitpid(child, status, 0) < 0 && errno == EINTR) {
        }
    } else {
        cni_fail(fault, CNI_IO_FAILURE, "IPAM plugin cannot be run", "fork: %s", strerror(errno));
        close(to[1]);
    }
    close(from[0]);
    return child > 0 ? CNI_OK : fault->code;
}

static int run(const struct cni_request *request, const char *verb, bool newest, json_t **result,
               struct cni_fault *fault)
{
    char file[PATH_MAX];
    int code = find_plugin(request, file, fault);
    if (code)
        return code;
    char *input = plugin_input(request, newest), *output = malloc(OUTPUT_BYTES);
    size_t length = 0;
    int status = 0;
    if (!input || !output)
        code = cni_fail(fault, CNI_IO_FAILURE, "out of memory", "while running %s", file);
    else
        code = execute(file, verb, input, output, &length, &status, fault);
    if (!code) {
        json_t *answer = length ? json_loadb(output, length, 0, NULL) : NULL;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            if (result && !json_is_object(answer))
                code = cni_fail(fault, CNI_IO_FAILURE, "IPAM plugin gave no result", "%s %s ended well without JSON",
                                file, verb);
            else if (result)
                *result = json_incref(answer);
        } else if (json_is_object(answer)) {
            code = cni_fail_as(fault, answer, request->ipam_type);
        } else {
            code = cni_fail(fault, CNI_IO_FAILURE, "IPAM plugin failed", "%s %s ended with status %d; its log is on "
                            "standard error", file, verb, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        json_decref(answer);
    }
    free(input);
    free(output);
    return code;
}

int cni_ipam_run(const struct cni_request *request, enum cni_verb verb, json_t **result, struct cni_fault *fault)
{
    return run(request, cni_verb_name(verb), false, result, fault);
}

int cni_ipam_collect(const struct cni_request *request, struct cni_fault *fault)
{
    json_t *versions = NULL;
    int code = run(request, "VERSION", false, &versions, fault);
    bool knows = false;
    size_t i;
    json_t *version;
    json_array_foreach(json_object_get(versions, "supportedVersions"), i, version)
        knows = knows || strcmp(json_string_value(version) ? json_string_value(version) : "", "1.1.0") == 0;
    json_decref(versions);
    if (code || !knows)
        return code;
    return run(request, cni_verb_name(CNI_GC), true, NULL, fault);
}
