#include "socket/fake_agent.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void must(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "fake agent: %s: %s\n", what, strerror(errno));
        abort();
    }
}

void fake_agent_add_stream(struct fake_agent *agent, const char *name, uint8_t traffic_class, uint32_t frame_bytes) {
    struct tsn_control_stream *stream = &agent->stream[agent->streams++];
    memset(stream, 0, sizeof(*stream));
    snprintf(stream->name, sizeof(stream->name), "%s", name);
    stream->period_ns = stream->window_period_ns = stream->deadline_ns = 1000000;
    stream->offset_ns = 125000;
    stream->window_ns = 13336;
    stream->frame_bytes = frame_bytes;
    stream->traffic_class = traffic_class;
}

static void attached_send(struct fake_agent *agent, struct fake_process *process) {
    struct tsn_control_streams answer = {.header = tsn_control_header_of(TSN_CONTROL_ATTACHED),
                                         .status = agent->status,
                                         .channels = 1,
                                         .region_bytes = tsn_shm_region_bytes(1),
                                         .streams = agent->streams};
    memcpy(answer.stream, agent->stream, sizeof(agent->stream));
    int doorbell[2], memory = memfd_create("tsn", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, doorbell) == 0, "socketpair");
    must(memory >= 0 && ftruncate(memory, (off_t)answer.region_bytes) == 0, "memfd");
    process->region = mmap(NULL, answer.region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    must(process->region != MAP_FAILED, "mmap");
    process->region->header = (struct tsn_shm_header){.magic = TSN_SHM_MAGIC,
                                                      .abi = TSN_SHM_ABI,
                                                      .region_bytes = answer.region_bytes,
                                                      .channels = 1,
                                                      .channel_bytes = sizeof(struct tsn_shm_channel),
                                                      .channel_offset = TSN_SHM_PAGE_BYTES,
                                                      .tai_minus_utc_ns = 37000000000};
    process->doorbell = doorbell[0];
    process->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int descriptors[3] = {memory, doorbell[1], process->wake};
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(descriptors))];
    } control = {0};
    struct iovec part = {&answer, tsn_control_streams_bytes(agent->streams)};
    struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(descriptors));
    memcpy(CMSG_DATA(header), descriptors, sizeof(descriptors));
    (void)!sendmsg(process->connection, &message, MSG_NOSIGNAL); /* the process may be gone already */
    close(memory);
    close(doorbell[1]);
}

static void bind_take(struct fake_agent *agent, struct fake_process *process, const struct tsn_control_bind *bind) {
    struct tsn_control_result result = {tsn_control_header_of(TSN_CONTROL_RESULT), agent->bind_status, 0};
    if (bind->header.type == TSN_CONTROL_BIND && agent->binds < 16) {
        agent->bind[agent->binds++] = *bind;
    }
    (void)!send(process->connection, &result, sizeof(result), MSG_NOSIGNAL);
}

static void detach(struct fake_process *process) {
    close(process->connection);
    process->connection = -1;
    if (process->region) {
        close(process->doorbell);
        close(process->wake);
        munmap(process->region, tsn_shm_region_bytes(1));
    }
    process->region = NULL;
    process->mapped = false;
}

static void message_take(struct fake_agent *agent, struct fake_process *process) {
    union {
        struct tsn_control_attach attach;
        struct tsn_control_bind bind;
    } message;
    ssize_t size = recv(process->connection, &message, sizeof(message), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) {
        return;
    }
    int type = size > 0 ? tsn_control_check_request(&message, (size_t)size) : -1;
    if (type == TSN_CONTROL_ATTACH) {
        attached_send(agent, process);
    } else if (type == TSN_CONTROL_MAPPED) {
        process->mapped = true;
    } else if (type == TSN_CONTROL_BIND || type == TSN_CONTROL_UNBIND) {
        bind_take(agent, process, &message.bind);
    } else {
        must(size <= 0, "a message of the client is wrong");
        detach(process);
    }
}

static void frames_take(struct fake_agent *agent, unsigned number) {
    struct fake_process *process = &agent->process[number];
    if (!process->mapped || agent->deaf) {
        return;
    }
    struct tsn_shm_channel *channel = &process->region->channel[0];
    uint32_t producer = atomic_load_explicit(&channel->transmit_producer.value, memory_order_acquire);
    for (; process->consumer != producer && agent->frames < FAKE_FRAMES_MAX; process->consumer++) {
        struct fake_frame *frame = &agent->frame[agent->frames++];
        frame->process = number;
        frame->descriptor = channel->transmit[process->consumer & TSN_SHM_RING_MASK];
        must(frame->descriptor.length <= TSN_SHM_SLOT_BYTES, "length");
        memcpy(frame->bytes, channel->transmit_slot[process->consumer & TSN_SHM_RING_MASK], frame->descriptor.length);
    }
    atomic_store_explicit(&channel->transmit_consumer.value, process->consumer, memory_order_release);
}

