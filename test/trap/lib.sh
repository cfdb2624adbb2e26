# SPDX-License-Identifier: GPL-2.0
# lib.sh - for the scripts here: run a program natively and under personalities, compare
#
#	same WHAT COMMAND...	output, error output and status must be the native run's
#	under WHAT EXPECTED COMMAND...	output under each personality must be EXPECTED
#	skip WHAT WHY, plan	TAP
#
# LIMIT is the seconds that a run may take, MODES the personalities.

build=$PWD/build/trap
program=$build/program
LIMIT=${LIMIT:-30}
MODES=("null" "probe" "probe -e" "probe_fork -e")
tests=0 failures=0
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work" 2> /dev/null; rm -rf "$work"' EXIT

ok() {
	tests=$((tests + 1))
	echo "ok $tests - $*"
}

not_ok() {
	tests=$((tests + 1)) failures=$((failures + 1))
	echo "not ok $tests - $*"
}

skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

plan() {
	echo "1..$tests"
	[ $failures = 0 ]
}

# run TO COMMAND...: TO.out, TO.err, TO.status
run() {
	local to=$1
	shift
	timeout -k 2 "$LIMIT" "$@" > "$to.out" 2> "$to.err" < /dev/null
	echo $? > "$to.status"
}

compare() {
	local what=$1 part bad=
	for part in status out err; do
		cmp -s "$work/native.$part" "$work/trap.$part" || bad="$bad $part"
	done
	if [ -z "$bad" ]; then
		ok "$what"
	else
		not_ok "$what: differs in:$bad"
		for part in $bad; do
			diff "$work/native.$part" "$work/trap.$part" | head -n 15 | sed 's/^/# /'
		done
	fi
}

same() {
	local what=$1 mode
	shift
	run "$work/native" "$@"
	for mode in "${MODES[@]}"; do
		# shellcheck disable=SC2086
		run "$work/trap" "$build"/$mode "$@"
		compare "$what under $mode"
	done
}

under() {
	local what=$1 expected=$2 mode
	shift 2
	echo "$expected" > "$work/native.out"
	: > "$work/native.err"
	echo 0 > "$work/native.status"
	for mode in "${MODES[@]}"; do
		# shellcheck disable=SC2086
		run "$work/trap" "$build"/$mode "$@"
		compare "$what under $mode"
	done
}
