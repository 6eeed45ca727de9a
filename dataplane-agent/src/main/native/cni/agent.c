#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1 << 20, PATIENCE_SECONDS = 30 };

int cni_agent_connect(const struct cni_request *request, int code, struct cni_fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", request->agent_socket);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
        connect(connection, (struct sockaddr *)&address, sizeof(address)) < 0) {
        cni_fail(fault, code, "the dataplane-agent of this node does not answer",
                 "%s: %s; see that its pod runs on this node (kubectl get pods -A -o wide | grep dataplane-agent) and "
                 "that agentSocket names its socket",
                 request->agent_socket, strerror(errno));
        if (connection >= 0)
            close(connection);
        return -1;
    }
    return connection;
}

static char *request_line(const struct cni_request *request, json_t *ipam)
{
    json_t *message = json_pack("{s:i, s:s, s:s, s:s, s:s, s:O, s:b, s:O, s:O*}", "version", CNI_AGENT_PROTOCOL,
                                "command", cni_verb_name(request->verb), "containerId", request->container_id, "netns",
                                request->netns, "ifName", request->interface, "args", request->arguments, "shapeOnly",
                                request->shape_only, "config", request->config, "ipam", ipam);
    char *line = json_dumps(message, JSON_COMPACT);
    json_decref(message);
    return line;
}

static bool send_text(int connection, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(connection, text, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        text += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Reads to the end of the line; -1 with errno when the agent fell silent or is gone. */
static ssize_t receive_line(int connection, char *text, size_t size)
{
    size_t length = 0;
    while (length < size) {
        ssize_t got = recv(connection, text + length, size - length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? ECONNRESET : errno;
            return -1;
        }
        length += (size_t)got;
        if (text[length - 1] == '\n')
            return (ssize_t)length;
    }
    errno = EMSGSIZE;
    return -1;
}

int cni_agent_ask(const struct cni_request *request, int connection, json_t *ipam, json_t **result,
                  struct cni_fault *fault)
{
    int code = CNI_OK;
    json_t *answer = NULL;
    char *line = request_line(request, ipam), *text = malloc(ANSWER_BYTES);
    ssize_t length = -1;
    if (!line || !text) {
        code = cni_fail(fault, CNI_IO_FAILURE, "out of memory", "while asking the dataplane-agent");
    } else if (!send_text(connection, line, strlen(line)) || !send_text(connection, "\n", 1) ||
               (length = receive_line(connection, text, ANSWER_BYTES)) < 0) {
        code = cni_fail(fault, CNI_TRY_AGAIN_LATER, "the dataplane-agent ended before it answered",
                        "%s: %s; it restarts by itself, the runtime tries again", request->agent_socket,
                        strerror(errno));
    } else {
        answer = json_loadb(text, (size_t)length, 0, NULL);
        json_t *error = json_object_get(answer, "error");
        json_t *given = json_object_get(answer, "result");
        if (error)
            code = cni_fail_as(fault, error, "dataplane-agent");
        else if (json_is_object(given))
            *result = json_incref(given);
        else
            code = cni_fail(fault, CNI_IO_FAILURE, "the dataplane-agent's answer cannot be read",
                            "is tsn-cni of the same release as the agent at %s?", request->agent_socket);
    }
    json_decref(answer);
    free(line);
    free(text);
    close(connection);
    return code;
}
