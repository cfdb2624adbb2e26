#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# signals.sh: handlers, masks, faults, restarts, jumps; each as in a native run
#
# release: none
# timeout: 400
set -u
. test/trap/lib.sh
for name in restart masks fault jump registers race spawn execsignal storm threads altstack; do
	same "$name" "$program/$name"
done
same "detached" "$program/detached"
if command -v musl-gcc > /dev/null; then
	for how in "" -static; do
		# shellcheck disable=SC2086
		musl-gcc -O2 $how -o "$work/detached" test/trap/program/detached.c &&
			same "detached, musl $how" "$work/detached"
	done
else
	skip "detached, musl" "no musl-gcc"
fi
plan
