#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tunnels.sh: WireGuard, IPsec, VXLAN, GRE, L2TP, FOU, MPLS, SRv6 across two routers
#
#	a --1-- r --2-- s --3-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64. Each tunnel joins 10.9.0.1 (fd09::1) of a and
# 10.9.0.2 (fd09::2) of b; its packets are seen between a and r.
set -u
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

row a r s b
serve on b $py "$NET/transfer.py" serve tcp :: 7000
await "a server" up b t 7000
carries() {
	on a /usr/bin/python3 "$NET/transfer.py" send tcp "$1" 7000 200000
}
export -f carries
# ends DEVICE: the inner addresses
ends() {
	ip -n a addr add 10.9.0.1/24 dev "$1"
	ip -n a addr add fd09::1/64 dev "$1" nodad
	ip -n b addr add 10.9.0.2/24 dev "$1"
	ip -n b addr add fd09::2/64 dev "$1" nodad
	ip -n a link set dev "$1" up
	ip -n b link set dev "$1" up
}
# proven NAME PATTERN [inner addresses]: data pass, and look so on the wire
proven() {
	local name=$1 pattern=$2 to
	shift 2
	capture "$name.pcap" a r
	for to in "${@:-10.9.0.2}"; do
		check "$name: data to $to" carries "$to"
	done
	end_captures
	check "$name: on the wire" shows "$pattern" "$name.pcap"
	# What comes back by srv6 has none, mpls' label is off a hop before the end, and a
	# tunnel's ESP is shown decrypted, too
	[[ $name = mpls || $name = srv6 || $name = ipsec-tunnel* ]] ||
		check "$name: nothing beside it" test "$(tcpdump -n -r "$name.pcap" 'tcp port 7000' 2> /dev/null | wc -l)" = 0
}
both="10.9.0.2 fd09::2"

umask 077
for h in a b; do
	wg genkey > $h.key
	wg pubkey < $h.key > $h.pub
	ip -n $h link add dev t type wireguard
done
on a wg set t listen-port 51820 private-key a.key peer "$(cat b.pub)" \
	allowed-ips 10.9.0.0/24,fd09::/64 endpoint 10.0.3.2:51820
on b wg set t listen-port 51820 private-key b.key peer "$(cat a.pub)" allowed-ips 10.9.0.0/24,fd09::/64
ends t
# shellcheck disable=SC2086
proven wireguard '10.0.1.1.51820 > 10.0.3.2.51820: UDP' $both
ip -n a link del dev t; ip -n b link del dev t

