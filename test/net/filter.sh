#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# filter.sh: NAT and conntrack, VRF, shaping by rate, BPF, on the router in the middle
#
#	a --1-- r --2-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64. b has no route to a: only translated addresses
# reach it. Later r has a and b in a VRF each.
set -u
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

row a r b
ip -n b route del 10.0.1.0/24
ip -n b route del fd00:1::/64
serve on b $py "$NET/transfer.py" serve tcp :: 7000
await "a server" up b t 7000
carries() {
	on a /usr/bin/python3 "$NET/transfer.py" send tcp "$1" "${2-7000}" 300000
}
export -f carries

check "without translation" test "$(LIMIT=1 limited carries 10.0.2.2; echo $?)" = 124
on r nft -f - <<'END'
table inet nat {
	chain post {
		type nat hook postrouting priority srcnat;
		oifname "b" masquerade
	}
	chain pre {
		type nat hook prerouting priority dstnat;
		iifname "a" tcp dport 8000 dnat ip to 10.0.2.2:7000
		iifname "a" meta nfproto ipv6 tcp dport 8000 dnat ip6 to [fd00:2::2]:7000
	}
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state established,related counter accept
		iifname "a" ct state new counter accept
	}
}
END
capture nat.pcap b r
check "masquerade" carries 10.0.2.2
check "masquerade, IPv6" carries fd00:2::2
check "a port of the router leads to b" carries 10.0.1.2 8000
check "IPv6, too" carries fd00:1::2 8000
end_captures
check "b sees the router's address only" test "$(tcpdump -n -r nat.pcap 'host 10.0.1.1 or host fd00:1::1' 2> /dev/null | wc -l)" = 0
check "the router's address on the wire" seen 20 nat.pcap 'src host 10.0.2.1 and tcp dst port 7000'
check "conntrack knows both sides" grep -qE 'dst=10.0.1.2 .*dport=8000 src=10.0.2.2 dst=10.0.2.1' <(on r cat /proc/net/nf_conntrack)
check "established packets counted" grep -qE 'established,related counter packets [1-9][0-9]+' <(on r nft list ruleset)
check "from outside nobody comes in" test "$(
	on b ip route add 10.0.1.0/24 via 10.0.2.1
	on b ping -n -q -c 1 -W 1 10.0.1.1 | grep -c ' 0 received')" = 1
on r nft flush ruleset
ip -n b route add fd00:1::/64 via fd00:2::1

# Shaping: 300 kB at 4 Mbit/s take 0.6 s, and not much more
rate() {
	local begun now
	begun=$(date +%s%N)
	carries 10.0.2.2 || return 1
	now=$(date +%s%N)
	echo "$(((now - begun) / 1000000)) ms"
	[ $((now - begun)) -ge 500000000 ] && [ $((now - begun)) -le 3000000000 ]
}
check "tbf" tc -n r qdisc add dev b root tbf rate 4mbit burst 8k latency 100ms
check "tbf: the rate" rate
check "tbf: overlimits" grep -qE 'overlimits [1-9]' <(tc -n r -s qdisc show dev b)
tc -n r qdisc del dev b root
tc -n r qdisc add dev b root handle 1: htb default 20
tc -n r class add dev b parent 1: classid 1:10 htb rate 100mbit
check "htb" tc -n r class add dev b parent 1: classid 1:20 htb rate 4mbit ceil 4mbit burst 8k cburst 8k
tc -n r qdisc add dev b parent 1:20 fq_codel
check "htb, fq_codel: the rate" rate
check "fq_codel: flows" grep -qE 'new_flow_count [1-9]' <(tc -n r -s qdisc show dev b)
tc -n r qdisc del dev b root
check "cake" tc -n r qdisc add dev b root cake bandwidth 4mbit
check "cake: the rate" rate
check "cake: counts" grep -qE 'Sent [0-9]{6,} bytes' <(tc -n r -s qdisc show dev b)
tc -n r qdisc del dev b root
check "police" tc -n r qdisc add dev a ingress
check "police: a filter" tc -n r filter add dev a ingress protocol ip matchall \
	action police rate 4mbit burst 20k conform-exceed drop
check "police: drops" test "$(carries 10.0.2.2; tc -n r -s filter show dev a ingress | grep -cE 'dropped [1-9]')" = 1
tc -n r qdisc del dev a ingress

# BPF: a classifier of four instructions that drops ICMP, nothing else
check "bpf: a classifier" bash -c "tc -n r qdisc add dev a clsact &&
	tc -n r filter add dev a ingress bpf bytecode '4,48 0 0 23,21 0 1 1,6 0 0 4294967295,6 0 0 0' flowid 1:1 action drop"
check "bpf: no ping" test "$(on a ping -n -q -c 2 -i 0.1 -W 1 10.0.2.2 | grep -c ' 0 received')" = 1
check "bpf: TCP passes" carries 10.0.2.2
check "bpf: drops counted" grep -qE 'dropped 2' <(tc -n r -s filter show dev a ingress)
tc -n r qdisc del dev a clsact
check "ping again" on a ping -n -q -c 1 -W 2 10.0.2.2

# VRF: tables of their own; a leaks to b by a route only
for v in "red 10 a" "blue 20 b"; do
	read -r name table dev <<< "$v"
	check "vrf $name" ip -n r link add dev "$name" type vrf table "$table"
	ip -n r link set dev "$name" up
	ip -n r link set dev "$dev" master "$name"
done
check "vrf: apart" test "$(on a ping -n -q -c 1 -W 1 10.0.2.2 | grep -c ' 0 received')" = 1
ip -n r route add 10.0.2.0/24 dev b vrf red
ip -n r route add 10.0.1.0/24 dev a vrf blue
check "vrf: routes between" on a ping -n -q -c 2 -i 0.1 -W 2 10.0.2.2
check "vrf: ip vrf exec" on r ping -I blue -n -q -c 1 -W 2 10.0.2.2
check "vrf: ip vrf show" grep -q 'blue *20' <(on r ip vrf show)
plan
