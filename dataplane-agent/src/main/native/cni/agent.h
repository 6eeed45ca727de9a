/*
 * The agent of this node, over its unix socket. One request and one answer per connection, each a JSON object in a line:
 *
 *   {"version":1,"command":"ADD","containerId":…,"netns":…,"ifName":…,"args":{…},"shapeOnly":…,"config":{…},"ipam":{…}}
 *   {"result":{"interfaces":[…]}}   or   {"error":{"code":…,"msg":…,"details":…}}
 */
#ifndef TSN_CNI_AGENT_H
#define TSN_CNI_AGENT_H

#include "request.h"

#define CNI_AGENT_PROTOCOL 1

/* A connection, or -1 with the code given (what the verb asks for when no agent runs). */
int cni_agent_connect(const struct cni_request *request, int code, struct cni_fault *fault);

/*
 * Sends the request and waits for the answer, 30 s at most. The connection is closed in any case.
 *
 * ipam: the IPAM plugin's result, NULL without. result: owned by the caller.
 */
int cni_agent_ask(const struct cni_request *request, int connection, json_t *ipam, json_t **result,
                  struct cni_fault *fault);

#endif
