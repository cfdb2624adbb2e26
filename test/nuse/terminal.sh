#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# terminal.sh - Ctrl-C and Ctrl-Z reach a program on a stack, and nobody else
set -u
. "${0%/*}/lib.sh"
cat > "$work/all.py" <<'END'
import os
import pty
import select
import signal
import sys
import time

nuse, release = sys.argv[1:]
number = 0


def run(options, script):
    """It runs on a terminal of its own. Returns (pid, master)."""
    pid, master = pty.fork()
    if pid == 0:
        os.execv(nuse, [nuse] + options + ["--", "bash", "-c", script])
    return pid, master


def until(master, text, seconds=15):
    seen, end = b"", time.time() + seconds
    while text not in seen and time.time() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                seen += os.read(master, 4096)
            except OSError:
                break
    return text in seen


def result(what, good):
    global number
    number += 1
    print("ok" if good else "not ok", number, "-", what, flush=True)


new = ["--kernel", release, "--net", "none", "--name", "t"]
wait = "exec python3 -c 'import socket; s = socket.socket(2, 2); s.bind((\"127.0.0.1\", 0)); print(\"rea\" \"dy\", flush=True); s.recv(9)'"

pid, master = run(new, "ip link set lo up; trap 'echo caught; exit 5' INT; echo ready; while :; do ss -ta > /dev/null; done")
result("a shell that makes calls", until(master, b"ready"))
os.write(master, b"\x03")
result("Ctrl-C: its handler", until(master, b"caught"))
result("its status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5)

pid, master = run(["--join", "t"], wait.replace("import socket;", "import socket, signal; signal.signal(2, signal.SIG_DFL);"))
result("a program that waits in a call; the stack is still there", until(master, b"ready"))
os.write(master, b"\x03")
result("Ctrl-C ends it", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT)

pid, master = run(["--join", "t", "--isolate"], wait.replace("import socket;", "import socket, signal; signal.signal(2, signal.SIG_DFL);"))
result("the same, isolated", until(master, b"ready"))
os.write(master, b"\x03")
result("Ctrl-C ends it", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT)

pid, master = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
command = "%s --join t -- %s\n" % (nuse, wait[len("exec "):])
os.write(master, command.encode())
until(master, b"ready")
os.write(master, b"\x1a")
result("Ctrl-Z: it is stopped, says the shell", until(master, b"Stopped"))
os.write(master, b"fg\n")
time.sleep(1)
os.write(master, b"\x03")
until(master, b"Interrupt")
os.write(master, b"echo status $?\n")
result("it goes on, and Ctrl-C ends it", until(master, b"status 130"))
os.write(master, b"exit\n")
os.waitpid(pid, 0)

pid, master = run(["--join", "t"], "stty size; echo end")
result("the terminal is its own", until(master, b"end"))
os.waitpid(pid, 0)
print("1..%d" % number)
END
timeout 100 python3 "$work/all.py" "$nuse" "$LIBOS_RELEASE"
