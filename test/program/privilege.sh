#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# privilege.sh: programs become somebody else: all of their threads, and in the stack, too
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

cat > drop.py <<'END_OF_PYTHON'
import os, sys
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
os.execvp(sys.argv[1], sys.argv[1:])
END_OF_PYTHON
# An ordinary user stays root of his stack.
if [ "$(id -u)" = 0 ]; then
	nobody="/usr/bin/python3 drop.py"
else
	nobody=
fi
bind='import socket; socket.create_server(("127.0.0.1", 99))'
export nobody bind
refuses_nobody() {
	if [ "$(id -u)" != 0 ]; then
		ip link set lo down && ip link set lo up && /usr/bin/python3 -c "$bind"
		return
	fi
	! $nobody ip link set lo down 2> error && grep -q "not permitted" error &&
		! $nobody /usr/bin/python3 -c "$bind" 2> error && grep -q "PermissionError" error
}
check "what the stack lets a user do" refuses_nobody
check "and what anybody may" $nobody ip link show lo

if [ "$(id -u)" = 0 ]; then
	cat > steps.py <<'END_OF_PYTHON'
import ctypes, os, socket, threading

libc = ctypes.CDLL(None, use_errno=True)
PR_SET_KEEPCAPS, VERSION_3, NET_BIND = 8, 0x20080522, 10

def capset(permitted, effective):
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(effective, permitted)
    assert not libc.capset(header, data), os.strerror(ctypes.get_errno())

def may_bind():
    try:
        socket.create_server(("127.0.0.1", 99)).close()
        return True
    except PermissionError:
        return False

def in_thread():
    result = []
    thread = threading.Thread(target=lambda: result.append(may_bind()))
    thread.start()
    thread.join()
    return result[0]

def in_child():
    pid = os.fork()
    if not pid:
        os._exit(not may_bind())
    return not os.waitpid(pid, 0)[1]

assert may_bind()
os.seteuid(65534)
assert not may_bind() and not in_thread() and not in_child()
os.seteuid(0)
assert may_bind() and in_thread() and in_child()
libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
os.setresuid(65534, 65534, 65534)
assert not may_bind()
capset(1 << NET_BIND, 1 << NET_BIND)
assert may_bind() and in_child()
capset(1 << NET_BIND, 0)
assert not may_bind()
capset(1 << NET_BIND, 1 << NET_BIND)
os.execvp("python3", ["python3", "-c", """if True:
    import socket
    try:
        socket.create_server(("127.0.0.1", 99))
        exit("an exec keeps capabilities")
    except PermissionError:
        pass
"""])
END_OF_PYTHON
	check "a daemon's steps" python3 steps.py
	cat > again.py <<'END_OF_PYTHON'
import ctypes, os
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert not ctypes.CDLL(None).capset(header, data)
os.execvp("ip", ["ip", "link", "set", "lo", "up"])
END_OF_PYTHON
	check "root's exec gives all again" python3 again.py

	cp /usr/bin/python3 python
	# cap_net_bind_service=ep
	python3 -c 'import os, struct
os.setxattr("python", "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))'
	check "a file's capabilities" $nobody ./python -c "$bind"
	others() {
		! $nobody ./python -c 'import socket; socket.socket(socket.AF_PACKET)' 2> error &&
			grep -q PermissionError error
	}
	check "but no others" others
	python3 -c 'import os; os.removexattr("python", "security.capability")'
	chmod u+s python
	check "set-user-ID" $nobody ./python -c "$bind"
	chmod u-s python
	plain() {
		! $nobody ./python -c "$bind" 2> error && grep -q PermissionError error
	}
	check "neither" plain
fi

plan
