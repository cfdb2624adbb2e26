#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# command.sh - what nuse says and returns, and how long stacks live
#
# With a stand-in for nuse-exec, that takes a place on the stack and then is the program
# on the host (command.c): only the command and the owner are looked at here. All on a
# runtime directory of its own; nothing may be left in it, nor a process of ours.
set -u
. "${0%/*}/lib.sh"
mkdir "$work/bin"
cp build/nuse "$work/bin/nuse"
cp build/test/nuse/command "$work/bin/nuse-exec"
nuse=$work/bin/nuse
kernel=(--kernel "$LIBOS_RELEASE")

# run STATUS COMMAND...: it ends with that status; keeps what it says
run() {
	local want=$1 got
	shift
	timeout 60 "$@" > "$work/log.out" 2> "$work/log.err" < /dev/null
	got=$?
	[ $got = "$want" ] || { echo "status $got, not $want: $*" >> "$work/log.err"; false; }
}

# refuses STATUS TEXT ARGUMENT...: nuse says TEXT in one line, and returns STATUS
refuses() {
	local status=$1 text=$2
	shift 2
	run "$status" "$nuse" "$@" && [ ! -s "$work/log.out" ] &&
		[ "$(wc -l < "$work/log.err")" = 1 ] && grep -qF -- "$text" "$work/log.err" &&
		grep -q '^nuse: ' "$work/log.err"
	result "refuses: $text" $?
}

status_of() {
	"$nuse" ls | grep -qE "$1"
}

gone() {
	! kill -0 "$1" 2> /dev/null
}

# --- bad input

refuses 125 'no program to run'
refuses 125 '--bogus is not an option' --bogus true
refuses 127 'no-such-program: not found' -- no-such-program
refuses 127 '/no/such/program: not found' /no/such/program
refuses 126 'cannot be executed' /etc/passwd
refuses 126 'cannot be executed' /tmp
refuses 125 'not known' --net bogus true
refuses 125 'no kernel image' --kernel 1.0 --net none true
refuses 125 'look for it below /proc/sys' "${kernel[@]}" --net none --sysctl no.such=1 true
refuses 125 'ip link' "${kernel[@]}" --net packet:no-such-if true
refuses 125 'start the program that listens there' "${kernel[@]}" --net stream:/no/such true
refuses 125 '/no/such/file' "${kernel[@]}" --net none --pcap /no/such/file true
printf 'interface e\nviftype X\n' > "$work/nuse.conf"
refuses 125 'nuse.conf:2:' "${kernel[@]}" --conf "$work/nuse.conf" true
refuses 125 'no stack named none' --join none true
refuses 125 'no stack named none' stop none
refuses 125 'no stack named none' dmesg none
refuses 125 'second default gateway' --net tap,gw=1.1.1.1,gw=2.2.2.2 true
run 0 "$nuse" --help && grep -q '^usage:' "$work/log.out"
result 'help' $?
run 0 "$nuse" --version && grep -q '^nuse [0-9]' "$work/log.out"
result 'version' $?

# --- the program is the process

none=("$nuse" "${kernel[@]}" --net none)
run 0 "${none[@]}" -- true
result 'status 0' $?
run 7 "${none[@]}" -- sh -c 'exit 7'
result 'status 7' $?
run 0 "${none[@]}" -- sh -c 'echo "$0 $*"' a 'b c' && [ "$(cat "$work/log.out")" = "a b c" ]
result 'arguments' $?
"${none[@]}" -- sh -c 'kill -TERM $$' 2> /dev/null
[ $? = 143 ]
result 'ends by the signal' $?
"${none[@]}" -- sh -c 'echo $$; exec sleep 60' > "$work/pid" &
soon test -s "$work/pid"
[ "$(cat "$work/pid")" = $! ]
result "the program has the command's number" $?
kill -USR1 $!
wait $! 2> /dev/null
[ $? = 138 ]
result 'a signal to it reaches the program' $?
run 0 "${none[@]}" -- sh -c 'ps -o ppid= -e | grep -cw $$ > /dev/null; wait; echo done'
result 'it has no child' $?
soon nothing_left
result 'nothing is left of these stacks' $?

# --- a stack with a name

run 0 "${none[@]}" --name one -- true && status_of '^one'
result 'stays' $?
refuses 125 'runs already' "${kernel[@]}" --net none --name one -- true
run 3 "$nuse" --join one -- sh -c 'exit 3'
result 'another program on it' $?
"$nuse" --join one -- sleep 60 &
sleeper=$!
soon status_of "$sleeper.*sleep 60"
result 'ls shows the program' $?
refuses 125 'stop -f one' stop one
run 0 "$nuse" dmesg one && grep -q 'NET: Registered' "$work/log.out"
result 'dmesg' $?
# As many clock ticks of the owner and its threads before and after
owner=$("$nuse" ls | sed -n 's/.*owner \([0-9]*\).*/\1/p')
ticks() {
	awk '{ print $14 + $15 }' "/proc/$owner/stat"
}
sleep 4
before=$(ticks)
sleep 2
[ $(($(ticks) - before)) -le 2 ]
result 'an idle stack costs no time' $?
run 0 "$nuse" stop -f one && soon gone $sleeper && ! status_of one
result 'stop -f ends both' $?
wait $sleeper 2> /dev/null
[ $? = 143 ]
result 'by SIGTERM' $?
run 0 "${none[@]}" --name one -- true
"$nuse" --join one -- sh -c 'trap "" TERM; sleep 60; sleep 60' &
sleeper=$!
soon status_of "sleep 60"
run 0 "$nuse" stop -f one && soon gone $sleeper
result 'by SIGKILL where it does not listen' $?
wait $sleeper 2> /dev/null

# --- without a name

"${none[@]}" -- sleep 60 &
first=$!
soon status_of "$first"
name=$("$nuse" ls | awk '!/^\t/ { print $1 }')
"$nuse" --join "$name" -- sleep 60 &
second=$!
soon status_of "$second"
kill $first
wait $first 2> /dev/null
sleep 0.5
status_of "$second"
result 'lasts as long as somebody is on it' $?
kill -KILL $second
wait $second 2> /dev/null
soon nothing_left
result 'and no longer' $?

# --- deaths

run 0 "${none[@]}" --name one -- true
owner=$("$nuse" ls | sed -n 's/.*owner \([0-9]*\).*/\1/p')
kill -KILL "$owner"
soon gone "$owner"
! status_of one && nothing_left
result "a killed owner's directory is removed" $?
run 0 "${none[@]}" --name one -- true && run 0 "$nuse" stop one
result 'its name is free' $?
mv "$work/bin/nuse-exec" "$work/bin/away"
run 125 "${none[@]}" -- true && grep -q 'nuse-exec' "$work/log.err" && soon nothing_left
result 'a stack that nobody enters ends' $?
mv "$work/bin/away" "$work/bin/nuse-exec"
for delay in 0.001 0.005 0.01 0.02 0.05; do
	"${none[@]}" -- sleep 60 &
	sleep $delay
	kill -KILL $!
	wait $! 2> /dev/null
done
soon nothing_left
result 'a command killed at its start leaves nothing' $?

# --- descriptors

ls_fds=$("${none[@]}" -- sh -c 'ls /proc/self/fd' | tr '\n' ' ')
[ "$ls_fds" = "$(ls /proc/self/fd | tr '\n' ' ')" ]
result 'the program inherits what the command had' $?
timeout 20 "${none[@]}" --name one -- true 9> "$work/fifo" | cat > /dev/null
result "a pipe is not held by the owner" $?
run 0 "$nuse" stop one

echo "1..$n"
