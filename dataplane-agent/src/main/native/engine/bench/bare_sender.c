#include "engine/bench/measure.h"
#include "engine/engine.h"
#include "engine/time_source.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LEAD_NS = 5000000, GAP_NS = 1000 };

struct run {
    const struct bench_port *port;
    const struct schedule *schedule;
    struct tsn_backend *backend;
    struct sample *sample;
    int64_t for_ns;
    int cpu;
};

void become_sender(int cpu) {
    if (cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)cpu, &set);
        sched_setaffinity(0, sizeof(set), &set);
    }
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -20);
}

static void take_what_came(const struct run *run) {
    struct tsn_receive_frame frames[TSN_BURST];
    if (run->port->loops && run->port->ops->receive(run->backend, frames, TSN_BURST) > 0)
        run->port->ops->receive_done(run->backend);
}

static void *send_all(void *argument) {
    const struct run *run = argument;
    const struct tsn_backend_ops *ops = run->port->ops;
    const struct schedule *schedule = run->schedule;
    struct tsn_time_source time;
    become_sender(run->cpu);
    if (tsn_time_source_init(&time, (int64_t)BENCH_TAI_MINUS_UTC_S * 1000000000)) abort();
    int64_t start_ns = tsn_time_source_tai_ns(&time) + LEAD_NS;
    for (uint64_t k = 0; k < schedule->periods; k++) {
        for (unsigned t = 0; t < schedule->talkers; t++) {
            struct tsn_buffer buffer = ops->buffer_take(run->backend);
            if (!buffer.data) abort();
            memset(buffer.data, 0xff, BENCH_FRAME_BYTES);
            struct tsn_transmit_frame frame = {.buffer = buffer, .length = BENCH_FRAME_BYTES};
            int64_t launch_ns =
                start_ns + (int64_t)k * schedule->period_ns + schedule->period_ns * (int64_t)t / (int64_t)schedule->talkers;
            uint64_t target = tsn_clock_cycles_at(&time.clock, launch_ns), cycles;
            while ((int64_t)((cycles = tsn_cycles()) - target) < 0) {
            }
            int64_t sent_ns = tsn_clock_tai_ns(&time.clock, cycles);
            if (ops->transmit(run->backend, &frame, 1) != 1) {
                run->sample->lost++;
                ops->buffer_drop(run->backend, buffer);
            } else {
                tsn_histogram_add(&run->sample->error, sent_ns - launch_ns);
            }
            run->sample->launches++;
            take_what_came(run);
        }
    }
    return NULL;
}

static void run_thread(void *(*body)(void *), struct run *run) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, run)) abort();
    pthread_join(thread, NULL);
}

void measure_bare(const struct bench_port *port, const struct schedule *schedule, struct sample *sample) {
    struct run run = {.port = port, .schedule = schedule, .sample = sample, .cpu = port->cpu};
    struct tsn_backend_config config = {.device = port->device, .buffers = 4096};
    char error[200] = "";
    if (port->ops->open(&config, &run.backend, error, sizeof(error))) {
        fprintf(stderr, "emission-bench: %s\n", error);
        exit(1);
    }
    run_thread(send_all, &run);
    port->ops->close(run.backend);
}

static void *spin(void *argument) {
    struct run *run = argument;
    struct tsn_time_source time;
    become_sender(run->cpu);
    if (tsn_time_source_init(&time, (int64_t)BENCH_TAI_MINUS_UTC_S * 1000000000)) abort();
    int64_t begin_ns = tsn_time_source_tai_ns(&time), before_ns = begin_ns, now_ns;
    do {
        now_ns = tsn_time_source_tai_ns(&time);
        if (now_ns - before_ns >= GAP_NS) tsn_histogram_add(&run->sample->error, now_ns - before_ns);
        before_ns = now_ns;
    } while (now_ns < begin_ns + run->for_ns);
    run->sample->launches += (uint64_t)(now_ns - begin_ns) / 1000;
    return NULL;
}

void measure_gaps(int cpu, int64_t for_ns, struct sample *sample) {
    struct run run = {.cpu = cpu, .for_ns = for_ns, .sample = sample};
    run_thread(spin, &run);
}
