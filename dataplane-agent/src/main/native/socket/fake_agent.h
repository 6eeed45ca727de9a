#ifndef TSN_FAKE_AGENT_H
#define TSN_FAKE_AGENT_H

/* An agent for tests: speaks protocol/ on a thread, keeps every frame it is given, sends none. */

#include "protocol/control.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define FAKE_FRAMES_MAX 4096
#define FAKE_PROCESSES_MAX 16

struct fake_frame {
    unsigned process; /* which attachment it came from */
    struct tsn_transmit_descriptor descriptor;
    uint8_t bytes[TSN_SHM_SLOT_BYTES];
};

struct fake_process {
    int connection, doorbell, wake;
    struct tsn_shm_region *region;
    uint32_t consumer;
    bool mapped;
};

struct fake_agent {
    char path[108];
    pthread_t thread;
    pthread_mutex_t lock;
    int listener, stop_event;
    _Atomic bool deaf; /* takes no frames from the rings */
    int status;  /* of ATTACHED */
    int bind_status;
    struct tsn_control_stream stream[TSN_CONTROL_MAX_STREAMS];
    uint16_t streams;
    _Atomic unsigned processes; /* ever attached */
    struct fake_process process[FAKE_PROCESSES_MAX];
    _Atomic unsigned binds;
    struct tsn_control_bind bind[16];
    _Atomic unsigned frames;
    struct fake_frame frame[FAKE_FRAMES_MAX];
};

void fake_agent_add_stream(struct fake_agent *agent, const char *name, uint8_t traffic_class, uint32_t frame_bytes);
void fake_agent_start(struct fake_agent *agent, const char *path);
void fake_agent_stop(struct fake_agent *agent);

/* Waits until so many frames have come. False after thirty seconds. */
bool fake_agent_wait_frames(struct fake_agent *agent, unsigned frames);
bool fake_agent_wait_binds(struct fake_agent *agent, unsigned binds);

unsigned fake_agent_binds(struct fake_agent *agent);
void fake_agent_answer_binds(struct fake_agent *agent, int status);

/* Gives a frame, or a report on a frame that came, to the process. */
void fake_agent_deliver(struct fake_agent *agent, unsigned process, const void *frame, size_t size, int64_t tai_ns);
void fake_agent_report(struct fake_agent *agent, const struct fake_frame *frame, uint32_t outcome);

#endif
