/* The table of timed sockets. */
#include "socket/timed.h"

#include "socket/system.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

/* All state of the library. A preloaded library has no handle that a program could carry around for it. */
static struct {
    struct tsn_client client;
    bool client_ready; /* client_init was called */
    bool said_no_agent, said_no_stream;
    uint64_t said_attachments;
    bool debug;
    unsigned socket_end; /* sockets beyond were never used */
    struct timed_socket socket[TIMED_SOCKETS_MAX];
    _Atomic(struct timed_socket *) table[TIMED_DESCRIPTORS_MAX];
} library = {.client = {.lock = PTHREAD_MUTEX_INITIALIZER}};

/* initial-exec: no allocation on first use, so that a signal handler may look. */
static __thread bool inside __attribute__((tls_model("initial-exec")));

void timed_say(bool always, const char *format, ...) {
    char text[512];
    va_list arguments;
    if (!always && !library.debug) {
        return;
    }
    int prefix = snprintf(text, sizeof(text), "libtsnsocket: ");
    va_start(arguments, format);
    int length = vsnprintf(text + prefix, sizeof(text) - (size_t)prefix - 1, format, arguments);
    va_end(arguments);
    size_t size = (size_t)prefix + (size_t)(length < 0 ? 0 : length);
    size = size < sizeof(text) - 1 ? size : sizeof(text) - 2;
    text[size++] = '\n';
    (void)system_write(STDERR_FILENO, text, size);
}

static void before_fork(void) {
    pthread_mutex_lock(&library.client.lock);
}

static void after_fork_in_parent(void) {
    pthread_mutex_unlock(&library.client.lock);
}

/* The child has the sockets, but neither the parent's rings nor its errors and datagrams. */
static void after_fork_in_child(void) {
    client_forget(&library.client);
    library.client.bind_count = 0; /* only what the child itself receives on */
    for (unsigned i = 0; i < library.socket_end; i++) {
        struct timed_socket *socket = &library.socket[i];
        if (socket->event >= 0 && socket->references > 0) {
            system_close(socket->event); /* shared with the parent */
            socket->event = -1;
        }
        socket->error_count = socket->datagram_count = 0;
        socket->bind_due = socket->receives;
    }
}

