#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mptcp.sh: mptcpize makes TCP programs speak MPTCP; a second path is used
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
ip netns add far
for i in 1 2; do
	ip link add n$i type veth peer name f$i netns far
	ip addr add 10.1.$i.1/24 dev n$i
	ip link set n$i up
	ip -n far addr add 10.1.$i.2/24 dev f$i
	ip -n far link set f$i up
done
ip -n far link set lo up
check "a second address is announced" ip -n far mptcp endpoint add 10.1.2.2 dev f2 signal
check "limits" ip mptcp limits set subflows 2 add_addr_accepted 2
ip -n far mptcp limits set subflows 2 add_addr_accepted 2

# counter NAME MIN [netns...]
counter() {
	"${@:3}" nstat -asz "MPTcpExt$1" | awk -v min="$2" '/MPTcpExt/ { n = $2 } END { print n; exit !(n >= min) }'
}
measure() {
	ip netns exec far mptcpize run iperf3 -s -1 -p 5201 > server.log 2>&1 &
	until ip netns exec far ss -Htln 'sport = :5201' | grep -q .; do sleep 0.05; done
	mptcpize run iperf3 -c 10.1.1.2 -p 5201 -t 2 > client.log &
	sleep 1
	ss -Mni > mptcp.log
	wait $!
	cat client.log mptcp.log
	grep -q 'receiver' client.log && grep -q 'subflows:1' mptcp.log
}
check "iperf3" measure
check "it was MPTCP" counter MPCapableSYNTX 1
check "the other side took part" counter MPCapableSYNRX 1 ip netns exec far
check "a second path joined" counter MPJoinSynAckRx 1
check "nothing fell back to TCP" test "$(nstat -asz MPTcpExtMPCapableFallbackACK MPTcpExtMPFallbackTokenInit | awk '/MPTcp/ { n += $2 } END { print n + 0 }')" = 0

with() {
	mptcpize run socat -u TCP4-LISTEN:7007,reuseaddr STDOUT > received &
	until listening 7007; do sleep 0.05; done
	mptcpize run socat -u FILE:sent TCP4:127.0.0.1:7007
	wait $!
	cmp sent received
}
head -c 3000000 /dev/urandom > sent
check "a file by socat" with
plan
