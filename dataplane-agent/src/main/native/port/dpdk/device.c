/*
 * One DPDK device with a queue each way: a physical port ("0000:05:00.0"), or a virtual one ("net_af_packet0,iface=eth1",
 * "virtio_user0,path=…", "net_af_xdp0,iface=…", "net_memif0,…", "net_ring0", "net_null0").
 */
#include "port/backend.h"
#include "port/dpdk/eal.h"
#include "port/dpdk/launch_clock.h"

#include <errno.h>
#include <pthread.h>
#include <rte_alarm.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_prefetch.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS = 1024, ETHERNET_OVERHEAD_BYTES = 14 + 4, FIRST_WAIT_MS = 300, SPARE_BUFFERS = 8 };

/* Of a device that may wait for its peer while it is opened. */
enum opening { OPENED, OPENING, NOT_OPENED };

struct dpdk_device {
    struct tsn_backend base;
    char name[200]; /* device arguments */
    _Atomic int opening; /* enum opening; what follows belongs to the opener until it is OPENED */
    bool has_opener;
    pthread_t opener;
    sem_t opener_done;
    int failure; /* of the opener */
    uint16_t port;
    bool probed;
    bool started;
    struct rte_device *device;
    struct rte_mempool *pool;
    uint32_t frame_bytes_max; /* without FCS */
    int timestamp_offset;
    uint64_t timestamp_flag;
    struct tsn_launch_clock clock;
    struct rte_mbuf *held[TSN_BURST];
    uint32_t held_count;
    struct rte_mbuf *spare[SPARE_BUFFERS]; /* taken from the pool and not yet given out */
    uint32_t spare_count;
};

/* Found by the engine with dlsym. */
extern __attribute__((visibility("default"))) const struct tsn_backend_ops tsn_backend_dpdk;

static struct dpdk_device *self_of(struct tsn_backend *backend) { return (struct dpdk_device *)backend; }

static bool is_open(const struct dpdk_device *self) {
    return atomic_load_explicit(&self->opening, memory_order_acquire) == OPENED;
}

/* Frames leave with their launch time where the driver, the mbuf layout and the device's clock all allow it. */
static uint64_t launch_offload(struct dpdk_device *self, const struct rte_eth_dev_info *info) {
    /* The poll thread asks once, when the port opens: a device that came later is not among those that have it. */
    if (self->has_opener || !(info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP)) return 0;
    if (rte_mbuf_dyn_tx_timestamp_register(&self->timestamp_offset, &self->timestamp_flag)) return 0;
    self->base.launch_offload = true;
    return RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP;
}

static int probe(struct dpdk_device *self, const char *device) {
    char name[RTE_DEV_NAME_MAX_LEN];
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(device, ","), device);
    int failure = rte_dev_probe(device);
    if (failure) return failure;
    failure = rte_eth_dev_get_port_by_name(name, &self->port);
    if (failure) return failure;
    self->probed = true;
    return 0;
}

static int configure(struct dpdk_device *self) {
    struct rte_eth_dev_info info;
    int failure = rte_eth_dev_info_get(self->port, &info);
    if (failure) return failure;
    self->device = info.device;
    struct rte_eth_conf configuration = {.txmode = {.offloads = launch_offload(self, &info)}};
    uint16_t receive_descriptors = DESCRIPTORS, transmit_descriptors = DESCRIPTORS;
    failure = rte_eth_dev_configure(self->port, 1, 1, &configuration);
    if (!failure) failure = rte_eth_dev_adjust_nb_rx_tx_desc(self->port, &receive_descriptors, &transmit_descriptors);
    if (failure) return failure;
    int socket = rte_eth_dev_socket_id(self->port);
    failure = rte_eth_rx_queue_setup(self->port, 0, receive_descriptors, socket, NULL, self->pool);
    if (!failure) failure = rte_eth_tx_queue_setup(self->port, 0, transmit_descriptors, socket, NULL);
    if (!failure) failure = rte_eth_dev_start(self->port);
    if (failure) return failure;
    self->started = true;
    rte_eth_promiscuous_enable(self->port); /* the pods' addresses; some virtual devices take all frames anyway */
    uint16_t mtu = RTE_ETHER_MTU;
    rte_eth_dev_get_mtu(self->port, &mtu);
    self->frame_bytes_max = (uint32_t)mtu + ETHERNET_OVERHEAD_BYTES;
    if (self->base.launch_offload) self->base.launch_offload = tsn_launch_clock_init(&self->clock, self->port);
    return 0;
}

