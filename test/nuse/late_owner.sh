#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# late_owner.sh - programs that end make room for others once the owner has seen it: who wants room waits for that
set -u
. "${0%/*}/lib.sh"

cat > "$work/forks.py" <<'END'
# As a server with a child for each connection, which never waits for one
import os, signal, socket
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
socket.socket()
count = open(os.environ["work"] + "/count", "w", 1)
for i in range(4000):
    if not os.fork():
        os._exit(0)
    count.write(f"{i}\n")
END
export work
echo 1..1
timeout 100 "$nuse" --kernel "${LIBOS_RELEASE:-6.12}" --net none --name late -- \
	/usr/bin/python3 "$work/forks.py" > "$work/log.forks" 2>&1 &
program=$!
soon test -s "$work/count"
owner=$("$nuse" ls | awk '$1 == "late" { print $NF }')
kill -STOP "$owner"
last=0
for _ in {1..300}; do
	sleep 0.1
	now=$(wc -l < "$work/count")
	[ "$now" = "$last" ] && break
	last=$now
done
kill -CONT "$owner"
wait $program
result "more children than there is room for, while the owner stands still" $?
"$nuse" stop -f late
