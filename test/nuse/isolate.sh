#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# isolate.sh - programs that share no memory with their stack: what they cannot do to it
#
# That they can do all that others can is for test/program/isolate.sh.
set -u
. "${0%/*}/lib.sh"
tools=$PWD/build/test/nuse
kernel=(--kernel "$LIBOS_RELEASE")

out=$(timeout 20 "$nuse" "${kernel[@]}" --net none --isolate -- "$tools/isolate" maps)
[ "$out" = "0 of the stack, 1 of channels" ]
result "the stack is not mapped ($out)" $?
out=$(timeout 20 "$nuse" "${kernel[@]}" --net none -- "$tools/isolate" maps)
[ "$out" != "${out#[1-9]* of the stack, 0 of channels}" ]
result "of another program it is ($out)" $?
timeout 20 "$nuse" "${kernel[@]}" --net none --isolate -- sh -c 'exit 7'
[ $? = 7 ] && soon nothing_left
result "exit status; the stack ends" $?
timeout 20 "$nuse" "${kernel[@]}" --net none --isolate -- sh -c 'kill -TERM $$'
[ $? = 143 ]
result "signal" $?

# --- beside others

timeout 20 "$nuse" "${kernel[@]}" --net none --name i --isolate -- ip link set lo up
result "a stack with a name" $?
timeout 20 "$nuse" --join i --isolate -- ip -br link | grep -q '^lo .*LOOPBACK,UP'
result "another isolated program sees what the first did" $?
timeout 60 "$nuse" --join i -- iperf3 -s -1 > "$work/log.server" 2>&1 &
soon sh -c "'$nuse' --join i --isolate -- ss -tlnH | grep -q :5201"
timeout 60 "$nuse" --join i --isolate -- iperf3 -c 127.0.0.1 -t 1 -P 2 > "$work/log.client" 2>&1
result "isolated client, other server" $?
wait
"$nuse" --join i --isolate -- sleep 30 &
soon sh -c "'$nuse' ls | grep -q 'sleep 30'"
result "ls shows it" $?
"$nuse" stop i 2> /dev/null
[ $? = 125 ]
result "stop asks" $?
kill %+ 2> /dev/null
wait 2> /dev/null

# --- harm

for seed in 1 2 3 4; do
	"$nuse" --join i --isolate -- "$tools/isolate" $seed > "$work/log.harm" 2>&1 &
	soon grep -q ready "$work/log.harm" && ! grep -q shrunk "$work/log.harm"
	result "the channels' file cannot be cut off, $seed" $?
	sleep 1
	timeout 20 "$nuse" --join i -- ping -c 2 -i 0.2 127.0.0.1 > "$work/log.ping" 2>&1 &&
		timeout 20 "$nuse" --join i --isolate -- ping -c 2 -i 0.2 127.0.0.1 > "$work/log.ping" 2>&1
	result "nonsense in its channels, $seed: others go on" $?
	kill -KILL $!
	wait $! 2> /dev/null
done
soon sh -c "! '$nuse' ls | grep -q test/nuse/isolate"
result "a killed one is forgotten" $?
soon sh -c "[ \$('$nuse' --join i -- ss -uanH | wc -l) = 0 ]"
result "and its sockets are closed" $?
"$nuse" dmesg i | grep -E 'BUG:|WARNING:|Oops|Call Trace' > "$work/log.dmesg"
[ ! -s "$work/log.dmesg" ]
result "the kernel has nothing to complain of" $?
timeout 20 "$nuse" stop -f i && soon nothing_left
result "it can be stopped" $?

# --- kills, with nobody to finish calls

for threads in 1 3; do
	NUSE_OPTIONS="--isolate --no-twin" timeout 100 "$tools/kills" hunt "$nuse" 200 $threads \
		> "$work/log.kills" 2>&1
	result "200 kills of programs with $threads threads, no twins" $?
done
echo "1..$n"
