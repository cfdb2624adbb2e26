#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# unix.sh: AF_UNIX of the stack's own (nuse --unix stack)
set -u
export NUSE_OPTIONS="${NUSE_OPTIONS-} --unix stack"
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
name=/run/nuse-test.$$
cat > all.py <<'END'
import array, os, socket, sys

name = sys.argv[1]
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.1", 0))
socket.send_fds(a, [b"a socket"], [u.fileno()])
message, fds, _, _ = socket.recv_fds(b, 10, 4)
assert message == b"a socket"
assert socket.socket(fileno=fds[0]).getsockname() == u.getsockname()
listener = socket.socket(socket.AF_UNIX)
listener.bind(name)
listener.listen()
assert os.path.exists(name)
client = socket.socket(socket.AF_UNIX)
client.connect(name)
server, _ = listener.accept()
if os.fork() == 0:
    client.send(b"from a child")
    os._exit(0)
os.wait()
assert server.recv(20) == b"from a child"
try:
    socket.socket(socket.AF_UNIX).bind(name)
    sys.exit("bound twice")
except OSError:
    pass
os.unlink(name)
assert not os.path.exists(name)
abstract = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
abstract.bind("\0nuse")
other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
other.sendto(b"datagram", "\0nuse")
assert abstract.recv(20) == b"datagram"
END
check "Python: descriptors, names, a fork, datagrams" /usr/bin/python3 all.py "$name"
serve socat UNIX-LISTEN:"$name",fork EXEC:'echo hello'
await "socat listens" test -e "$name"
check "another one connects" test "$(socat - UNIX-CONNECT:"$name" < /dev/null)" = hello
check "ss -x" grep -q "LISTEN.*$name" <(ss -xlH)
check "/proc/net/unix" grep -q "$name" /proc/net/unix
check "the host has no such file" test "$(cd "${name%/*}" && ls | grep -c "${name##*/}")" = 0
check "files to the other side of a pipe are the host's" test "$(echo x | cat)" = x
plan
