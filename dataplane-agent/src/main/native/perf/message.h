#ifndef TSN_PERF_MESSAGE_H
#define TSN_PERF_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The first bytes of every payload, big-endian. 18 bytes, because that is the payload of a UDP datagram over IPv4 in
 * the smallest Ethernet frame (64 bytes with FCS).
 *
 *   0  u8   magic, MESSAGE_MAGIC
 *   1  u8   bit 7: a launch time was asked for; bit 6: last frame of the run; bits 0-5: number of the run
 *   2  u32  sequence, from 0
 *   6  u64  intended launch, ns TAI (of the grid, also when no launch time was asked for)
 *   14 i32  time of the send call minus intended launch, ns, saturated
 */
#define MESSAGE_SIZE 18
#define MESSAGE_MAGIC 0xd7

struct message {
    bool launch_time;
    bool last;
    uint8_t run;
    uint32_t sequence;
    int64_t launch_tai_ns;
    int64_t send_tai_ns;
};

/* Writes MESSAGE_SIZE bytes. */
void message_write(const struct message *message, uint8_t *bytes);

/* Reads a payload. False when it is not one of ours; then `message` is untouched. */
bool message_read(struct message *message, const uint8_t *bytes, size_t size);

#endif
