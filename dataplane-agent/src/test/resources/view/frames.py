"""frames.py FROM TO COUNT: sends numbered frames out of interface FROM until each has come in on TO; fails after a minute."""
import select
import socket
import struct
import sys
import time

ETHERTYPE = 0x88B5  # IEEE 802, local experiments
source, sink, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def opened(interface):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    raw.bind((interface, ETHERTYPE))
    return raw


sender, receiver = opened(source), opened(sink)
missing = set(range(count))
deadline = time.monotonic() + 60
while missing and time.monotonic() < deadline:
    for number in sorted(missing)[:32]:
        sender.send(b"\x02\x00\x00\x00\x00\x02" + b"\x02\x00\x00\x00\x00\x01" + struct.pack("!HI", ETHERTYPE, number) + bytes(46))
    while select.select([receiver], [], [], 0.05)[0]:
        missing.discard(struct.unpack("!I", receiver.recv(2048)[14:18])[0])
print(count - len(missing), "of", count, "frames came through")
sys.exit(1 if missing else 0)
