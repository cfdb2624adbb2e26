#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# isolate.sh: other scripts here, with programs that share no memory with their stack
#
# timeout: 300
set -u
scripts=(files iproute2 filter nginx haproxy go node python java servers relay rights ssh dns frr)
export NUSE_OPTIONS=--isolate

failures=0
for i in "${!scripts[@]}"; do
	log=$(timeout 120 "test/program/${scripts[i]}.sh" 2>&1)
	status=$?
	if [ $status = 0 ]; then
		echo "ok $((i + 1)) - ${scripts[i]}"
	else
		echo "not ok $((i + 1)) - ${scripts[i]}"
		grep -v '^ok ' <<< "$log" | sed 's/^/# /'
		failures=1
	fi
done
echo "1..${#scripts[@]}"
exit $failures