/* The value of one of a device's arguments, as in "virtio_user0,path=/run/x,server=1". */
static bool argument_of(const char *device, const char *key, char *value, size_t bytes) {
    for (const char *at = strchr(device, ','); at; at = strchr(at, ',')) {
        at++;
        size_t length = strlen(key);
        if (strncmp(at, key, length) != 0 || at[length] != '=') continue;
        at += length + 1;
        snprintf(value, bytes, "%.*s", (int)strcspn(at, ","), at);
        return true;
    }
    return false;
}

/* virtio_user as the socket's server is opened only once its peer, an OVS or vhost client, has come. */
static bool waits_for_peer(const char *device) {
    char server[4];
    return strncmp(device, "virtio_user", 11) == 0 && argument_of(device, "server", server, sizeof(server)) &&
           strcmp(server, "1") == 0;
}

/* Ends the wait of an opener: comes to it as a peer that goes at once. */
static void disturb(const struct dpdk_device *self) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!argument_of(self->name, "path", address.sun_path, sizeof(address.sun_path))) return;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof(address))) { /* not yet listening, or done: asked again */
    }
    close(descriptor);
}

static void join_opener(struct dpdk_device *self) {
    if (!self->has_opener) return;
    struct timespec moment;
    do {
        if (atomic_load(&self->opening) == OPENING) disturb(self);
        clock_gettime(CLOCK_REALTIME, &moment);
        moment.tv_nsec += 20000000;
        if (moment.tv_nsec >= 1000000000) moment.tv_sec++, moment.tv_nsec -= 1000000000;
    } while (sem_timedwait(&self->opener_done, &moment));
    pthread_join(self->opener, NULL);
    sem_destroy(&self->opener_done);
}

static void stop_and_close(const struct dpdk_device *self) {
    sigset_t before;
    tsn_eal_hold_sigpipe(&before);
    if (self->started) rte_eth_dev_stop(self->port);
    if (self->probed && rte_eth_dev_is_valid_port(self->port)) rte_eth_dev_close(self->port);
    tsn_eal_release_sigpipe(&before);
}

struct closing {
    const struct dpdk_device *device;
    sem_t done;
};

static void close_as_alarm(void *argument) {
    struct closing *closing = argument;
    stop_and_close(closing->device);
    sem_post(&closing->done);
}

/*
 * A memif is taken apart by EAL's interrupt thread when its peer goes, without a lock against one who closes it meanwhile
 * (DPDK 22.11: both free its queues). Alarms run in that thread.
 */
static void close_memif(const struct dpdk_device *self) {
    struct closing closing = {.device = self};
    sem_init(&closing.done, 0, 0);
    if (rte_eal_alarm_set(1, close_as_alarm, &closing))
        stop_and_close(self);
    else
        while (sem_wait(&closing.done) && errno == EINTR) {
        }
    sem_destroy(&closing.done);
}

static void dpdk_close(struct tsn_backend *backend) {
    struct dpdk_device *self = self_of(backend);
    sigset_t before;
    join_opener(self);
    if (strncmp(self->name, "net_memif", 9) == 0)
        close_memif(self);
    else
        stop_and_close(self);
    tsn_eal_hold_sigpipe(&before);
    if (self->device) rte_dev_remove(self->device);
    rte_mempool_free(self->pool);
    tsn_eal_release_sigpipe(&before);
    free(self);
}

