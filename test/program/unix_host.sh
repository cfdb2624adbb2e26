#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# unix_host.sh: /proc/net/unix lists the host's sockets, as AF_UNIX is the host's; what lies beside it
# is the stack's
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

cat > listed.py <<'END'
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind("here")
number = os.readlink("/proc/self/fd/%d" % s.fileno())[len("socket:["):-1]
lines = [line.split() for line in open(sys.argv[1].replace("PID", str(os.getpid())))]
assert ["here"] == [line[7] for line in lines if line[6] == number], lines
os.unlink("here")
END
ip link add apart type dummy
for name in /proc/net/unix /proc/self/net/unix /proc/PID/net/unix; do
	check "$name" /usr/bin/python3 listed.py $name
done
in_directory() {
	(cd /proc/net && "$@")
}
check "where one stands in /proc/net" in_directory cmp unix /proc/net/unix
check "another file there is the stack's" in_directory grep -q apart dev
plan
