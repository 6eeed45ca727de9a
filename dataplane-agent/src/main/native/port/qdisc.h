/*
 * Queueing disciplines of a kernel interface, asked for by rtnetlink: gates in the card (taprio, full offload) and launch
 * times in the card (etf, offload). Messages are made by pure functions, byte by byte those that tc(8) sends; a card or
 * kernel that has none of it refuses them. Untested on hardware.
 */
#ifndef TSN_PORT_QDISC_H
#define TSN_PORT_QDISC_H

#include "core/gates.h"

#include <stddef.h>
#include <stdint.h>

enum { TSN_QDISC_MESSAGE_BYTES = 65536, TSN_QDISC_CLASSES = 8, TSN_QDISC_QUEUES_MAX = 16 };

/*
 * Replaces the root discipline of the interface by taprio with the list, flags 0x2. The eight traffic classes share
 * `queues` (1 to 16) transmit queues of the card, the highest class on queue 0, which cards of this kind serve first; a
 * gate that several classes share is open when that of one of them is. Returns the message's bytes, or -E2BIG.
 */
int tsn_qdisc_taprio(uint8_t *message, size_t room, int interface, const struct tsn_gate_list *list, uint32_t queues);

/* Replaces the root discipline by etf with offload on CLOCK_TAI; the card gets frames delta_ns before their launch. */
int tsn_qdisc_etf(uint8_t *message, size_t room, int interface, uint32_t delta_ns);

/* Gives the root back to the kernel's default discipline. */
int tsn_qdisc_delete(uint8_t *message, size_t room, int interface);

/* Transmit queues of the interface, or a negative errno. */
int tsn_qdisc_queues(int interface);

/*
 * Sends a message and waits for the kernel's answer. 0, or its negative errno with what it says in `error`: -ENOENT or
 * -EOPNOTSUPP where kernel or card have no such thing.
 */
int tsn_qdisc_apply(const uint8_t *message, size_t bytes, char *error, size_t error_bytes);

#endif
