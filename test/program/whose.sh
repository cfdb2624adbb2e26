#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# whose.sh: whose a socket is: the number that /proc/net has is that of the link in /proc/PID/fd, and what
# stat(2) says of it, as lsof and fuser ask
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

cat > listen.py <<'END'
import os, socket, time
s = socket.create_server(("", 7400))
open("fd", "w").write(str(s.fileno()))
time.sleep(100)
END
serve /usr/bin/python3 listen.py
pid=$!
await "somebody listens" test -s fd
link=/proc/$pid/fd/$(cat fd)
number=$(awk '$2 ~ /:1CE8$/ { print $10 }' /proc/net/tcp)
export link number
cat > stats.py <<'END'
import ctypes, os, sys
link, number = os.environ["link"], int(os.environ["number"])
assert os.stat(link).st_ino == number
assert os.lstat(link).st_ino != number
buffer = ctypes.create_string_buffer(256)
assert ctypes.CDLL(None).statx(-100, link.encode(), 0, 0x7ff, buffer) == 0
assert int.from_bytes(buffer.raw[32:40], "little") == number
END
check "by its link" test "$(readlink "$link")" = "socket:[$number]"
check "by stat(2), statx(2); not lstat(2)" /usr/bin/python3 stats.py
check "a file of the host's is the host's" test "/proc/$pid/fd/0" -ef /dev/null
# They are at the end of the table
others() {
	ls "/proc/$pid/fd"
	[ "$(ls "/proc/$pid/fd" | sort -n | tail -n 1)" -lt 1000 ]
}
export pid
check "a list of its files has none of nuse's" others
plan
