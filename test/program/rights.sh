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
check "a child gets a connection, a file, a listener" python3 family.py
check "a stranger gets a connection whose sender is gone" python3 receive.py
check "as many as the receiver's socket holds" python3 many.py
plan
