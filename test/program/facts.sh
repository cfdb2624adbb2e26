# SPDX-License-Identifier: GPL-2.0
# facts.sh: a program that tells facts (facts.h), part by part, on the host's kernel and
# on a stack. `program` is set.
export program

# One part, whatever happens to it
run_part() {
	timeout -k 1 20 "$program" "$1" > "$2" 2>&1
	echo "status $?" >> "$2"
}
export -f run_part

outside() {
	local net=(unshare -n)
	[ "$(id -u)" = 0 ] || net=(unshare -rn)
	# shellcheck disable=SC2016
	"${net[@]}" bash -c 'ip link set lo up; for part in $("$program"); do run_part "$part" "native.$part"; done' || {
		echo "the host lets nobody make a network namespace to compare with"
		exit 77
	}
}

compare() {
	ip link set lo up
	LIMIT=25
	for part in $("$program"); do
		run_part "$part" "stack.$part"
		check "$part" diff "native.$part" "stack.$part"
	done
}