# tunnel NAME PATTERN INNER -- KIND OPTIONS, with L and R for local and remote
tunnel() {
	local name=$1 pattern=$2 inner=$3 words
	shift 4
	words=" $* "
	# shellcheck disable=SC2086
	check "$name: a device" ip -n a link add dev t type ${words//@/10.0.1.1 remote 10.0.3.2}
	# shellcheck disable=SC2086
	ip -n b link add dev t type ${words//@/10.0.3.2 remote 10.0.1.1}
	ends t
	# shellcheck disable=SC2086
	proven "$name" "$pattern" $inner
	ip -n a link del dev t; ip -n b link del dev t
}
tunnel gre 'GREv0.*key=0x7.*IP 10.9.0.1' "$both" -- gre key 7 csum local @
tunnel ipip '10.0.1.1 > 10.0.3.2: IP 10.9.0.1' 10.9.0.2 -- ipip local @
tunnel sit '10.0.1.1 > 10.0.3.2: IP6 fd09::1' fd09::2 -- sit local @
tunnel vxlan 'VXLAN, flags .*vni 42' "$both" -- vxlan id 42 dstport 4789 local @
tunnel gretap 'GREv0, length [0-9]+: IP 10.9.0.1' "$both" -- gretap local @

tunnel6() {
	local name=$1 pattern=$2
	shift 2
	check "$name: a device" ip -n a link add dev t type "$@" local fd00:1::1 remote fd00:3::2
	ip -n b link add dev t type "$@" local fd00:3::2 remote fd00:1::1
	ends t
	# shellcheck disable=SC2086
	proven "$name" "$pattern" $both
	ip -n a link del dev t; ip -n b link del dev t
}
tunnel6 ip6gre 'fd00:1::1 > fd00:3::2: .*GREv0' ip6gre
tunnel6 ip6tnl 'fd00:1::1 > fd00:3::2: .*IP 10.9.0.1' ip6tnl mode any
tunnel6 vxlan6 'VXLAN, flags .*vni 43' vxlan id 43 dstport 4789 udp6zerocsumrx

# FOU: IPIP inside UDP
for h in a b; do
	on $h ip fou add port 5555 ipproto 4
done
tunnel fou '10.0.1.1.[0-9]+ > 10.0.3.2.5555: UDP' 10.9.0.2 -- ipip local @ \
	ttl 64 encap fou encap-sport auto encap-dport 5555

# L2TPv3 over IP and over UDP
for encap in ip udp; do
	ports=
	[ $encap = ip ] || ports="udp_sport 1701 udp_dport 1701"
	# shellcheck disable=SC2086
	check "l2tp over $encap: a tunnel" on a ip l2tp add tunnel tunnel_id 1 peer_tunnel_id 2 encap $encap \
		local 10.0.1.1 remote 10.0.3.2 $ports
	# shellcheck disable=SC2086
	on b ip l2tp add tunnel tunnel_id 2 peer_tunnel_id 1 encap $encap \
		local 10.0.3.2 remote 10.0.1.1 $ports
	on a ip l2tp add session name t tunnel_id 1 session_id 11 peer_session_id 22
	on b ip l2tp add session name t tunnel_id 2 session_id 22 peer_session_id 11
	ends t
	pattern='10.0.1.1 > 10.0.3.2: .*(115|l2tp)'
	[ $encap = ip ] || pattern='10.0.1.1.1701 > 10.0.3.2.1701:'
	# shellcheck disable=SC2086
	proven "l2tp-$encap" "$pattern" $both
	on a ip l2tp del tunnel tunnel_id 1
	on b ip l2tp del tunnel tunnel_id 2
done

# IPsec: ESP, transport and tunnel, v4 and v6
secure() {
	local h=$1 mode=$2 src=$3 dst=$4 dir=$5 spi=$6
	on "$h" ip xfrm state add src "$src" dst "$dst" proto esp spi "$spi" mode "$mode" \
		aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 2> state.log ||
		grep -q exists state.log
	on "$h" ip xfrm policy add src "${7-$src}" dst "${8-$dst}" dir "$dir" tmpl src "$src" dst "$dst" proto esp mode "$mode"
}
for v in "10.0.1.1 10.0.3.2" "fd00:1::1 fd00:3::2"; do
	read -r from to <<< "$v"
	for mode in transport tunnel; do
		secure a $mode $from $to out 0x1; secure a $mode $to $from in 0x2
		secure b $mode $to $from out 0x2; secure b $mode $from $to in 0x1
		proven "ipsec-$mode-$to" "$from > $to: ESP\(spi=0x00000001" $to
		for h in a b; do
			on $h ip xfrm state flush
			on $h ip xfrm policy flush
		done
	done
done

# MPLS: a pushes two labels, r swaps the outer one, s pops it
for h in a r s b; do
	on $h sysctl -qw net.mpls.platform_labels=1000
	for d in a r s b lo; do
		on $h sysctl -qw net.mpls.conf.$d.input=1 2> sysctl.log
	done
done
for h in a b; do
	ip -n $h addr add "10.9.0.$([ $h = a ] && echo 1 || echo 2)/32" dev lo
	ip -n $h addr add "fd09::$([ $h = a ] && echo 1 || echo 2)/128" dev lo nodad
done
ip -n a route add 10.9.0.2/32 encap mpls 100/300 via 10.0.1.2 src 10.9.0.1
ip -n r -f mpls route add 100 as 200 via inet 10.0.2.2
ip -n s -f mpls route add 200 via inet 10.0.3.2
ip -n b -f mpls route add 300 dev lo
ip -n b route add 10.9.0.1/32 encap mpls 400 via 10.0.3.1 src 10.9.0.2
ip -n s -f mpls route add 400 as 500 via inet 10.0.2.1
ip -n r -f mpls route add 500 via inet 10.0.1.1
capture swapped.pcap s r
proven mpls 'MPLS \(label 100, .*\(label 300,.*IP 10.9.0.1' 10.9.0.2
check "mpls: swapped by r" shows 'MPLS \(label 200, .*\(label 300' swapped.pcap

# SRv6: a puts a segment list on; s, a segment of it, sends on; b takes it off
for h in a r s b; do
	for d in all a r s b lo; do
		on $h sysctl -qw net.ipv6.conf.$d.seg6_enabled=1 2> sysctl.log
	done
done
ip -n a route add fc00:5::/64 via fd00:1::2
ip -n a route add fc00:b::/64 via fd00:1::2
ip -n r route add fc00:5::/64 via fd00:2::2
ip -n r route add fc00:b::/64 via fd00:2::2
ip -n s route add fc00:b::/64 via fd00:3::2
ip -n s route add fc00:5::1/128 encap seg6local action End dev b
ip -n b route add fc00:b::6/128 encap seg6local action End.DT6 table local dev s
ip -n a route add fd09::2/128 encap seg6 mode encap segs fc00:5::1,fc00:b::6 dev r src fd09::1
for h in b s r; do
	ip -n $h route add fd09::1/128 via "$(case $h in b) echo fd00:3::1 ;; s) echo fd00:2::1 ;; r) echo fd00:1::1 ;; esac)"
done
ip -n b route change fd09::1/128 via fd00:3::1 src fd09::2 2> route.log
capture end.pcap b s
proven srv6 'srcrt \(len=4, type=4, segleft=1|RT6 \(len=4, type=4, segleft=1' fd09::2
check "srv6: s has sent it on" shows 'fc00:b::6.*type=4, segleft=0' end.pcap
end_captures
plan
