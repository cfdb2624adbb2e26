#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kills.sh - 1,000 programs are killed at random moments: the stack goes on
#
# Peers see each end, nothing is damaged, nothing is left; how many were in the middle of
# the kernel is shown.
set -u
. "${0%/*}/lib.sh"
kills=$PWD/build/test/nuse/kills
n=0
echo 1..2
for threads in 1 3; do
	n=$((n + 1))
	if timeout 100 "$kills" hunt "$nuse" 500 $threads 2>&1; then
		echo "ok $n - 500 kills of programs with $threads threads"
	else
		echo "not ok $n - 500 kills of programs with $threads threads"
	fi
done
