#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# routing.sh: seven routers; OSPFv2, OSPFv3, RIP, RIPng by BIRD, BGP by FRR
#
#	r1 --1-- r2 --2-- r3 --3-- r4
#	 |        |                 |
#	 4        5                 8
#	 |        |                 |
#	r5 --6-- r6 -------7------ r7
#
# Cable N is 10.0.N.0/24 and fd00:N::/64; router R is 192.0.2.R and 2001:db8::R. The short
# way from r1 to r4 is by r2 and r3. That cable 2 is cut is told by r2's and r3's link.
set -u
TEST_TOP=${TEST_TOP-$PWD}
SECONDS_MAX=90
. "$TEST_TOP/test/net/lib.sh"
PATH=$PATH:/usr/lib/frr

hosts r1 r2 r3 r4 r5 r6 r7
cable 1 r1 r2; cable 2 r2 r3; cable 3 r3 r4; cable 4 r1 r5; cable 5 r2 r6
cable 6 r5 r6; cable 7 r6 r7; cable 8 r4 r7
for n in 1 2 3 4 5 6 7; do
	ip -n r$n addr add 192.0.2.$n/32 dev lo
	ip -n r$n addr add 2001:db8::$n/128 dev lo
done

configure() {
	echo "router id 192.0.2.$1;"
	echo 'protocol device { scan time 1; }'
	echo 'protocol direct { ipv4; ipv6; interface "lo"; }'
	echo 'protocol kernel { ipv4 { export where source != RTS_DEVICE; }; }'
	echo 'protocol kernel { ipv6 { export where source != RTS_DEVICE; }; }'
	case $2 in
	ospf)
		echo 'protocol ospf v2 { ipv4; area 0 { interface "r*" { hello 1; dead 3; type ptp; }; interface "lo" { stub; }; }; }'
		echo 'protocol ospf v3 { ipv6 { export where source = RTS_DEVICE; }; area 0 { interface "r*" { hello 1; dead 3; type ptp; }; }; }'
		;;
	rip)
		echo 'protocol rip { ipv4 { import all; export all; }; interface "r*" { update time 1; timeout time 4; garbage time 4; }; }'
		echo 'protocol rip ng { ipv6 { import all; export all; }; interface "r*" { update time 1; timeout time 4; garbage time 4; }; }'
		;;
	esac
}
route() {
	ip -n "$1" route get "$2" 2>&1 | tee route.log | grep -qE "$3"
}
# by HOP: the way from r1 to r4 begins there
by() {
	route r1 192.0.2.4 "dev $1 " &&
		on r1 ping -n -q -c 1 -W 1 -I 192.0.2.1 192.0.2.4 || return
	route r1 2001:db8::4 "dev $1 " &&
		on r1 ping -6 -n -q -c 1 -W 1 -I 2001:db8::1 2001:db8::4
}
around() {
	on r1 traceroute -n -q 1 -w 1 -s 192.0.2.1 192.0.2.4 | tee around.log | grep -qE "$1"
}
export -f route by around
cut() {
	ip -n r2 link set dev r3 "$1"
	ip -n r3 link set dev r2 "$1"
	[ "$1" = down ] || {
		ip -n r2 -6 addr replace fd00:2::1/64 dev r3 nodad
		ip -n r3 -6 addr replace fd00:2::2/64 dev r2 nodad
	}
}

# story NAME: the routes come, a cable is cut, they come again while ping goes on
story() {
	LIMIT=25
	await "$1: r1 reaches r4 by the short way" around ' 10.0.2.2'
	await "$1: r4 answers" by r2 ||
		{ ip -n r1 -6 route; on r1 ss -tn; } | sed 's/^/# /'
	ip netns exec r1 ping -n -i 0.1 -c 400 -I 192.0.2.1 192.0.2.4 > ping.log 2>&1 &
	local pinger=$!
	cut down
	await "$1: a cable is cut, another way is found" around ' 10.0.7.2|10.0.8'
	await "$1: and answers" by 'r[25]'
	sleep 0.5
	kill -INT $pinger
	wait $pinger
	check "$1: ping went on" test "$(tail -n 20 ping.log | awk '/ received/ { print ($4 >= 5 && $1 > $4 - 1) }')" = 1
	cut up
	LIMIT=10
}

