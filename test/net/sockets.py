# SPDX-License-Identifier: GPL-2.0
"""sockets.py COMMAND - runs it by a shell while sockets of all kinds are open, for ss to show

TCP: listeners at 7000 (backlog 7) and [::]:7001, connections from 7100 and [::1]:7101, of
which the first has 300 bytes unread at 7000's end and keepalive at its own, and one at
7102 whose other end has shut down. UDP: 7200, a connected one to it, 7201 with IPv6 alone
and 500 bytes unread. A raw socket of ICMP, a packet socket on lo, UNIX stream and datagram
sockets. Reno everywhere; ends by resets, so that nothing is left to wait.
"""
import fcntl
import socket
import struct
import subprocess
import sys
import time

kept = []


def keep(family, kind, bind=None, connect=None, proto=0, options=()):
    s = socket.socket(family, kind, proto)
    kept.append(s)
    for option in options:
        s.setsockopt(*option)
    if bind is not None:
        s.bind(bind)
    if connect is not None:
        s.connect(connect)
    return s


STREAM = [(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), (6, socket.TCP_CONGESTION, b"reno"),
          (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))]
V4, V6 = socket.AF_INET, socket.AF_INET6
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM

four = keep(V4, TCP, ("127.0.0.1", 7000), options=STREAM)
four.listen(7)
six = keep(V6, TCP, ("::", 7001), options=STREAM)
six.listen(9)


def connection(listener, family, bind, connect, more=()):
    c = keep(family, TCP, bind, connect, options=STREAM + list(more))
    s, _ = listener.accept()
    kept.append(s)
    return c, s


ALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (6, socket.TCP_KEEPIDLE, 1000)]
c, s = connection(four, V4, ("127.0.0.1", 7100), ("127.0.0.1", 7000), ALIVE)
c.sendall(bytes(200))
s.recv(200, socket.MSG_WAITALL)
s.sendall(bytes(100))
c.recv(100, socket.MSG_WAITALL)
c.sendall(bytes(300))
connection(six, V6, ("::1", 7101), ("::1", 7001))
c, s = connection(four, V4, ("127.0.0.1", 7102), ("127.0.0.1", 7000))
s.shutdown(socket.SHUT_WR)
c.recv(1)


def unacknowledged(s):
    return struct.unpack("i", fcntl.ioctl(s, 0x5411, bytes(4)))[0]      # SIOCOUTQ


# Acknowledgements may be delayed
end = time.monotonic() + 5
while time.monotonic() < end and any(unacknowledged(s) for s in kept if s not in (four, six)):
    time.sleep(.01)

keep(V4, UDP, ("127.0.0.1", 7200))
keep(V4, UDP, ("127.0.0.1", 7202), ("127.0.0.1", 7200))
keep(V6, UDP, ("::", 7201), options=[(41, socket.IPV6_V6ONLY, 1)])
keep(V6, UDP, ("::1", 7203), ("::1", 7201)).send(bytes(500))
keep(V4, socket.SOCK_RAW, proto=1)
keep(socket.AF_PACKET, socket.SOCK_RAW, ("lo", 3))
listener = keep(socket.AF_UNIX, TCP, "\0libos-listener")
listener.listen(3)
keep(socket.AF_UNIX, TCP, connect="\0libos-listener")
keep(socket.AF_UNIX, UDP, "\0libos-datagrams")
kept += socket.socketpair()

sys.exit(subprocess.run(sys.argv[1], shell=True, stdin=subprocess.DEVNULL).returncode)
