# SPDX-License-Identifier: GPL-2.0
# ctl.sh: control tools: ip, bridge, tc, nft, iptables, conntrack, ss, ethtool, wg,
# sysctl, ping and its kin, tcpdump

captured() {
	timeout 5 tcpdump -c "$1" -ni lo "$2" & # says what it saw
	sleep 0.8
	"${@:3}" > /dev/null
	wait $!
}

watched() {
	timeout 2 ip monitor link &
	sleep 0.5
	ip link add seen type bridge
	wait
}

tracked() {
	nft 'add table inet track; add chain inet track in { type filter hook input priority 0; }
		add rule inet track in ct state new counter' && ping -c 1 127.0.0.1 && conntrack -L
}
export -f captured watched tracked

links() {
	local link
	check "lo" says 'LOOPBACK,UP' ip link show lo
	check "its address" says '127.0.0.1/8' ip -4 addr show lo
	check "its IPv6 address" says '::1/128' ip -6 addr show lo
	check "JSON" says '"ifname":"lo"' ip -j link
	check "a dummy" ip link add d0 type dummy
	# What follows needs a device with this name
	ip link show d0 > /dev/null 2>&1 || { ip link add d0 type veth peer name d0p; ip link set d0p up; }
	check "address" ip addr add 10.11.0.1/24 dev d0
	check "IPv6 address" ip -6 addr add fd11::1/64 dev d0 nodad
	check "up" ip link set d0 up
	while read -r link; do
		# shellcheck disable=SC2086
		check "link: $link" ip link add $link
	done <<-END
		ve0 type veth peer name ve1
		c0 type veth peer name c1
		h0 type veth peer name h1
		br0 type bridge
		vl0 link d0 type vlan id 7
		mv0 link d0 type macvlan
		iv0 link c0 type ipvlan
		gr0 type gre remote 10.11.0.9 local 10.11.0.1
		it0 type ipip remote 10.11.0.9 local 10.11.0.1
		st0 type sit remote 10.11.0.9 local 10.11.0.1
		i60 type ip6tnl remote fd11::9 local fd11::1
		vx0 type vxlan id 5 dstport 4789 local 10.11.0.1
		ge0 type geneve id 5 remote 10.11.0.9
		bo0 type bond mode active-backup
		vr0 type vrf table 10
		if0 type ifb
		wg0 type wireguard
		te0 type team
		xf0 type xfrm dev d0 if_id 4
		nl0 type nlmon
		ma0 link c1 type macsec
		bt0 type batadv
		hs0 type hsr slave1 h0 slave2 h1
	END
	check "a link into a bridge" ip link set ve0 master br0
	for link in ve0 ve1 br0; do
		check "$link up" ip link set $link up
	done
	check "bridge link" says 'master br0' bridge link
	check "bridge fdb" says 'permanent|self' bridge fdb show
	check "bridge fdb add" bridge fdb add 02:00:00:00:00:09 dev ve0 master static
	check "bridge vlan add" bridge vlan add dev ve0 vid 9
	check "bridge vlan" says ' 9' bridge vlan
	check "brctl" says br0 brctl show
	check "ip monitor" says seen watched
}

