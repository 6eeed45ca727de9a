/*
 * Port backends: how frames get to a device and back. One thread at a time uses a backend (the port's poll thread);
 * open and close come from a control thread while no poll thread runs. No call blocks, none allocates after open.
 */
#ifndef TSN_PORT_BACKEND_H
#define TSN_PORT_BACKEND_H

#include "core/gates.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room of a buffer: the largest frame and a VLAN tag. */
#define TSN_BUFFER_BYTES 2048u
#define TSN_BURST 32u

/* A buffer of the backend, for one frame to transmit. */
struct tsn_buffer {
    uint8_t *data; /* TSN_BUFFER_BYTES; NULL: none free */
    void *handle;
};

struct tsn_transmit_frame {
    struct tsn_buffer buffer;
    uint32_t length; /* without FCS */
    int64_t lead_ns; /* from the call to the launch: of meaning where launch_offload is true */
    uint8_t traffic_class;
};

struct tsn_receive_frame {
    const uint8_t *data; /* valid until receive_done */
    uint32_t length;
    int64_t realtime_ns; /* CLOCK_REALTIME of reception by the kernel; 0: the device does not say */
    uint16_t vlan_tci;
    bool has_vlan; /* the tag was taken off */
    bool checksum_pending; /* the sender, a program of this machine, left the checksum to hardware */
};

struct tsn_backend_config {
    const char *device;
    uint32_t buffers;     /* transmit buffers that must be had at once */
    const char *arguments; /* of the backend as a whole, such as extra EAL options; may be NULL */
};

struct tsn_backend;

struct tsn_backend_ops {
    const char *name;

    /* 0, or a negative errno and one sentence in error. */
    int (*open)(const struct tsn_backend_config *config, struct tsn_backend **backend, char *error, size_t error_bytes);
    void (*close)(struct tsn_backend *backend);

    struct tsn_buffer (*buffer_take)(struct tsn_backend *backend);
    void (*buffer_drop)(struct tsn_backend *backend, struct tsn_buffer buffer);

    /*
     * Hands over the first frames of the list, in order. Returns how many the device took (their buffers are no longer
     * the caller's), 0 to count; or a negative errno: the first frame cannot be sent by this device at all (-EMSGSIZE,
     * -EIO …) and stays the caller's.
     */
    int (*transmit)(struct tsn_backend *backend, const struct tsn_transmit_frame *frames, uint32_t count);

    /* Up to room frames that came; 0 when there are none. Then receive_done, before the next receive. */
    uint32_t (*receive)(struct tsn_backend *backend, struct tsn_receive_frame *frames, uint32_t room);
    void (*receive_done)(struct tsn_backend *backend);

    /* Readable when a frame came; -1: none, poll. */
    int (*receive_descriptor)(const struct tsn_backend *backend);
    bool (*link_up)(struct tsn_backend *backend);

    /* The device's own MAC address. NULL: the backend has none. */
    void (*address)(struct tsn_backend *backend, uint8_t address[6]);

    /* Frames that the device took and then lost, by its own count. */
    uint64_t (*transmit_errors)(struct tsn_backend *backend);

    /*
     * Sets the gates in the device too, beside those of the engine; NULL: no such device. From a control thread, at any
     * time. 0, or a negative errno and one sentence.
     */
    int (*set_gates)(struct tsn_backend *backend, const struct tsn_gate_list *list, char *error, size_t error_bytes);
};

/* First member of every backend. */
struct tsn_backend {
    const struct tsn_backend_ops *ops;
    bool launch_offload; /* the device holds a frame until its launch */
};

extern const struct tsn_backend_ops tsn_backend_af_packet;
extern const struct tsn_backend_ops tsn_backend_null;
extern const struct tsn_backend_ops tsn_backend_wire;

#endif
