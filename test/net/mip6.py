# SPDX-License-Identifier: GPL-2.0
"""mip6.py - the signalling of Mobile IPv6 (RFC 6275): a mobile node and who it is bound to

node HOME CARE-OF PEER...	registers with each PEER; ends when all have acknowledged
answer ADDRESS			a home agent or correspondent: answers binding updates

What a binding means for packets is the kernel's: `ip xfrm` with home address option and
type 2 routing header (proto hao, route2). Both ends set it up by this script, when the
binding is there.
"""
import os
import socket
import struct
import subprocess
import sys

MH, BU, BA = 135, 5, 6
IPV6_CHECKSUM = 7


def mobility(kind, body):
    """A mobility header: next, length in 8 bytes less one, kind, reserved, checksum"""
    raw = struct.pack("!BBBBH", 59, 0, kind, 0, 0) + body
    raw += b"\x01" + bytes([-(len(raw) + 2) % 8]) + bytes(-(len(raw) + 2) % 8)  # PadN
    return raw[:1] + bytes([len(raw) // 8 - 1]) + raw[2:]


def raw_socket(address):
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, MH)
    # of struct ip6_mh: the kernel fills in and checks
    s.bind((address, 0))
    return s


def xfrm(*words):
    subprocess.run(["ip", "xfrm", *words], check=False, stderr=subprocess.DEVNULL)


def bind_peer(home, care_of, peer):
    """At the correspondent: to HOME by way of CARE-OF, from there with HOME as source"""
    xfrm("state", "del", "src", peer, "dst", home, "proto", "route2")
    xfrm("state", "del", "src", home, "dst", peer, "proto", "hao")
    xfrm("state", "add", "src", peer, "dst", home, "proto", "route2", "mode", "ro",
         "coa", care_of)
    xfrm("state", "add", "src", home, "dst", peer, "proto", "hao", "mode", "ro",
         "coa", care_of)
    for tail in ("in", "out"):
        src, dst = (home, peer) if tail == "in" else (peer, home)
        xfrm("policy", "update", "src", src + "/128", "dst", dst + "/128", "dir", tail,
             "priority", "10", "tmpl", "src", src, "dst", dst,
             "proto", "hao" if tail == "in" else "route2", "mode", "ro", "level", "use")


def bind_node(home, care_of, peer):
    """At the mobile node: the mirror image"""
    xfrm("state", "del", "src", home, "dst", peer, "proto", "hao")
    xfrm("state", "del", "src", peer, "dst", home, "proto", "route2")
    xfrm("state", "add", "src", home, "dst", peer, "proto", "hao", "mode", "ro",
         "coa", care_of)
    xfrm("state", "add", "src", peer, "dst", home, "proto", "route2", "mode", "ro",
         "coa", care_of)
    for tail in ("in", "out"):
        src, dst = (peer, home) if tail == "in" else (home, peer)
        xfrm("policy", "update", "src", src + "/128", "dst", dst + "/128", "dir", tail,
             "priority", "10", "tmpl", "src", src, "dst", dst,
             "proto", "route2" if tail == "in" else "hao", "mode", "ro", "level", "use")


def answer(address):
    s = raw_socket(address)
    while True:
        data, peer = s.recvfrom(2000)
        if data[2] != BU:
            continue
        sequence, flags, lifetime = struct.unpack("!HHH", data[6:12])
        # alternate care-of address (3), home address as our own experimental option (253)
        options, care_of, home = data[12:], peer[0], None
        while options:
            if options[0] == 0:
                options = options[1:]
                continue
            value = options[2:2 + options[1]]
            if options[0] == 3:
                care_of = socket.inet_ntop(socket.AF_INET6, value)
            elif options[0] == 253:
                home = socket.inet_ntop(socket.AF_INET6, value)
            options = options[2 + options[1]:]
        bind_peer(home, care_of, address)
        print("bound", home, "to", care_of, "sequence", sequence, flush=True)
        # status, reserved, sequence, lifetime
        s.sendto(mobility(BA, struct.pack("!BBHH", 0, 0, sequence, lifetime)), (peer[0], 0))


def node(home, care_of, peers):
    s = raw_socket(care_of)
    s.settimeout(2)
    sequence = os.getpid() & 0xffff
    for peer in peers:
        # sequence, acknowledge, lifetime in 4 s
        body = struct.pack("!HHH", sequence, 0x8000, 75)
        body += b"\x03\x10" + socket.inet_pton(socket.AF_INET6, care_of)
        body += b"\xfd\x10" + socket.inet_pton(socket.AF_INET6, home)
        for _ in range(4):
            s.sendto(mobility(BU, body), (peer, 0))
            try:
                data, _ = s.recvfrom(2000)
            except TimeoutError:
                continue
            assert data[2] == BA and data[6] == 0, data
            assert struct.unpack("!H", data[8:10])[0] == sequence
            break
        else:
            sys.exit("no acknowledgement of " + peer)
        bind_node(home, care_of, peer)


if sys.argv[1] == "node":
    node(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    answer(sys.argv[2])