/* Buffers are there before the device is: frames may wait for it. */
static int make_pool(struct dpdk_device *self, uint32_t buffers) {
    static _Atomic uint32_t made;
    char name[RTE_MEMPOOL_NAMESIZE];
    snprintf(name, sizeof(name), "tsn-port-%u", atomic_fetch_add(&made, 1));
    /* Poll threads are not EAL threads: without a cache per lcore. */
    self->pool = rte_pktmbuf_pool_create(name, buffers + 2 * DESCRIPTORS + 2 * TSN_BURST + SPARE_BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                         SOCKET_ID_ANY);
    return self->pool ? 0 : -rte_errno;
}

static int open_device(struct dpdk_device *self) {
    sigset_t before;
    tsn_eal_hold_sigpipe(&before);
    int failure = probe(self, self->name);
    if (!failure) failure = configure(self);
    tsn_eal_release_sigpipe(&before);
    return failure;
}

static void *open_later(void *argument) {
    struct dpdk_device *self = argument;
    self->failure = open_device(self);
    atomic_store_explicit(&self->opening, self->failure ? NOT_OPENED : OPENED, memory_order_release);
    sem_post(&self->opener_done);
    return NULL;
}

/* In a thread of its own: what is wrong with the device shows at once, a peer that is missing keeps nobody waiting. */
static int start_opener(struct dpdk_device *self) {
    atomic_store(&self->opening, OPENING);
    sem_init(&self->opener_done, 0, 0);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&self->opener, NULL, open_later, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) return -failure;
    self->has_opener = true;
    for (int waited_ms = 0; waited_ms < FIRST_WAIT_MS && atomic_load(&self->opening) == OPENING; waited_ms += 10) {
        struct timespec moment = {.tv_nsec = 10000000};
        nanosleep(&moment, NULL);
    }
    return atomic_load(&self->opening) == NOT_OPENED ? self->failure : 0;
}

static int dpdk_open(const struct tsn_backend_config *config, struct tsn_backend **backend, char *error,
                     size_t error_bytes) {
    int failure = tsn_eal_start(config->arguments, error, error_bytes);
    if (failure) return failure;
    struct dpdk_device *self = calloc(1, sizeof(*self));
    if (!self) return -ENOMEM;
    self->base.ops = &tsn_backend_dpdk;
    snprintf(self->name, sizeof(self->name), "%s", config->device);
    failure = strlen(config->device) < sizeof(self->name) ? make_pool(self, config->buffers) : -ENAMETOOLONG;
    if (!failure) failure = waits_for_peer(self->name) ? start_opener(self) : open_device(self);
    if (failure) {
        snprintf(error, error_bytes, "DPDK device '%.100s' cannot be opened: %s", config->device,
                 rte_strerror(-failure));
        dpdk_close(&self->base);
        return failure;
    }
    *backend = &self->base;
    return 0;
}

/* A pool is a queue: what comes next was used longest ago and is in no near cache. Several come at once, their data too. */
static bool fetch_spare(struct dpdk_device *self) {
    uint32_t count = rte_pktmbuf_alloc_bulk(self->pool, self->spare, SPARE_BUFFERS) ? 0 : SPARE_BUFFERS;
    if (count == 0 && (self->spare[0] = rte_pktmbuf_alloc(self->pool))) count = 1; /* the pool's last ones */
    for (uint32_t i = 0; i < count; i++) rte_prefetch0(rte_pktmbuf_mtod(self->spare[i], void *));
    self->spare_count = count;
    return count > 0;
}

static struct tsn_buffer dpdk_buffer_take(struct tsn_backend *backend) {
    struct dpdk_device *self = self_of(backend);
    if (self->spare_count == 0 && !fetch_spare(self)) return (struct tsn_buffer){NULL, NULL};
    struct rte_mbuf *mbuf = self->spare[--self->spare_count];
    return (struct tsn_buffer){.data = rte_pktmbuf_mtod(mbuf, uint8_t *), .handle = mbuf};
}

