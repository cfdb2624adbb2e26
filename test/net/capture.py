# SPDX-License-Identifier: GPL-2.0
"""capture.py FILE DEVICE - writes what passes to a capture file until SIGINT or SIGTERM

Without a ring: nuse fills rings when their program calls poll(2) (doc/limits), and this one
looks into the kernel's own queue. tcpdump reads these files; packet.sh compares both.
"""
import signal
import socket
import struct
import sys
import time

# ETH_P_ALL; outgoing packets come, too. Of devices without a link layer: LINKTYPE_RAW
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
s.bind((sys.argv[2], 3))
kind = s.getsockname()[3]
signal.signal(signal.SIGTERM, signal.default_int_handler)
with open(sys.argv[1], "wb", buffering=0) as f:
    f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1 if kind in (1, 772) else 101))
    print("listening on", sys.argv[2], file=sys.stderr, flush=True)
    try:
        while True:
            try:
                data = s.recv(262144)
            except OSError:  # the device went down
                continue
            now = time.time_ns()
            f.write(struct.pack("=IIII", now // 10**9, now // 1000 % 10**6, len(data), len(data)) + data)
    except KeyboardInterrupt:
        pass
