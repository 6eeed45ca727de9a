/* A process that attaches, as small as can be: for tests of the engine. */
#ifndef TSN_ENGINE_TEST_CLIENT_H
#define TSN_ENGINE_TEST_CLIENT_H

#include "protocol/control.h"

#include <stdbool.h>

struct client {
    int connection;
    int memory;
    int doorbell;
    int wake[TSN_SHM_MAX_CHANNELS];
    struct tsn_control_streams streams;
    struct tsn_shm_region *region;
    uint32_t producer[TSN_SHM_MAX_CHANNELS];
    uint32_t receive_consumer[TSN_SHM_MAX_CHANNELS];
    uint32_t error_consumer[TSN_SHM_MAX_CHANNELS];
};

/* 0, or the negative errno of connect or of the agent's refusal. */
int client_attach(struct client *client, const char *socket_path);

/* As above, but stops before MAPPED: the memory is mapped and not yet sealed. */
int client_attach_unmapped(struct client *client, const char *socket_path);
void client_say_mapped(struct client *client);

void client_detach(struct client *client);

/* Puts a frame on the ring; false when it is full. Length, stream, class, time … as in `descriptor`. */
bool client_try_send(struct client *client, uint32_t channel, const struct tsn_transmit_descriptor *descriptor,
                     const void *frame, size_t bytes);

/* Waits (busy) until there is room. */
void client_send(struct client *client, uint32_t channel, const struct tsn_transmit_descriptor *descriptor,
                 const void *frame, size_t bytes);

/* Next frame of the receive ring, waiting on the doorbell up to timeout_ms; its length, or -1. */
int client_receive(struct client *client, uint32_t channel, int timeout_ms, struct tsn_receive_descriptor *descriptor,
                   uint8_t frame[TSN_SHM_SLOT_BYTES]);

/* Next record of the error ring, likewise. */
bool client_error(struct client *client, uint32_t channel, int timeout_ms, struct tsn_error_record *record);

/* The status of the agent's answer. */
int client_bind_udp4(struct client *client, uint8_t channel, const uint8_t ip[4], uint16_t port, const uint8_t mac[6]);

/* An Ethernet frame with IPv4 and UDP from address .1 of the net; returns its length. No UDP checksum. */
size_t udp_frame(uint8_t *frame, const uint8_t to[6], const uint8_t from[6], const uint8_t to_ip[4], uint16_t port,
                 const void *payload, size_t bytes);

#endif