routes() {
	check "ip route" says '10.11.0.0/24' ip route
	check "ip route get" says 'dev d0' ip route get 10.11.0.77
	check "neighbour" ip neigh add 10.11.0.5 lladdr 02:00:00:00:00:05 dev d0
	check "ip neigh" says '02:00:00:00:00:05' ip neigh
	check "rule" ip rule add from 10.11.0.0/24 table 77 pref 500
	check "ip rule" says 'lookup 77' ip rule
	check "a route in a table" ip route add default via 10.11.0.5 table 77
	check "a route of two" ip route add 10.99.0.0/16 nexthop via 10.11.0.5 weight 1 \
		nexthop via 10.11.0.6 weight 2
	check "IPv6 route" ip -6 route add fd99::/64 via fd11::5
	check "nexthop" ip nexthop add id 5 via 10.11.0.5 dev d0
	check "ip nexthop" says 'id 5' ip nexthop
	check "blackhole" ip route add blackhole 10.66.0.0/16
	check "ip maddr" says '224.0.0.1' ip maddr
	check "ip mroute" ip mroute
	check "ip netconf" says rp_filter ip netconf
	check "ip tcp_metrics" ip tcp_metrics
	check "ip mptcp limits" says subflows ip mptcp limits
	check "ip mptcp endpoint" ip mptcp endpoint add 10.11.0.1 signal
	check "ip fou" ip fou show
	check "ip l2tp" ip l2tp show tunnel
	check "ip token" ip token
	check "ip sr" ip sr tunsrc show
	check "ip macsec" ip macsec show
	check "ip ioam" ip ioam namespace show
	check "xfrm state" ip xfrm state add src 10.11.0.1 dst 10.11.0.9 proto esp spi 0x100 mode transport \
		auth 'hmac(sha256)' 0x0123456789abcdef0123456789abcdef \
		enc 'cbc(aes)' 0x0123456789abcdef0123456789abcdef
	check "ip xfrm state" says 0x00000100 ip xfrm state
	check "xfrm policy" ip xfrm policy add src 10.11.0.1/32 dst 10.11.0.9/32 dir out \
		tmpl src 10.11.0.1 dst 10.11.0.9 proto esp mode transport
	check "ip xfrm policy" says 'dir out' ip xfrm policy
}

qdiscs() {
	local qdisc
	while read -r qdisc; do
		# shellcheck disable=SC2086
		check "tc: $qdisc" tc qdisc replace dev d0 root handle 1: $qdisc
		check "tc -s: ${qdisc%% *}" says "qdisc ${qdisc%% *}" tc -s qdisc show dev d0
		tc qdisc del dev d0 root 2> /dev/null
	done <<-END
		fq_codel limit 100
		netem delay 5ms loss 0%
		tbf rate 10mbit burst 10k latency 50ms
		htb default 1
		fq
		sfq
		prio
		pfifo limit 50
		red limit 400000 min 30000 max 90000 avpkt 1000
		cake bandwidth 10mbit
		codel
		pie
		hfsc default 1
		ets bands 3
		choke limit 1000 bandwidth 10Mbit min 83 max 250
		drr
		qfq
		sfb
		gred setup DPs 4 default 0
		hhf
		plug
	END
	check "a root" tc qdisc add dev d0 root handle 1: prio
	check "u32" tc filter add dev d0 parent 1: protocol ip prio 1 u32 match ip dst 10.11.0.5 flowid 1:1
	check "flower" tc filter add dev d0 parent 1: protocol ip prio 2 \
		flower ip_proto tcp dst_port 80 action drop
	check "clsact" tc qdisc add dev d0 clsact
	check "mirred" tc filter add dev d0 egress matchall action mirred egress mirror dev br0
	check "tc filter show" says 'u32|flower' tc filter show dev d0 parent 1:
}

filters() {
	check "nft" nft 'add table inet t
		add chain inet t in { type filter hook input priority 0; policy accept; }
		add set inet t s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8 } }
		add rule inet t in ip saddr @s tcp dport 22 counter accept
		add rule inet t in ct state established accept
		add chain inet t nat { type nat hook postrouting priority 100; }
		add rule inet t nat oifname d0 masquerade'
	check "nft list" says masquerade nft list ruleset
	check "nft -j" says nftables nft -j list ruleset
	check "iptables-nft" iptables-nft -A INPUT -p tcp --dport 81 -j DROP
	check "iptables-nft-save" says 'dport 81' iptables-nft-save
	check "ip6tables-nft" ip6tables-nft -A INPUT -p icmpv6 -j ACCEPT
	check "iptables-legacy" iptables-legacy -A OUTPUT -p udp --dport 9 -j DROP
	check "iptables-legacy -L" says 'udp dpt:9' iptables-legacy -nL
	check "ip6tables-legacy" ip6tables-legacy -A OUTPUT -p udp --dport 9 -j DROP
	check "arptables-nft" arptables-nft -A INPUT -j ACCEPT
	check "ebtables-nft" ebtables-nft -A FORWARD -p IPv4 -j ACCEPT
	check "conntrack -L" says icmp tracked
	check "conntrack -S" conntrack -S
}

