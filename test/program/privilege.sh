#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# privilege.sh: programs with threads become somebody else
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
cat > threads.py <<'END_OF_PYTHON'
# The C library signals all threads, and each makes the call in its handler. One whose signal
# is lost is waited for without end.
import os, socket, threading
listener = socket.create_server(("127.0.0.1", 7400))
done = threading.Event()
for _ in range(8):
    threading.Thread(target=done.wait, daemon=True).start()
for i in range(200):
    os.setresuid(-1, -1, -1)
    os.setresgid(-1, -1, -1)
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    for task in os.listdir("/proc/self/task"):
        status = open(f"/proc/self/task/{task}/status").read()
        assert "Uid:\t65534\t65534\t65534\t65534" in status, status
with socket.create_connection(("127.0.0.1", 7400)) as client:
    listener.accept()[0].sendall(b"still here")
    assert client.recv(100) == b"still here"
END_OF_PYTHON
LIMIT=30
check "eight threads change who they are, 400 times" python3 threads.py

plan
