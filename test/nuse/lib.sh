# SPDX-License-Identifier: GPL-2.0
# lib.sh - for the scripts here: a runtime directory of their own, and TAP
#
# $work is a directory, $nuse the command; at the end all stacks are stopped.
#
#	result NAME STATUS	ok where STATUS is 0; else all files $work/log* are shown
#	soon COMMAND...		succeeds as soon as COMMAND does, within some seconds
#	nothing_left		no stack is there

work=$(mktemp -d)
nuse=$PWD/build/nuse
export XDG_RUNTIME_DIR=$work/run
mkdir -m 700 "$work/run"
n=0

lib_end() {
	local name
	for name in "$XDG_RUNTIME_DIR"/nuse/*/; do
		[ ! -e "$name" ] || timeout 10 "$nuse" stop -f "$(basename "$name")" > /dev/null 2>&1
	done
	rm -rf "$work"
}
trap lib_end EXIT

result() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		head -n 40 "$work"/log* 2> /dev/null | sed 's/^/# /'
	fi
}

soon() {
	local i
	for i in {1..100}; do
		"$@" && return
		sleep 0.1
	done
	return 1
}

nothing_left() {
	[ -z "$(ls -A "$XDG_RUNTIME_DIR/nuse")" ]
}