looks() {
	check "wg set" wg set wg0 listen-port 51900
	check "wg show" says 'listening port: 51900' wg show wg0
	check "ethtool -i" says driver ethtool -i ve0
	check "ethtool -k" says tcp-segmentation-offload ethtool -k lo
	check "ethtool -K" ethtool -K ve0 tso off
	check "sysctl -w" says 'net.ipv4.ip_forward = 1' sysctl -w net.ipv4.ip_forward=1
	check "sysctl" says '= 1' sysctl net.ipv4.ip_forward
	check "/proc/net/dev" says lo: cat /proc/net/dev
	check "/proc/net/route" says Iface cat /proc/net/route
	check "/proc/net/tcp" says local_address cat /proc/net/tcp
	check "/proc/net/snmp" says Tcp: cat /proc/net/snmp
	check "nstat" says IpInReceives nstat -az
	check "ss -s" says TCP ss -s
	check "ss -tulnp" ss -tulnp
	check "ss -x" ss -x
	check "ss -0" ss -0
	check "netstat -an" says Active netstat -an
	check "netstat -s" says Ip: netstat -s
	check "ifconfig" says 'lo:' ifconfig -a
	check "route" says 10.11.0.0 route -n
	check "arp" says 10.11.0.5 arp -n
}

probes() {
	check "ping" says 'bytes from' ping -c 2 -i 0.2 127.0.0.1
	check "ping -6" says 'bytes from' ping -6 -c 2 -i 0.2 ::1
	check "ping own address" says '1 received' ping -c 1 10.11.0.1
	check "ping -R" says RR ping -R -c 1 127.0.0.1
	check "ping -s 40000" says '1 received' ping -c 1 -s 40000 127.0.0.1
	check "fping" says alive fping 127.0.0.1
	check "tracepath" says Resume tracepath -n 127.0.0.1
	check "traceroute -I" says 127.0.0.1 traceroute -n -I 127.0.0.1
	check "traceroute" says 127.0.0.1 traceroute -n 127.0.0.1
	check "hping3" says flags=RA hping3 -c 1 -S -p 9 127.0.0.1
	check "arping -D" arping -c 1 -D -I ve1 10.50.0.1
	check "tcpdump" says 'ICMP echo request' captured 2 icmp ping -c 2 -i 0.3 127.0.0.1
	check "tcpdump, a filter" says 'Flags \[S\]' captured 1 'tcp[tcpflags] & tcp-syn != 0' \
		nc -z -w 1 127.0.0.1 9
	check "scapy" says 'echo-reply' /usr/bin/python3 -c '
from scapy.all import *
conf.L3socket = L3RawSocket
sr1(IP(dst="127.0.0.1") / ICMP(), timeout=2).show()'
	check "pyroute2" says "'lo'" /usr/bin/python3 -c '
from pyroute2 import IPRoute
print([l.get_attr("IFLA_IFNAME") for l in IPRoute().get_links()])'
}

namespaces() {
	check "netns add" ip netns add blue
	check "netns exec" says lo: ip netns exec blue ip link
	check "a cable into it" ip link add a0 type veth peer name b0 netns blue
	check "is there" says b0 ip -n blue link
	check "netns del" ip netns del blue
	check "unshare" says '1: lo' unshare -n ip link
}

suite() {
	LACKS='Unknown device type|kind is unknown|not supported|Operation not possible|Protocol not'
	LACKS+='|No such file or directory|does not exist|Could not process rule'
	links
	routes
	qdiscs
	filters
	looks
	probes
	namespaces
}
