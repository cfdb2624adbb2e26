#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vxlan.sh: two bridges, each with a client, are one Ethernet by VXLAN across a router
#
#	client1 --- h1 --1-- r --2-- h2 --- client2
#	        veth br,vx         vx,br veth
#
# Cable N is 10.0.N.0/24 and fd00:N::/64. h1 and h2 each have a bridge br of the client's
# cable (port c) and a VXLAN device (port vx). The clients are 192.168.7.1 and .2 (fd07::1,
# ::2), with addresses 02:00:00:00:00:01 and :02, and know nothing of the router. What has
# no place in vx's table yet, and broadcasts, go to its default destination.
set -u
SECONDS_MAX=150
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

row h1 r h2
hosts client1 client2
for n in 1 2; do
	ip -n h$n link add dev c type veth peer name eth netns client$n
	# It would ask for a router in the middle of the story, and be learnt by that
	on client$n sysctl -qw net.ipv6.conf.eth.router_solicitations=0
	ip -n client$n link set dev eth address 02:00:00:00:00:0$n mtu 1400 up
	ip -n client$n addr add 192.168.7.$n/24 dev eth
	ip -n client$n addr add fd07::$n/64 dev eth nodad
	ip -n h$n link add dev br type bridge
	ip -n h$n link set dev c master br up
	ip -n h$n link set dev br up
done
ping_across() {
	on client1 ping -n -q -c "${2-1}" -i 0.1 -W 2 "$1"
}
# fdb HOST PATTERN: bridge fdb shows such an entry
fdb() {
	bridge -n "$1" fdb show | tee fdb.log | grep -qE "$2"
}
unknown() {
	! fdb "$1" "$2"
}
unanswered() {
	! ping_across "$1"
}
export -f ping_across fdb unknown

check "without: apart" unanswered 192.168.7.2

# story NAME H1 H2 VNI OPTION...: over the addresses H1 and H2
story() {
	local name=$1 one=$2 two=$3 vni=$4
	shift 4
	check "$name: vxlan devices" ip -n h1 link add dev vx type vxlan id "$vni" dstport 4789 local "$one" remote "$two" "$@"
	ip -n h2 link add dev vx type vxlan id "$vni" dstport 4789 local "$two" remote "$one" "$@"
	for h in h1 h2; do
		ip -n $h link set dev vx master br up
		bridge -n $h fdb flush dev c 2> flush.log
		ip -n ${h/h/client} neigh flush all
	done
	check "$name: the default destination" fdb h1 "00:00:00:00:00:00 dev vx dst $two "
	check "$name: client2 is not known at h1" unknown h1 '02:00:00:00:00:02 dev vx'
	capture "$name.pcap" r h1
	check "$name: client2 answers" ping_across 192.168.7.2
	check "$name: by IPv6" ping_across fd07::2
	# Who is where: of one's own by the bridge, of the other's also by vxlan, with the way there
	check "$name: learnt at h1: client1 is at port c" fdb h1 '02:00:00:00:00:01 dev c master br'
	check "$name: learnt at h1: client2 is at port vx" fdb h1 '02:00:00:00:00:02 dev vx master br'
	check "$name: and behind h2" fdb h1 "02:00:00:00:00:02 dev vx dst $two "
	check "$name: learnt at h2: client1 is behind h1" fdb h2 "02:00:00:00:00:01 dev vx dst $one "
	serve on client2 $py "$NET/transfer.py" serve tcp 192.168.7.2 70${vni: -2}
	await "$name: a server" up client2 t 70${vni: -2}
	check "$name: TCP between the clients" on client1 $py "$NET/transfer.py" send tcp 192.168.7.2 70${vni: -2} 500000
	end_captures
	check "$name: the question who has it is flooded" \
		shows "VXLAN.*vni $vni" "$name.pcap"
	check "$name: it is a broadcast inside" \
		shows '02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff.*ARP.*who-has 192.168.7.2' "$name.pcap" -e
	check "$name: the answer goes to client1 alone" \
		shows '02:00:00:00:00:02 > 02:00:00:00:00:01.*ARP.*192.168.7.2 is-at 02:00:00:00:00:02' "$name.pcap" -e
	check "$name: data as unicast" shows '02:00:00:00:00:01 > 02:00:00:00:00:02.*ethertype IPv4' "$name.pcap" -e
	check "$name: nothing of the clients beside it" \
		test "$(tcpdump -n -r "$name.pcap" 'net 192.168.7.0/24' 2> /dev/null | wc -l)" = 0
}
story v4 10.0.1.1 10.0.2.2 42

# Without a default destination there is no flooding; entries of the table are enough
check "no default destination" bridge -n h1 fdb del 00:00:00:00:00:00 dev vx dst 10.0.2.2
bridge -n h1 fdb del 02:00:00:00:00:02 dev vx dst 10.0.2.2 self
ip -n client1 neigh flush all
check "nobody is asked" unanswered 192.168.7.2
check "an entry by hand" bridge -n h1 fdb replace 02:00:00:00:00:02 dev vx dst 10.0.2.2 self static
ip -n client1 neigh replace 192.168.7.2 lladdr 02:00:00:00:00:02 dev eth nud reachable
check "is as bridge shows it" fdb h1 '02:00:00:00:00:02 dev vx dst 10.0.2.2 self static'
check "client2 answers by it" ping_across 192.168.7.2 3
check "a second destination for floods" bridge -n h1 fdb append 00:00:00:00:00:00 dev vx dst 10.0.1.2
check "and the first again" bridge -n h1 fdb append 00:00:00:00:00:00 dev vx dst 10.0.2.2
ip -n client1 neigh flush all
capture both.pcap r h1
check "client2 is found" ping_across 192.168.7.2
end_captures
check "the question goes to both" test "$(tcpdump -n -r both.pcap 2> /dev/null |
	grep -oE '> 10.0.[12].2.4789: VXLAN' | sort -u | wc -l)" = 2
for h in h1 h2; do
	ip -n $h link del dev vx
done

# A host that moves: a client known behind h2 speaks at h1
story v6 fd00:1::1 fd00:2::2 43 udp6zerocsumrx
ip -n h2 link set dev c down
ip -n h1 link add dev c2 type veth peer name moved netns client2
ip -n client2 link set dev eth down
ip -n client2 addr flush dev eth
ip -n client2 link set dev moved address 02:00:00:00:00:02 mtu 1400 up
ip -n client2 addr add 192.168.7.2/24 dev moved
ip -n h1 link set dev c2 master br up
moved() {
	on client2 ping -n -q -c 1 -W 1 192.168.7.1 && fdb h1 '02:00:00:00:00:02 dev c2 master br'
}
export -f moved
await "client2 at another port is learnt there" moved
check "client1 reaches it there" ping_across 192.168.7.2
plan
