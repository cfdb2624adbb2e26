#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cost.sh: a rewritten call costs at most 20 ns more than a function call
#
# A bound that holds on a busy machine, too: the best of three runs of seven loops.
#
# release: none
set -u
. test/trap/lib.sh
best=1000000
for _ in 1 2 3; do
	run "$work/trap" "$build/probe" "$program/cost" cheap
	sed 's/^/# /' "$work/trap.out"
	extra=$(awk '/function call/ { f = $NF } /emulated/ { e = $NF } END { printf "%d", (e - f) * 10 }' "$work/trap.out")
	[ "${extra:-0}" -gt 0 ] && [ "$extra" -lt $best ] && best=$extra
done
if [ $best -le 200 ]; then
	ok "$((best / 10)).$((best % 10)) ns more than a function call"
else
	not_ok "$((best / 10)).$((best % 10)) ns more than a function call"
fi
plan
