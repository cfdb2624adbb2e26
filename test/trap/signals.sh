#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# signals.sh: handlers, masks, faults, restarts, jumps; each as in a native run
#
# release: none
# timeout: 400
set -u
. test/trap/lib.sh
for name in restart masks fault jump registers race spawn storm; do
	same "$name" "$program/$name"
done
plan
