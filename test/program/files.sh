#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# files.sh: descriptors, waits and signals are as on the host's kernel (files.c)
#
# timeout: 120
set -u
SECONDS_MAX=100
program=${TEST_TOP-$PWD}/build/test/program/files

# One part, whatever happens to it
run_part() {
	timeout -k 1 20 "$program" "$1" > "$2" 2>&1
	echo "status $?" >> "$2"
}
export -f run_part
export program

outside() {
	local net=(unshare -n)
	[ "$(id -u)" = 0 ] || net=(unshare -rn)
	# shellcheck disable=SC2016
	"${net[@]}" bash -c 'ip link set lo up; for part in $("$program"); do run_part "$part" "native.$part"; done' || {
		echo "the host lets nobody make a network namespace to compare with"
		exit 77
	}
}
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
LIMIT=25
for part in $("$program"); do
	run_part "$part" "stack.$part"
	check "$part" diff "native.$part" "stack.$part"
done
plan
