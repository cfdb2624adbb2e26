#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# exec_kills.sh - shells are ended while they start one program after the other, at moments that
# are as often as not those of an exec: the stack goes on
set -u
. "${0%/*}/lib.sh"

cat > "$work/again.sh" <<'END'
while :; do
	cat /proc/net/dev
done > /dev/null 2>&1
END
cat > "$work/hunt.sh" <<'END'
for i in $(seq 40); do
	for k in 1 2 3 4 5 6; do
		timeout 0.$((RANDOM % 4 + 1)) bash "$1/again.sh" &
	done
	wait
done 2> /dev/null
cat /proc/net/dev > /dev/null && echo alive
END
echo 1..1
timeout 100 "$nuse" --kernel "$LIBOS_RELEASE" --net none -- bash "$work/hunt.sh" "$work" > "$work/log" 2>&1
grep -q alive "$work/log"
result "240 shells are ended" $?
