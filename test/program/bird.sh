#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bird.sh: three routers run BIRD, each in a namespace; OSPF, BGP, both protocols' IPv6
#
#	r1 --10.1.0.0/24-- r2 --10.2.0.0/24-- r3
set -u
. "${TEST_TOP-.}/test/program/lib.sh"
have BIRD bird || plan

for n in 1 2 3; do
	ip netns add r$n
	ip -n r$n link set lo up
	ip -n r$n addr add 192.0.2.$n/32 dev lo
	ip -n r$n addr add 2001:db8::$n/128 dev lo
	ip netns exec r$n sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
cable() {
	ip -n r$1 link add "$2" type veth peer name "$4" netns r$3
	ip -n r$1 addr add "10.$5.0.1/24" dev "$2"
	ip -n r$3 addr add "10.$5.0.2/24" dev "$4"
	ip -n r$1 addr add "fd0$5::1/64" dev "$2" nodad
	ip -n r$3 addr add "fd0$5::2/64" dev "$4" nodad
	ip -n r$1 link set "$2" up
	ip -n r$3 link set "$4" up
}
cable 1 e12 2 e21 1
cable 2 e23 3 e32 2

common() {
	cat <<-END
		router id 192.0.2.$1;
		protocol device { scan time 1; }
		protocol direct { ipv4; ipv6; interface "lo"; }
		protocol kernel { ipv4 { export all; }; }
		protocol kernel { ipv6 { export all; }; }
	END
}
ospf() {
	cat <<-END
		protocol ospf v2 { ipv4 { export all; };
			area 0 { interface "$1" { hello 1; dead 3; type ptp; }; interface "lo" { stub; }; }; }
		protocol ospf v3 { ipv6 { export all; };
			area 0 { interface "$1" { hello 1; dead 3; type ptp; }; interface "lo" { stub; }; }; }
	END
}
bgp() {
	cat <<-END
		protocol bgp peer {
			local as 6500$1;
			neighbor 10.2.0.$2 as 6500$3;
			connect delay time 1;
			connect retry time 1;
			ipv4 { import all; export all; next hop self; };
			ipv6 { import all; export all; next hop self; };
		}
	END
}
{ common 1; ospf e12; } > r1.conf
{ common 2; ospf e21; bgp 2 2 3; } > r2.conf
{ common 3; bgp 3 1 2; } > r3.conf
for n in 1 2 3; do
	serve ip netns exec r$n bird -f -c r$n.conf -s "$PWD/r$n.ctl"
done

LIMIT=25
route() {
	ip -n r$1 route get "$2" 2>&1 | tee route.log
	grep -qE "$3" route.log
}
told() {
	birdc -s "r$1.ctl" "$2" | tee told.log
	grep -qE "$3" told.log
}
await "OSPF: r1 knows r2" route 1 192.0.2.2 'via 10.1.0.2'
await "OSPFv3: r1 knows r2" route 1 2001:db8::2 'via fe80'
await "BGP: r3 knows r2" route 3 192.0.2.2 'via 10.2.0.1'
await "OSPF told of what BGP knows: r1 reaches r3" route 1 192.0.2.3 'via 10.1.0.2'
await "BGP told of what OSPF knows: r3 reaches r1" route 3 192.0.2.1 'via 10.2.0.1'
LIMIT=10
check "birdc: ospf" told 1 'show ospf neighbors' '192.0.2.2 .*Full'
check "birdc: bgp" told 3 'show protocols peer' 'Established'
check "ping across" ip netns exec r1 ping -n -q -c 2 -i 0.1 -I 192.0.2.1 192.0.2.3
check "traceroute across" test "$(ip netns exec r1 traceroute -n -q 1 -w 2 -s 192.0.2.1 192.0.2.3 |
	awk 'NR > 1 { print $2 }' | xargs)" = "10.1.0.2 192.0.2.3"
ip -n r2 link set e23 down
gone() {
	! ip -n r1 route get 192.0.2.3 > /dev/null 2>&1
}
await "a cable is pulled: r1 forgets r3" gone
[ $failures = 0 ] || tail -n 40 serve.log | sed 's/^/# log: /'
plan
