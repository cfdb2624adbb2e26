#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# isolate.sh: other scripts here, with programs that share no memory with their stack
#
# timeout: 300
set -u
scripts=(files iproute2 filter nginx haproxy go node python java servers relay rights ssh dns frr
	limit)
export NUSE_OPTIONS=--isolate
. test/program/each.sh
run_each 120 env
