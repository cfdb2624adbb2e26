#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# crash.sh - the kernel panics, or goes wrong, while a program carries it, or that is killed
# inside and has no twin: all learn it, nobody hangs
set -u
. "${0%/*}/lib.sh"
crash=$PWD/build/test/nuse/crash

timeout 20 "$nuse" --kernel "$LIBOS_RELEASE" --net none --name c -- "$crash" wait > "$work/log.sleeper" 2>&1 &
for _ in $(seq 100); do
	grep -q ready "$work/log.sleeper" && break
	sleep 0.05
done
timeout 20 "$nuse" --join c -- "$crash" now > "$work/log.killer" 2>&1
result "the program that carried it goes on" $?
grep -q "the stack has died: sysrq triggered crash" "$work/log.killer"
result "and is told why" $?
expected=$'call: Input/output error\nnext: Input/output error'
[ "$(grep : "$work/log.killer" | grep -v ^nuse)" = "$expected" ]
result "its calls fail" $?
for _ in $(seq 20); do
	grep -q next "$work/log.sleeper" && break
	sleep 0.05
done
[ "$(grep : "$work/log.sleeper")" = "$expected" ]
result "within a second so do those of one that slept in a call" $?
"$nuse" ls | grep -q "^c.*dead"
result "ls tells" $?
timeout 20 "$nuse" --join c -- true > "$work/log.join" 2>&1
[ $? = 125 ] && grep -q "has died.*nuse dmesg c tells why.*nuse stop c" "$work/log.join"
result "nobody can join" $?
# The owner has to look the names up.
for i in $(seq 50); do
	"$nuse" dmesg c > "$work/log.dmesg" 2>&1
	grep -q "vfs_write+0x" "$work/log.dmesg" && break
	sleep 0.1
done
grep -q "Kernel panic - not syncing: sysrq triggered crash" "$work/log.dmesg" &&
	grep -q "vfs_write+0x" "$work/log.dmesg"
result "dmesg has the kernel's words, and a backtrace with names" $?
wait
timeout 10 "$nuse" stop c && [ -z "$("$nuse" ls)" ]
result "it can be removed" $?

# --- a bug: the kernel calls an address that is none

at() {
	nm "${LIBOS_IMAGE_PATH:-build}/liblinux-$LIBOS_RELEASE.so" | awk -v name="$1" '$3 == name { print $1 }'
}
timeout 20 "$nuse" --kernel "$LIBOS_RELEASE" --net none --name w -- "$crash" wait > "$work/log.sleeper" 2>&1 &
soon grep -q ready "$work/log.sleeper"
timeout 20 "$nuse" --join w -- "$crash" wild "$(at tcp_ioctl)" "$(at tcp_prot)" > "$work/log.killer" 2>&1
[ "$(grep : "$work/log.killer" | grep -v ^nuse)" = "$expected" ]
result "a bug of the kernel's: the program that carried it goes on, its calls fail" $?
soon grep -q next "$work/log.sleeper"
[ "$(grep : "$work/log.sleeper")" = "$expected" ]
result "so do those of one that slept in a call" $?
"$nuse" dmesg w > "$work/log.dmesg" 2>&1
grep -q "kernel oops: unable to handle access at address 0000000000000018" "$work/log.dmesg" &&
	grep -q "sock_do_ioctl+0x" "$work/log.dmesg"
result "dmesg tells which, and a backtrace with names" $?
wait
timeout 10 "$nuse" stop w && [ -z "$("$nuse" ls)" ]
result "it can be removed" $?

# --- killed inside

timeout 60 "$nuse" --kernel "$LIBOS_RELEASE" --net none --no-twin --name k -- "$crash" wait > "$work/log.sleeper" 2>&1 &
soon grep -q ready "$work/log.sleeper"
for kills in $(seq 40); do
	: > "$work/log.victim"
	"$nuse" --join k -- "$crash" busy > "$work/log.victim" 2>&1 &
	soon grep -q ready "$work/log.victim"
	sleep 0.1
	kill -KILL $!
	wait $! 2> /dev/null
	sleep 0.5
	grep -q call "$work/log.sleeper" && break
done
soon grep -q next "$work/log.sleeper"
[ "$(grep : "$work/log.sleeper" | grep -v ^nuse)" = "$expected" ]
result "one that sleeps in a call learns of a death inside (kill $kills)" $?
"$nuse" ls | grep -q "^k.*dead" && "$nuse" dmesg k | grep -q "killed inside"
result "ls and dmesg tell" $?
timeout 10 "$nuse" stop -f k && [ -z "$("$nuse" ls)" ]
result "it can be removed, too" $?
wait
echo "1..$n"