__attribute__((constructor(102))) static void library_start(void) {
    const char *debug = getenv("TSN_DEBUG");
    library.debug = debug && *debug && strcmp(debug, "0") != 0;
    client_init(&library.client, NULL);
    library.client_ready = true;
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

bool timed_enter(void) {
    if (inside || !library.client_ready) {
        return false;
    }
    inside = true;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    pthread_mutex_lock(&library.client.lock);
    return true;
}

void timed_leave(void) {
    pthread_mutex_unlock(&library.client.lock);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    inside = false;
}

void timed_unlock(void) {
    pthread_mutex_unlock(&library.client.lock);
}

void timed_lock(void) {
    pthread_mutex_lock(&library.client.lock);
}

struct tsn_client *timed_client(void) {
    return &library.client;
}

struct timed_socket *timed_find(int fd) {
    if (fd < 0 || fd >= TIMED_DESCRIPTORS_MAX) {
        return NULL;
    }
    return atomic_load_explicit(&library.table[fd], memory_order_acquire);
}

static int option_int(int fd, int level, int name) {
    int value = -1;
    socklen_t length = sizeof(value);
    return system_getsockopt(fd, level, name, &value, &length) == 0 ? value : -1;
}

static uint64_t inode_of(int fd) {
    struct stat status;
    return system_result(syscall(SYS_fstat, fd, &status)) == 0 ? status.st_ino : 0;
}

bool timed_is_same(const struct timed_socket *socket, int fd) {
    return socket->inode == inode_of(fd);
}

struct timed_socket *timed_track(int fd) {
    struct timed_socket *known = timed_find(fd);
    if (known && known->inode == inode_of(fd)) {
        return known;
    }
    if (known) {
        timed_closed(fd); /* closed behind our back */
    }
    int family = option_int(fd, SOL_SOCKET, SO_DOMAIN);
    int type = option_int(fd, SOL_SOCKET, SO_TYPE);
    int protocol = option_int(fd, SOL_SOCKET, SO_PROTOCOL);
    bool udp = (family == AF_INET || family == AF_INET6) && type == SOCK_DGRAM && protocol == IPPROTO_UDP;
    bool packet = family == AF_PACKET && (type == SOCK_RAW || type == SOCK_DGRAM);
    if (fd < 0 || fd >= TIMED_DESCRIPTORS_MAX || (!udp && !packet)) {
        return NULL;
    }
    for (unsigned i = 0; i < TIMED_SOCKETS_MAX; i++) {
        struct timed_socket *socket = &library.socket[i];
        if (socket->references == 0) {
            uint16_t generation = (uint16_t)(socket->generation + 1);
            memset(socket, 0, sizeof(*socket));
            library.socket_end = library.socket_end > i ? library.socket_end : i + 1;
            socket->references = 1;
            socket->number = (uint16_t)i;
            socket->generation = generation;
            socket->inode = inode_of(fd);
            socket->family = family;
            socket->type = type;
            socket->protocol = protocol;
            socket->event = -1;
            atomic_store_explicit(&library.table[fd], socket, memory_order_release);
            return socket;
        }
    }
    timed_say(true, "more than %d timed sockets: descriptor %d uses the kernel", TIMED_SOCKETS_MAX, fd);
    return NULL;
}

void timed_copied(int from, int to) {
    struct timed_socket *socket = timed_find(from);
    if (from == to) {
        return;
    }
    timed_closed(to);
    if (socket && to >= 0 && to < TIMED_DESCRIPTORS_MAX) {
        socket->references++;
        atomic_store_explicit(&library.table[to], socket, memory_order_release);
    }
}

void timed_closed(int fd) {
    struct timed_socket *socket = timed_find(fd);
    if (!socket) {
        return;
    }
    atomic_store_explicit(&library.table[fd], NULL, memory_order_release);
    if (--socket->references > 0) {
        return;
    }
    if (socket->receives) {
        timed_ask_for_frames(socket, false);
    }
    if (socket->event >= 0) {
        system_close(socket->event);
    }
    free(socket->datagram);
    socket->datagram = NULL;
    socket->receives = false;
}

bool timed_is_internal(int fd) {
    if (client_owns(&library.client, fd)) {
        return true;
    }
    for (unsigned i = 0; fd >= 0 && i < library.socket_end; i++) {
        if (library.socket[i].references > 0 && library.socket[i].event == fd) {
            return true;
        }
    }
    return false;
}

void timed_each(void (*visit)(struct timed_socket *socket, void *argument), void *argument) {
    for (unsigned i = 0; i < library.socket_end; i++) {
        if (library.socket[i].references > 0) {
            visit(&library.socket[i], argument);
        }
    }
}

void timed_attach(void) {
    struct tsn_client *client = &library.client;
    if (client->tried_ns < 0) {
        client_attach(client); /* the first time in this process: the program may wait */
    }
    if (!client_look(client, true) && !client->attaching && !library.said_no_agent) {
        library.said_no_agent = true;
        timed_say(true, "no agent at %s (%s): timed sockets use the kernel until there is one", client->path,
                  strerror(-client->last_error));
    }
    if (client->attachments != library.said_attachments) {
        library.said_attachments = client->attachments;
        timed_say(false, "attached to %s: %u streams on %u ports", client->path, client->stream_count,
                  client->now.channels);
    }
    if (client->attached && client->stream_count == 0 && !library.said_no_stream) {
        library.said_no_stream = true;
        timed_say(true, "the pod has no stream: timed sockets use the kernel");
    }
}

bool timed_is_fast(struct timed_socket *socket) {
    struct tsn_client *client = &library.client;
    if (!client_look(client, false)) {
        timed_attach();
        if (!client->attached) {
            return false;
        }
    }
    for (unsigned i = 0; socket->priority_set && i < client->stream_count; i++) {
        if (client->stream[i].traffic_class == socket->priority) {
            return true;
        }
    }
    return socket->txtime && client->stream_count > 0;
}

int timed_event(struct timed_socket *socket) {
    if (socket->event < 0) {
        socket->event = (int)system_result(syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK));
        timed_event_update(socket);
    }
    return socket->event;
}

void timed_event_update(struct timed_socket *socket) {
    uint64_t value = 1;
    if (socket->event < 0) {
        return;
    }
    if (socket->error_count + socket->datagram_count > 0) {
        (void)system_write(socket->event, &value, sizeof(value));
    } else {
        (void)system_read(socket->event, &value, sizeof(value));
    }
}