static void *serve(void *argument) {
    struct fake_agent *agent = argument;
    for (;;) {
        struct pollfd list[FAKE_PROCESSES_MAX + 2] = {{.fd = agent->listener, .events = POLLIN},
                                                      {.fd = agent->stop_event, .events = POLLIN}};
        for (unsigned i = 0; i < agent->processes; i++) {
            list[2 + i] = (struct pollfd){.fd = agent->process[i].connection, .events = POLLIN};
        }
        poll(list, 2 + agent->processes, 1);
        pthread_mutex_lock(&agent->lock);
        for (unsigned i = 0; i < agent->processes; i++) {
            if (agent->process[i].region) {
                frames_take(agent, i); /* also the last ones of a process that is gone */
            }
            if (list[2 + i].revents) {
                message_take(agent, &agent->process[i]);
            }
        }
        if (list[0].revents && agent->processes < FAKE_PROCESSES_MAX) {
            struct fake_process *process = &agent->process[agent->processes++];
            memset(process, 0, sizeof(*process));
            process->connection = accept4(agent->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        }
        pthread_mutex_unlock(&agent->lock);
        if (list[1].revents) {
            return NULL;
        }
    }
}

void fake_agent_start(struct fake_agent *agent, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    must(strlen(path) < sizeof(address.sun_path), "path");
    strcpy(agent->path, path);
    strcpy(address.sun_path, path);
    unlink(path);
    pthread_mutex_init(&agent->lock, NULL);
    agent->processes = agent->frames = agent->binds = 0;
    agent->stop_event = eventfd(0, EFD_CLOEXEC);
    agent->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(bind(agent->listener, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
    must(listen(agent->listener, 16) == 0, "listen");
    must(pthread_create(&agent->thread, NULL, serve, agent) == 0, "thread");
}

void fake_agent_stop(struct fake_agent *agent) {
    uint64_t one = 1;
    must(write(agent->stop_event, &one, sizeof(one)) == sizeof(one), "stop");
    pthread_join(agent->thread, NULL);
    for (unsigned i = 0; i < agent->processes; i++) {
        if (agent->process[i].connection >= 0) {
            detach(&agent->process[i]);
        }
    }
    close(agent->listener);
    close(agent->stop_event);
    unlink(agent->path);
    pthread_mutex_destroy(&agent->lock);
}

static bool wait_for(struct fake_agent *agent, const _Atomic unsigned *count, unsigned wanted) {
    for (int i = 0; i < 30000; i++) {
        pthread_mutex_lock(&agent->lock);
        bool there = *count >= wanted;
        pthread_mutex_unlock(&agent->lock);
        if (there) {
            return true;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

bool fake_agent_wait_frames(struct fake_agent *agent, unsigned frames) {
    return wait_for(agent, &agent->frames, frames);
}

bool fake_agent_wait_binds(struct fake_agent *agent, unsigned binds) {
    return wait_for(agent, &agent->binds, binds);
}

unsigned fake_agent_binds(struct fake_agent *agent) {
    pthread_mutex_lock(&agent->lock);
    unsigned binds = agent->binds;
    pthread_mutex_unlock(&agent->lock);
    return binds;
}

void fake_agent_answer_binds(struct fake_agent *agent, int status) {
    pthread_mutex_lock(&agent->lock);
    agent->bind_status = status;
    pthread_mutex_unlock(&agent->lock);
}

static void ring(const struct fake_process *process) {
    if (atomic_load(&process->region->channel[0].process_waits.value)) {
        (void)!send(process->doorbell, "", 1, MSG_NOSIGNAL);
    }
}

void fake_agent_deliver(struct fake_agent *agent, unsigned process, const void *frame, size_t size, int64_t tai_ns) {
    pthread_mutex_lock(&agent->lock);
    if (!agent->process[process].region) {
        pthread_mutex_unlock(&agent->lock);
        return; /* the program is gone; the test sees that */
    }
    struct tsn_shm_channel *channel = &agent->process[process].region->channel[0];
    uint32_t at = atomic_load(&channel->receive_producer.value);
    memcpy(channel->receive_slot[at & TSN_SHM_RING_MASK], frame, size);
    channel->receive[at & TSN_SHM_RING_MASK] =
            (struct tsn_receive_descriptor){.time_ns = (uint64_t)tai_ns, .length = (uint32_t)size};
    atomic_store(&channel->receive_producer.value, at + 1);
    ring(&agent->process[process]);
    pthread_mutex_unlock(&agent->lock);
}

void fake_agent_report(struct fake_agent *agent, const struct fake_frame *frame, uint32_t outcome) {
    pthread_mutex_lock(&agent->lock);
    struct tsn_shm_channel *channel = &agent->process[frame->process].region->channel[0];
    uint32_t at = atomic_load(&channel->error_producer.value);
    channel->error[at & TSN_SHM_RING_MASK] = (struct tsn_error_record){.cookie = frame->descriptor.cookie,
                                                                       .time_ns = frame->descriptor.time_ns,
                                                                       .outcome = outcome,
                                                                       .stream = frame->descriptor.stream};
    atomic_store(&channel->error_producer.value, at + 1);
    ring(&agent->process[frame->process]);
    pthread_mutex_unlock(&agent->lock);
}
