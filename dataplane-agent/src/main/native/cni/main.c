/*
 * tsn-cni: the CNI plugin. It hands the request to the dataplane-agent of the node and prints its answer in the version
 * asked for; addresses come from a standard IPAM plugin that it runs itself. JSON goes to standard output, what is worth
 * a log line to standard error.
 */
#include "agent.h"
#include "ipam.h"
#include "result.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "tsn-cni: CNI plugin (0.3.0 to 1.1.0) that attaches pods to the fast network of the dataplane-agent.\n"
    "\n"
    "Run by a container runtime or by Multus, with CNI_COMMAND in the environment and the network configuration on\n"
    "standard input. By hand:\n"
    "\n"
    "  echo '{\"cniVersion\":\"1.1.0\",\"name\":\"tsn\",\"type\":\"tsn-cni\"}' | CNI_COMMAND=STATUS tsn-cni\n"
    "\n"
    "Configuration: mode (overlay, or shape behind another plugin), mtu, agentSocket\n"
    "(" CNI_DEFAULT_AGENT_SOCKET "), ipam.\n";

static void log_fault(const struct cni_request *request, const struct cni_fault *fault, const char *consequence)
{
    fprintf(stderr, "tsn-cni %s %s %s: %s (%s); %s\n", cni_verb_name(request->verb), request->container_id,
            request->interface, fault->message, fault->details, consequence);
}

/* Addresses, then the interface; undone in reverse when the second fails. */
static int add(const struct cni_request *request, json_t **result, struct cni_fault *fault)
{
    json_t *ipam = NULL, *made = NULL;
    int connection = cni_agent_connect(request, CNI_TRY_AGAIN_LATER, fault);
    if (connection < 0)
        return fault->code;
    int code = request->ipam_type ? cni_ipam_run(request, CNI_ADD, &ipam, fault) : CNI_OK;
    if (code) {
        close(connection);
        return code;
    }
    code = cni_agent_ask(request, connection, ipam, &made, fault);
    if (!code) {
        *result = request->shape_only ? cni_result_passed_through(request, made) : cni_result(request, made, ipam);
        if (!*result)
            code = cni_fail(fault, CNI_IO_FAILURE, "out of memory", "while writing the result");
    }
    if (code && ipam) {
        struct cni_fault ignored = {0};
        if (cni_ipam_run(request, CNI_DEL, NULL, &ignored))
            log_fault(request, &ignored, "its address stays taken until DEL");
    }
    json_decref(ipam);
    json_decref(made);
    return code;
}

/* Frees all that can be freed. The rest is the agent's to find: its interfaces say which namespace they belong to. */
static int delete(const struct cni_request *request)
{
    struct cni_fault fault = {0};
    json_t *done = NULL;
    int connection = cni_agent_connect(request, CNI_TRY_AGAIN_LATER, &fault);
    if (connection < 0 || cni_agent_ask(request, connection, NULL, &done, &fault))
        log_fault(request, &fault, "the agent removes what is left when it next runs");
    json_decref(done);
    struct cni_fault ipam = {0};
    if (request->ipam_type && cni_ipam_run(request, CNI_DEL, NULL, &ipam))
        log_fault(request, &ipam, "its address may stay taken");
    return CNI_OK;
}

static int ask_only(const struct cni_request *request, int code_without_agent, struct cni_fault *fault)
{
    json_t *done = NULL;
    int connection = cni_agent_connect(request, code_without_agent, fault);
    int code = connection < 0 ? fault->code : cni_agent_ask(request, connection, NULL, &done, fault);
    json_decref(done);
    return code;
}

static int collect(const struct cni_request *request, struct cni_fault *fault)
{
    int code = ask_only(request, CNI_TRY_AGAIN_LATER, fault);
    struct cni_fault ipam = {0};
    int ipam_code = request->ipam_type ? cni_ipam_collect(request, &ipam) : CNI_OK;
    if (ipam_code && !code)
        *fault = ipam;
    return code ? code : ipam_code;
}

static int check(const struct cni_request *request, struct cni_fault *fault)
{
    int code = ask_only(request, CNI_TRY_AGAIN_LATER, fault);
    if (!code && request->ipam_type)
        code = cni_ipam_run(request, CNI_CHECK, NULL, fault);
    return code;
}

static int serve(struct cni_request *request, json_t **result, struct cni_fault *fault)
{
    switch (request->verb) {
    case CNI_ADD:
        return add(request, result, fault);
    case CNI_DEL:
        return delete(request);
    case CNI_CHECK:
        return check(request, fault);
    case CNI_STATUS:
        return ask_only(request, CNI_NOT_AVAILABLE, fault);
    case CNI_GC:
        return collect(request, fault);
    case CNI_VERSION:
        *result = cni_result_versions(request);
        break;
    }
    return CNI_OK;
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1) {
        bool asked = strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "-h") == 0;
        fputs(help, asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct cni_request request;
    struct cni_fault fault = {0};
    json_t *result = NULL;
    int code = cni_request_read(&request, stdin, &fault);
    if (!code)
        code = serve(&request, &result, &fault);
    json_t *printed = code ? cni_fault_json(&fault, request.cni_version) : result;
    if (printed) {
        json_dumpf(printed, stdout, JSON_COMPACT);
        putchar('\n');
    }
    json_decref(printed);
    cni_request_release(&request);
    return fflush(stdout) || code ? 1 : 0;
}
