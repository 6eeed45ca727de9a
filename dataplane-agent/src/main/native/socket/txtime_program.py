#!/usr/bin/python3
"""A program that knows nothing of the agent: the interpreter, compiled by a distribution, sends at launch times as a
kernel with etf would have it. Its payloads are those of tsn-perf, so that tsn-perf listener can measure them.
    txtime_program.py ADDRESS PORT FRAMES PERIOD_NS
"""
import socket
import struct
import sys
import time

SO_TXTIME = SCM_TXTIME = 61
CLOCK_TAI = 11
SOF_TXTIME_REPORT_ERRORS = 2
MSG_ERRQUEUE = 0x2000
LEAD_NS = 3_000_000

address, port, frames, period_ns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 7)
sender.setsockopt(socket.SOL_SOCKET, SO_TXTIME, struct.pack("iI", CLOCK_TAI, SOF_TXTIME_REPORT_ERRORS))
sender.connect((address, port))


def reports():
    """How many frames the error queue says were dropped; it holds no more than some dozens between two looks."""
    count = 0
    while True:
        try:
            sender.recvmsg(2048, 512, MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            count += 1
        except BlockingIOError:
            return count


reported = 0
first_ns = (time.clock_gettime_ns(CLOCK_TAI) // period_ns + 20) * period_ns
for number in range(frames):
    launch_ns = first_ns + number * period_ns
    time.sleep(max(0, launch_ns - LEAD_NS - time.clock_gettime_ns(CLOCK_TAI)) / 1e9)
    payload = struct.pack(">BBIQi", 0xD7, 0x80, number, launch_ns, -LEAD_NS)
    sender.sendmsg([payload], [(socket.SOL_SOCKET, SCM_TXTIME, struct.pack("Q", launch_ns))])
    reported += reports()
time.sleep(0.3)
reported += reports()
print('{"sent":%d,"reportedMissed":%d,"reportedInvalid":0}' % (frames, reported))
