/* An engine with one port and its pods, for tests. */
#ifndef TSN_ENGINE_TEST_HARNESS_H
#define TSN_ENGINE_TEST_HARNESS_H

#include "check.h"
#include "client.h"
#include "engine/engine.h"
#include "engine/stats.h"

enum { TAI_MINUS_UTC_S = 37, SECOND_NS = 1000000000, MILLISECOND_NS = 1000000 };

struct harness {
    char folder[64];
    struct tsn_engine *engine;
    int wire; /* the far end of a port of backend wire; -1: none */
};

/* An engine with a port "p0" on a socket pair; all gates open at first. */
struct harness harness_start(uint8_t best_effort);

/* An engine with a port "p0" of any backend. */
struct harness harness_start_on(const char *backend, const char *device, uint8_t best_effort);

/* One more port; all gates open at first. */
void harness_open_port(struct harness *harness, const char *name, const char *backend, const char *device,
                       uint8_t best_effort);

void harness_stop(struct harness *harness);

/* The path of a pod's socket, in a static buffer of the caller. */
void harness_socket(const struct harness *harness, const char *uid, char path[108]);

/* A pod with one stream of class 7: period, offset, window; -> result of tsn_engine_put_pod. */
int harness_pod(struct harness *harness, const char *uid, uint64_t period_ns, uint64_t offset_ns, uint64_t window_ns,
                uint32_t frame_bytes);

/* Likewise on another port than p0. */
int harness_pod_on(struct harness *harness, const char *port, const char *uid, uint64_t period_ns, uint64_t offset_ns,
                   uint64_t window_ns, uint32_t frame_bytes);

/* Likewise at offset 0, sending from one address alone. */
int harness_pod_with_mac(struct harness *harness, const char *uid, uint64_t period_ns, uint64_t window_ns,
                         uint32_t frame_bytes, const uint8_t mac[6]);

/* Of p0. */
const struct tsn_engine_port_stats *harness_port(const struct harness *harness);

enum { HARNESS_OFFERED = -1 };

/* Frames of the port that came to an outcome; HARNESS_OFFERED: that the engine took from rings. */
uint64_t harness_count(const struct harness *harness, int outcome);

/* Waits until every open port says that its link is up; fails after twenty seconds. */
void harness_wait_for_links(const struct harness *harness);

/* Frames of a stream of the port that missed their window and were given another. */
uint64_t harness_moved(const struct harness *harness, uint32_t stream);

/* What was counted, for a test that fails. */
void harness_print(const struct harness *harness);

/* Waits until so many frames were taken and each has ended in one counter; fails after ten seconds. */
void harness_settle(const struct harness *harness, uint64_t frames);

/* TAI as the harness's engines reckon it: 37 s ahead. */
int64_t tai_now_ns(void);

#endif
