#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ping.sh: ping, traceroute and tcpdump through a router: three namespaces, two cables
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
for n in router far; do
	ip netns add $n
	ip -n $n link set lo up
done
ip link add r0 type veth peer name left netns router
ip -n router link add right type veth peer name r0 netns far
ip addr add 10.1.0.1/24 dev r0
ip addr add fd01::1/64 dev r0 nodad
ip -n router addr add 10.1.0.2/24 dev left
ip -n router addr add fd01::2/64 dev left nodad
ip -n router addr add 10.2.0.2/24 dev right
ip -n router addr add fd02::2/64 dev right nodad
ip -n far addr add 10.2.0.1/24 dev r0
ip -n far addr add fd02::1/64 dev r0 nodad
ip link set r0 up
ip -n router link set left up
ip -n router link set right up
ip -n far link set r0 up
ip route add default via 10.1.0.2
ip route add default via fd01::2
ip -n far route add default via 10.2.0.2
ip -n far route add default via fd02::2
ip netns exec router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

all_answered() {
	ping -n "$@" | tee ping.log
	grep -qE '([0-9]+) packets transmitted, \1 received, 0% packet loss' ping.log
}
# Two hops, in this order
hops() {
	traceroute -n -w 2 -q 1 "${@:3}" | tee trace.log
	[ "$(awk 'NR > 1 { print $2 }' trace.log | xargs)" = "$1 $2" ]
}

check "ping" all_answered -c 3 -i 0.1 127.0.0.1
check "ping -6" all_answered -6 -c 3 -i 0.1 ::1
check "ping through the router" all_answered -c 3 -i 0.1 10.2.0.1
check "ping -6 through the router" all_answered -6 -c 3 -i 0.1 fd02::1
check "ping, in fragments" all_answered -c 2 -i 0.1 -s 20000 10.2.0.1
# ping itself lets root alone flood
flood=(-i 0.002)
[ "$(id -u)" != 0 ] || flood=(-f)
check "ping -f" all_answered "${flood[@]}" -c 500 10.2.0.1
check "ping: no answer is 1" test "$(ping -c 1 -W 1 10.1.0.77 > /dev/null; echo $?)" = 1
check "traceroute, UDP" hops 10.1.0.2 10.2.0.1 10.2.0.1
check "traceroute -I" hops 10.1.0.2 10.2.0.1 -I 10.2.0.1
check "traceroute -T" hops 10.1.0.2 10.2.0.1 -T 10.2.0.1
check "traceroute -6" hops fd01::2 fd02::1 -6 fd02::1

# listen LOG: until the tcpdump that writes there listens
listen() {
	until grep -qs 'listening on' "$1"; do sleep 0.05; done
}
export -f listen

# Both directions of both cables are seen by who listens on the router
capture() {
	ip netns exec router tcpdump -U -n -i any -w ping.pcap "$@" 2> capture.err &
	listen capture.err
	ping -n -c 3 -i 0.1 10.2.0.1 > /dev/null
	sleep 1.2	# tcpdump is shown a block when it is full, or after a second
	kill -INT $!
	wait $!
	cat capture.err
	[ "$(tcpdump -n -r ping.pcap 'icmp[0] == 8' | wc -l)" = 6 ] &&
		[ "$(tcpdump -n -r ping.pcap 'icmp[0] == 0' | wc -l)" = 6 ] &&
		grep -q '^0 packets dropped by kernel' capture.err
}
check "tcpdump -w while ping runs" capture icmp

live() {
	timeout 5 tcpdump -l -n -c 4 -i r0 "icmp and host 10.2.0.1" > live.log 2> live.err &
	listen live.err
	ping -n -c 2 -i 0.1 10.2.0.1 > /dev/null
	wait $!
	[ "$(grep -c 'ICMP echo request' live.log)" = 2 ] &&
		[ "$(grep -c 'ICMP echo reply' live.log)" = 2 ]
}
check "tcpdump -c prints as packets come" live

# More than the ring holds at a time, each whole
flood() {
	tcpdump -U -n -i r0 -B 512 -w flood.pcap "icmp[0] == 8" 2> flood.err &
	listen flood.err
	ping -n -q -s 1400 -i 0.002 -c 500 10.2.0.1
	sleep 1.2
	kill -INT $!
	wait $!
	cat flood.err
	[ "$(tcpdump -n -r flood.pcap 'ip[2:2] == 1428' | wc -l)" = 500 ]
}
check "tcpdump: 500 packets, none is lost" flood
plan