static void dpdk_buffer_drop(struct tsn_backend *backend, struct tsn_buffer buffer) {
    (void)backend;
    rte_pktmbuf_free(buffer.handle);
}

static int dpdk_transmit(struct tsn_backend *backend, const struct tsn_transmit_frame *frames, uint32_t count) {
    struct dpdk_device *self = self_of(backend);
    struct rte_mbuf *burst[TSN_BURST];
    uint32_t ready = 0;
    if (!is_open(self)) return 0;
    for (; ready < count && ready < TSN_BURST; ready++) {
        struct rte_mbuf *mbuf = frames[ready].buffer.handle;
        /* Drivers drop such a frame and call it sent. */
        if (frames[ready].length > self->frame_bytes_max) break;
        mbuf->data_len = (uint16_t)frames[ready].length;
        mbuf->pkt_len = frames[ready].length;
        if (self->base.launch_offload) {
            *RTE_MBUF_DYNFIELD(mbuf, self->timestamp_offset, rte_mbuf_timestamp_t *) =
                tsn_launch_clock_ticks(&self->clock, frames[ready].lead_ns);
            mbuf->ol_flags |= self->timestamp_flag;
        }
        burst[ready] = mbuf;
    }
    if (ready == 0) return -EMSGSIZE;
    return rte_eth_tx_burst(self->port, 0, burst, (uint16_t)ready);
}

static uint32_t dpdk_receive(struct tsn_backend *backend, struct tsn_receive_frame *frames, uint32_t room) {
    struct dpdk_device *self = self_of(backend);
    if (!is_open(self)) return 0;
    uint16_t came = rte_eth_rx_burst(self->port, 0, self->held, (uint16_t)(room < TSN_BURST ? room : TSN_BURST));
    for (uint16_t i = 0; i < came; i++) {
        struct rte_mbuf *mbuf = self->held[i];
        bool has_vlan = (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
        frames[i] = (struct tsn_receive_frame){
            .data = rte_pktmbuf_mtod(mbuf, const uint8_t *),
            .length = mbuf->data_len, /* buffers hold the largest frame: no chains come */
            .vlan_tci = has_vlan ? mbuf->vlan_tci : 0,
            .has_vlan = has_vlan,
        };
    }
    self->held_count = came;
    return came;
}

static void dpdk_receive_done(struct tsn_backend *backend) {
    struct dpdk_device *self = self_of(backend);
    rte_pktmbuf_free_bulk(self->held, self->held_count);
    self->held_count = 0;
}

static int dpdk_receive_descriptor(const struct tsn_backend *backend) {
    (void)backend;
    return -1;
}

static bool dpdk_link_up(struct tsn_backend *backend) {
    struct rte_eth_link link = {0};
    return is_open(self_of(backend)) && rte_eth_link_get_nowait(self_of(backend)->port, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

static void dpdk_address(struct tsn_backend *backend, uint8_t address[6]) {
    struct rte_ether_addr own = {{0}};
    rte_eth_macaddr_get(self_of(backend)->port, &own);
    memcpy(address, own.addr_bytes, sizeof(own.addr_bytes));
}

static uint64_t dpdk_transmit_errors(struct tsn_backend *backend) {
    struct rte_eth_stats stats = {0};
    return is_open(self_of(backend)) && rte_eth_stats_get(self_of(backend)->port, &stats) == 0 ? stats.oerrors : 0;
}

const struct tsn_backend_ops tsn_backend_dpdk = {
    .name = "dpdk",
    .open = dpdk_open,
    .close = dpdk_close,
    .buffer_take = dpdk_buffer_take,
    .buffer_drop = dpdk_buffer_drop,
    .transmit = dpdk_transmit,
    .receive = dpdk_receive,
    .receive_done = dpdk_receive_done,
    .receive_descriptor = dpdk_receive_descriptor,
    .link_up = dpdk_link_up,
    .address = dpdk_address,
    .transmit_errors = dpdk_transmit_errors,
};
