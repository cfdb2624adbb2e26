#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kcm.sh: messages over TCP by the kernel (KCM): what a program attaches and clones are descriptors
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

cat > kcm.py <<'END'
import ctypes, fcntl, os, socket, struct

AF_KCM, SOL_KCM, KCM_RECV_DISABLE = 41, 281, 1
SIOCKCMATTACH, SIOCKCMUNATTACH, SIOCKCMCLONE = 0x89E0, 0x89E1, 0x89E2
SYS_BPF, BPF_PROG_LOAD, SOCKET_FILTER = 321, 5, 1
libc = ctypes.CDLL(None, use_errno=True)


def parser():
    """A message begins with its length, two bytes."""
    program = b"".join(struct.pack("<BBhi", *insn) for insn in (
        (0xbf, 0x16, 0, 0),     # r6 = r1
        (0x28, 0, 0, 0),        # r0 = two bytes
        (0x07, 0, 0, 2),        # r0 += 2
        (0x95, 0, 0, 0),        # return r0
    ))
    code, licence = ctypes.create_string_buffer(program), ctypes.create_string_buffer(b"GPL")
    attr = struct.pack("<IIQQ", SOCKET_FILTER, 4, ctypes.addressof(code),
                       ctypes.addressof(licence)).ljust(120, b"\0")
    fd = libc.syscall(SYS_BPF, BPF_PROG_LOAD, attr, len(attr))
    assert fd >= 0, os.strerror(ctypes.get_errno())
    return fd


def clone(kcm):
    b = bytearray(4)
    fcntl.ioctl(kcm, SIOCKCMCLONE, b)
    return struct.unpack("i", b)[0]


def message(text):
    return struct.pack(">H", len(text)) + text


lowest = os.open("/dev/null", os.O_RDONLY)
os.close(lowest)
multiplexor = libc.socket(AF_KCM, socket.SOCK_SEQPACKET, 0)
assert multiplexor == lowest
other = clone(multiplexor)
assert other == lowest + 1
libc.setsockopt(other, SOL_KCM, KCM_RECV_DISABLE, struct.pack("i", 1), 4)

with socket.create_server(("127.0.0.1", 0)) as server:
    far = socket.create_connection(server.getsockname())
    near = server.accept()[0]
fcntl.ioctl(multiplexor, SIOCKCMATTACH, struct.pack("ii", near.fileno(), parser()))
far.settimeout(5)
far.sendall(message(b"one"))
assert os.read(multiplexor, 100) == message(b"one")
far.sendall(message(b"the second")[:4])
far.sendall(message(b"the second")[4:])
assert os.read(multiplexor, 100) == message(b"the second")
os.write(other, message(b"back"))
assert far.recv(100) == message(b"back")
os.close(multiplexor)
third = clone(other)
assert third == multiplexor
os.write(third, message(b"again"))
assert far.recv(100) == message(b"again")
fcntl.ioctl(third, SIOCKCMUNATTACH, struct.pack("i", near.fileno()))
END
check "a connection, two sockets that share it" /usr/bin/python3 kcm.py
plan
