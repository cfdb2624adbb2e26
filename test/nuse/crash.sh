#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# crash.sh - the kernel panics while a program carries it, or that is killed inside and has
# no twin: all learn it, nobody hangs
set -u
work=$(mktemp -d)
nuse=$PWD/build/nuse
crash=$PWD/build/test/nuse/crash
trap '"$nuse" stop -f k > /dev/null 2>&1; "$nuse" stop -f c > /dev/null 2>&1; rm -rf "$work"' EXIT
mkdir -m 700 "$work/run"
export XDG_RUNTIME_DIR=$work/run
n=0

result() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		head -n 20 "$work"/{sleeper,killer,join,dmesg} 2> /dev/null | sed 's/^/# /'
	fi
}

timeout 20 "$nuse" --kernel "$LIBOS_RELEASE" --net none --name c -- "$crash" wait > "$work/sleeper" 2>&1 &
for _ in $(seq 100); do
	grep -q ready "$work/sleeper" && break
	sleep 0.05
done
timeout 20 "$nuse" --join c -- "$crash" now > "$work/killer" 2>&1
result "the program that carried it goes on" $?
grep -q "the stack has died: sysrq triggered crash" "$work/killer"
result "and is told why" $?
expected=$'call: Input/output error\nnext: Input/output error'
[ "$(grep : "$work/killer" | grep -v ^nuse)" = "$expected" ]
result "its calls fail" $?
for _ in $(seq 20); do
	grep -q next "$work/sleeper" && break
	sleep 0.05
done
[ "$(grep : "$work/sleeper")" = "$expected" ]
result "within a second so do those of one that slept in a call" $?
"$nuse" ls | grep -q "^c.*dead"
result "ls tells" $?
timeout 20 "$nuse" --join c -- true > "$work/join" 2>&1
[ $? = 125 ] && grep -q "has died.*nuse dmesg c tells why.*nuse stop c" "$work/join"
result "nobody can join" $?
"$nuse" dmesg c > "$work/dmesg" 2>&1
grep -q "Kernel panic - not syncing: sysrq triggered crash" "$work/dmesg" &&
	grep -q "vfs_write+0x" "$work/dmesg"
result "dmesg has the kernel's words, and a backtrace with names" $?
wait
timeout 10 "$nuse" stop c && [ -z "$("$nuse" ls)" ]
result "it can be removed" $?

# --- killed inside

# soon FILE TEXT
soon() {
	local i
	for i in $(seq 100); do
		grep -q "$2" "$1" && return
		sleep 0.05
	done
	return 1
}

timeout 60 "$nuse" --kernel "$LIBOS_RELEASE" --net none --no-twin --name k -- "$crash" wait > "$work/sleeper" 2>&1 &
soon "$work/sleeper" ready
for kills in $(seq 40); do
	: > "$work/victim"
	"$nuse" --join k -- "$crash" busy > "$work/victim" 2>&1 &
	soon "$work/victim" ready
	sleep 0.1
	kill -KILL $!
	wait $! 2> /dev/null
	sleep 0.5
	grep -q call "$work/sleeper" && break
done
soon "$work/sleeper" next
[ "$(grep : "$work/sleeper" | grep -v ^nuse)" = "$expected" ]
result "one that sleeps in a call learns of a death inside (kill $kills)" $?
"$nuse" ls | grep -q "^k.*dead" && "$nuse" dmesg k | grep -q "killed inside"
result "ls and dmesg tell" $?
timeout 10 "$nuse" stop -f k && [ -z "$("$nuse" ls)" ]
result "it can be removed, too" $?
wait
echo "1..$n"