for protocol in ospf rip; do
	have BIRD bird || break
	birds=()
	capture $protocol.pcap r1 r2
	for n in 1 2 3 4 5 6 7; do
		configure $n $protocol > r$n.conf
		ip netns exec r$n bird -f -c r$n.conf -s "$PWD/r$n.ctl" >> bird.log 2>&1 < /dev/null &
		birds+=($!)
	done
	story "BIRD, $protocol"
	end_captures
	kill "${birds[@]}"
	wait "${birds[@]}"
done
check "OSPFv2 on the wire" shows 'OSPFv2, LS-Update' ospf.pcap
check "OSPFv3 on the wire" shows 'OSPFv3, LS-Update' ospf.pcap
check "RIPv2 on the wire" shows 'RIPv2, Response' rip.pcap
check "RIPng on the wire" shows 'ripng-resp' rip.pcap

# FRR: router R is AS 6500R
if ! have FRR zebra || [ "$(id -u)" != 0 ]; then
	plan
fi
user=frr
getent passwd frr > /dev/null || user=root
chmod 755 .
daemon() {
	ip netns exec $1 $2 -u $user -g "$(id -gn $user)" -f "$PWD/$1.frr/frr.conf" -i "$PWD/$1.frr/$2.pid" \
		--vty_socket "$PWD/$1.frr" -z "$PWD/$1.frr/zserv" -A 127.0.0.1 --log stdout >> frr.log 2>&1 < /dev/null &
	daemons+=($!)
}
daemons=()
capture bgp.pcap r2 r3
for n in 1 2 3 4 5 6 7; do
	mkdir r$n.frr
	{
		echo "router bgp 6500$n"
		echo " bgp router-id 192.0.2.$n"
		echo " no bgp ebgp-requires-policy"
		echo " no bgp network import-check"
		echo " bgp bestpath compare-routerid"
		# Every cable carries two sessions, of IPv4 and IPv6
		for cable in 1:1:2 2:2:3 3:3:4 4:1:5 5:2:6 6:5:6 7:6:7 8:4:7; do
			IFS=: read -r c a b <<< "$cable"
			peer='' end=''
			[ $n != $a ] || { peer=$b end=2; }
			[ $n != $b ] || { peer=$a end=1; }
			[ -n "$peer" ] || continue
			for address in 10.0.$c.$end fd00:$c::$end; do
				echo " neighbor $address remote-as 6500$peer"
				echo " neighbor $address timers 1 3"
				echo " neighbor $address timers connect 1"
				family=ipv4
				[[ $address != *:* ]] || family=ipv6
				{
					echo " address-family $family unicast"
					[ $family = ipv4 ] || echo "  neighbor $address activate"
					echo "  neighbor $address advertisement-interval 0"
					echo " exit-address-family"
				} >> r$n.families
			done
		done
		cat r$n.families
		printf ' address-family ipv4 unicast\n  network 192.0.2.%d/32\n exit-address-family\n' $n
		printf ' address-family ipv6 unicast\n  network 2001:db8::%d/128\n exit-address-family\n' $n
	} > r$n.frr/frr.conf
	chown -R $user r$n.frr
	daemon r$n zebra
done
zebras() {
	for n in 1 2 3 4 5 6 7; do
		[ -S r$n.frr/zserv ] || return 1
	done
}
await "FRR: zebra, seven times" zebras
for n in 1 2 3 4 5 6 7; do
	daemon r$n bgpd
done
story "FRR, BGP"
end_captures
check "BGP on the wire" shows 'BGP.*Update|Update Message' bgp.pcap -v
kill "${daemons[@]}"
wait "${daemons[@]}"
[ $failures = 0 ] || tail -n 20 frr.log bird.log | cut -c 1-150 | sed 's/^/# /'
plan
