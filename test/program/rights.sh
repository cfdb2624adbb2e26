#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# rights.sh: sockets of the stack in messages of the host's unix sockets (SCM_RIGHTS)
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
cat > family.py <<'END'
# To a child: a connection, a file of the host, a listener
import os, socket
a, b = socket.socketpair()
listener = socket.create_server(("127.0.0.1", 7300))
if not os.fork():
    a.close(), listener.close()
    message, fds, flags, _ = socket.recv_fds(b, 100, 4)
    assert (message, len(fds), flags) == (b"three", 3, 0)
    connection = socket.socket(fileno=fds[0])
    assert connection.recv(100) == b"to child"
    connection.sendall(b"to parent")
    assert os.fdopen(fds[1]).read() == "of the host\n"
    accepted, _ = socket.socket(fileno=fds[2]).accept()
    accepted.sendall(b"accepted")
    os._exit(0)
b.close()
open("file", "w").write("of the host\n")
client = socket.create_connection(("127.0.0.1", 7300))
connection, _ = listener.accept()
with open("file") as file:
    socket.send_fds(a, [b"three"], [connection.fileno(), file.fileno(), listener.fileno()])
connection.close(), listener.close()
client.sendall(b"to child")
assert client.recv(100) == b"to parent"
assert socket.create_connection(("127.0.0.1", 7300)).recv(100) == b"accepted"
assert os.wait()[1] == 0
END
cat > send.py <<'END'
# To a stranger, who takes it when we are gone
import socket
client = socket.create_connection(("127.0.0.1", 7301))
to = socket.socket(socket.AF_UNIX)
to.connect("door")
socket.send_fds(to, [b"one"], [client.fileno()])
END
cat > receive.py <<'END'
import os, socket, time
door = socket.socket(socket.AF_UNIX)
door.bind("door")
door.listen()
server = socket.create_server(("127.0.0.1", 7301))
sender = os.spawnlp(os.P_NOWAIT, "python3", "python3", "send.py")
connection, _ = server.accept()
at_door, _ = door.accept()
assert os.waitpid(sender, 0)[1] == 0
connection.settimeout(0.2)
try:
    assert connection.recv(1), "the connection has ended with the sender"
except TimeoutError:
    pass
_, fds, _, _ = socket.recv_fds(at_door, 100, 4)
socket.socket(fileno=fds[0]).sendall(b"from the heir")
connection.settimeout(5)
assert connection.recv(100) == b"from the heir"
assert connection.recv(100) == b""
END
cat > many.py <<'END'
# Till there is no room for more, to one who does not look
import socket
client = socket.create_server(("127.0.0.1", 0))
for _ in range(4):
    a, b = socket.socketpair()
    a.setblocking(False)
    sent = 0
    try:
        while sent < 10000:
            socket.send_fds(a, [b"x"], [client.fileno()])
            sent += 1
    except BlockingIOError:
        pass
    assert 100 < sent < 10000, sent
    _, fds, _, _ = socket.recv_fds(b, 1, 4)
    assert socket.socket(fileno=fds[0]).getsockname() == client.getsockname()
END
cat > taken.py <<'END'
# pidfd_getfd(2): a connection and a file of another process
import ctypes, os, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
server = socket.create_server(("127.0.0.1", 0))
name = server.getsockname()
ready, say = os.pipe()
child = os.fork()
if not child:
    client = socket.create_connection(name)
    text = open("taken", "w+")
    os.write(say, b"%d %d" % (client.fileno(), text.fileno()))
    signal.pause()
numbers = os.read(ready, 100).split()
connection, _ = server.accept()
pidfd = os.pidfd_open(child)
SYS_PIDFD_GETFD = 438


def take(number, flags=0):
    fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, int(number), flags)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    assert not os.get_inheritable(fd)
    return fd


client = socket.socket(fileno=take(numbers[0]))
assert client.getpeername() == name
client.sendall(b"taken")
assert connection.recv(100) == b"taken"
os.write(take(numbers[1]), b"a file")
assert open("taken").read() == "a file"
for number, flags, error in ((999, 0, 9), (numbers[0], 1, 22)):
    try:
        take(number, flags)
        sys.exit("it should not")
    except OSError as e:
        assert e.errno == error, e
os.kill(child, signal.SIGTERM)
os.waitpid(child, 0)
connection.sendall(b"the taker has it still")
assert client.recv(100) == b"the taker has it still"
END
check "a child gets a connection, a file, a listener" python3 family.py
[ -n "${NUSE_OPTIONS-}" ] || check "who may look into a process takes them" python3 taken.py
check "a stranger gets a connection whose sender is gone" python3 receive.py
check "as many as the receiver's socket holds" python3 many.py
plan
