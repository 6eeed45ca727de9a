#ifndef TSN_ROUTE_H
#define TSN_ROUTE_H

#include "frame.h"

#include <stdbool.h>

/* How the kernel of this network namespace would send to an address: asked over rtnetlink, nothing kept. */

enum route_state {
    ROUTE_READY,      /* every field is valid */
    ROUTE_UNRESOLVED, /* the neighbour's MAC is not known yet: an ordinary send makes the kernel ask for it */
    ROUTE_LOCAL,      /* the address is this namespace's own */
    ROUTE_NO_ETHERNET /* the way out is a tunnel, loopback or the like */
};

struct route_question {
    sa_family_t family; /* AF_INET or AF_INET6 */
    union ip_address destination;
    union ip_address source; /* all zero: the kernel's choice */
    int interface;           /* 0: by the route */
    uint8_t traffic_class;   /* IPv4: the TOS that policy rules may look at */
};

struct route_answer {
    enum route_state state;
    int interface;
    unsigned mtu;
    uint8_t source_mac[6];
    uint8_t destination_mac[6];
    union ip_address source;
    bool stale; /* the kernel would verify the neighbour before long: it hears nothing of it from us */
};

/* Returns 0, or -errno: -ENETUNREACH, -EHOSTUNREACH and what else the kernel answers to a route lookup. */
int route_ask(const struct route_question *question, struct route_answer *answer);

/* Fills interface, source MAC and MTU of an interface; the state is ROUTE_READY or ROUTE_NO_ETHERNET. */
int route_link(int interface, struct route_answer *answer);

/* The addresses of up to `capacity` Ethernet interfaces that are up. Returns how many, or -errno. */
int route_own_macs(uint8_t (*macs)[6], size_t capacity);

/*
 * Lets the kernel verify a stale neighbour: it gets one empty datagram to the discard port (RFC 863), which an
 * unprivileged process may send. Without this a peer that moved to another MAC would be missed for good, because
 * frames that bypass the kernel never make it look.
 */
void route_verify(const struct route_question *question);

#endif
