#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""openvswitch.py join A B | count: a datapath with two ports, by generic netlink

join: what comes in at one leaves at the other, ARP and IPv4; two flows each way, set by hand
(linux/openvswitch.h). count: the packets that these have seen.
"""
import socket
import struct
import sys

NETLINK_GENERIC = 16
CTRL, GETFAMILY, FAMILY_ID, FAMILY_NAME = 16, 3, 1, 2
NEW, GET = 1, 3
REQUEST, ACK, DUMP = 1, 4, 0x300
ERROR, DONE = 2, 3
DP_NAME, DP_UPCALL = 1, 2
PORT_NO, PORT_TYPE, PORT_NAME, PORT_UPCALL, NETDEV = 1, 2, 3, 5, 1
FLOW_KEY, FLOW_ACTIONS, FLOW_STATS, FLOW_MASK = 1, 2, 3, 7
IN_PORT, ETHERNET, ETHERTYPE, IPV4, ARP = 3, 4, 6, 7, 13
OUTPUT = 1

netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)


def attr(kind, *values):
    """An attribute; a number is of 32 bits, and several values are nested ones"""
    data = b"".join(struct.pack("=I", v) if isinstance(v, int) else v for v in values)
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def attrs(data):
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind, data[4:size]
        data = data[size + 3 & ~3:]


def ask(family, command, version, data, flags=ACK):
    """The answers' data behind the generic header"""
    head = struct.pack("=IHHII", 20 + len(data), family, REQUEST | flags, 1, 0)
    netlink.send(head + struct.pack("=BBH", command, version, 0) + data)
    while True:
        answer = netlink.recv(65536)
        while answer:
            size, kind = struct.unpack_from("=IH", answer)
            if kind == ERROR:
                error = -struct.unpack_from("=i", answer, 16)[0]
                if error:
                    raise OSError(error, f"family {family}, command {command}")
                return
            if kind == DONE:
                return
            yield answer[20:size]
            answer = answer[size + 3 & ~3:]


def family(name):
    found = ask(CTRL, GETFAMILY, 1, attr(FAMILY_NAME, name.encode() + b"\0"))
    return [struct.unpack("=H", v)[0] for a in found for k, v in attrs(a) if k == FAMILY_ID][0]


def flow(dp, port, to, ethertype, rest):
    def key(number, kind):
        return (attr(IN_PORT, number), attr(ETHERNET, bytes(12)), attr(ETHERTYPE, struct.pack("!H", kind)))

    return struct.pack("=i", dp) + \
        attr(FLOW_KEY, *key(port, ethertype), rest) + \
        attr(FLOW_MASK, *key(0xffffffff, 0xffff)) + \
        attr(FLOW_ACTIONS, attr(OUTPUT, to))


def join(a, b):
    data = struct.pack("=i", 0) + attr(DP_NAME, b"dp0\0") + attr(DP_UPCALL, 0)
    list(ask(family("ovs_datapath"), NEW, 2, data))
    dp = socket.if_nametoindex("dp0")
    for number, name in (1, a), (2, b):
        data = struct.pack("=i", dp) + attr(PORT_NO, number) + attr(PORT_TYPE, NETDEV) + \
            attr(PORT_NAME, name.encode() + b"\0") + attr(PORT_UPCALL, 0)
        list(ask(family("ovs_vport"), NEW, 1, data))
    for port, to in (1, 2), (2, 1):
        list(ask(family("ovs_flow"), NEW, 1, flow(dp, port, to, 0x0806, attr(ARP, bytes(24)))))
        list(ask(family("ovs_flow"), NEW, 1, flow(dp, port, to, 0x0800, attr(IPV4, bytes(12)))))


def count():
    dp = struct.pack("=i", socket.if_nametoindex("dp0"))
    print(sum(struct.unpack_from("=Q", v)[0] for a in ask(family("ovs_flow"), GET, 1, dp, DUMP)
              for k, v in attrs(a[4:]) if k == FLOW_STATS))


{"join": join, "count": count}[sys.argv[1]](*sys.argv[2:])
