#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tasks.sh - of programs that have ended no task is left on the stack's list, which each death and
# each exec goes through
set -u
. "${0%/*}/lib.sh"

tasks=$PWD/build/test/nuse/tasks
at=$(nm "build/liblinux-$LIBOS_RELEASE.so" | awk '$3 == "lib_tasks" { print $1 }')

# few: one that was killed is heard of a little later
few() {
	local count
	count=$("$tasks" "$program" "$at") && echo "$count on the list" && [ "$count" -lt 20 ]
} >> "$work/log" 2>&1

# ends WHAT COMMAND: which runs 40 times
ends() {
	mkfifo "$work/done"
	"$nuse" --kernel "$LIBOS_RELEASE" --net none -- bash -c '
		for i in {1..40}; do '"$2"'; done > /dev/null 2>&1
		echo "$$" > "$1"
		exec sleep 100' bash "$work/done" &
	read -r program < "$work/done"
	soon few
	result "$1" $?
	kill "$program"
	wait
	rm -f "$work/done" "$work/log"
} 2> /dev/null

echo 1..3
ends "programs" 'cat /proc/net/dev'
ends "shells, and their programs" '(cat /proc/net/dev; true) | cat'
ends "programs that are killed" 'sleep 10 & kill -KILL $!; wait $!'
