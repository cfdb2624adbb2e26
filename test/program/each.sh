# SPDX-License-Identifier: GPL-2.0
# each.sh - for scripts here that run others: which are $scripts
#
#	run_each SECONDS COMMAND...	each as COMMAND... SCRIPT, in that time, in TAP

run_each() {
	local i log failures=0 seconds=$1
	shift
	for i in "${!scripts[@]}"; do
		if log=$(timeout "$seconds" "$@" "test/program/${scripts[i]}.sh" 2>&1); then
			echo "ok $((i + 1)) - ${scripts[i]}"
		else
			echo "not ok $((i + 1)) - ${scripts[i]}"
			grep -v '^ok ' <<< "$log" | sed 's/^/# /'
			failures=1
		fi
	done
	echo "1..${#scripts[@]}"
	return $failures
}
