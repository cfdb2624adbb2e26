#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# netlink.sh: what ip, tc, bridge, ss, nft say of a configuration, here and by the host
#
#	v0 === v1		a veth pair; v1 is in the bridge br
#
# The same commands run in an empty namespace of the host first, and then on the stack.
# What the host cannot do (a device or a qdisc that it lacks) is not compared.
set -u
SECONDS_MAX=150
export TEST_TOP=${TEST_TOP-$PWD}
# ss shows UNIX sockets of the stack's
NUSE_OPTIONS="${NUSE_OPTIONS-} --unix stack"

# block NAME COMMANDS: run at both places; prints NAME, then the dumps or "cannot"
story() {
	block() {
		local out
		if out=$(eval "$2" 2>&1); then
			printf '%s\n' "$out" | sed "s/^/$1: /"
		else
			echo "$1: cannot: ${out//$'\n'/ }"
		fi
	}
	block lo 'ip link set lo up && ip addr show dev lo'
	block veth 'ip link add dev v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02 &&
		ip link set dev v0 addrgenmode none && ip link set dev v1 addrgenmode none &&
		ip link set dev v0 up mtu 1400 && ip link set dev v1 up && sleep 0.2 && ip -br link show type veth'
	block address 'ip addr add 10.1.0.1/24 brd + dev v0 label v0:x && ip addr add fd01::1/64 dev v0 nodad && ip -o addr show dev v0'
	block routes 'ip route add 10.2.0.0/16 via 10.1.0.9 metric 5 mtu 1300 && ip route add blackhole 10.3.0.0/16 &&
		ip route add unreachable fd03::/32 metric 9 && ip route add fd02::/32 via fd01::9 && ip route show table all && ip -6 route show'
	block get 'ip route get 10.2.3.4 uid 0; ip route get fd02::1; ip route get 10.3.0.1 2>&1; true'
	block rules 'ip rule add from 10.1.0.0/24 fwmark 7 table 77 pref 100 && ip -6 rule add iif v0 table 78 pref 101 && ip rule && ip -6 rule'
	block neighbours 'ip neigh add 10.1.0.5 lladdr 02:00:00:00:00:05 dev v0 && ip neigh add proxy 10.1.0.6 dev v0 && ip neigh && ip neigh show proxy'
	block bridge 'ip link add dev br address 02:00:00:00:00:03 type bridge vlan_filtering 1 && ip link set dev v1 master br &&
		bridge vlan add dev v1 vid 9 pvid untagged && bridge fdb add 02:00:00:00:00:09 dev v1 master static vlan 9 &&
		bridge vlan show && bridge fdb show br br | grep :09 && bridge link | cut -d" " -f2- | sed "s/@[^:]*//"'
	block dummy 'ip link add dev d0 type dummy && ip -br link show d0 | cut -c1-10'
	block vlan 'ip link add link v0 name v0.7 type vlan id 7 protocol 802.1ad && ip -d link show v0.7 | grep vlan | cut -d" " -f5-12'
	block htb 'tc qdisc add dev v0 root handle 1: htb default 7 && tc class add dev v0 parent 1: classid 1:7 htb rate 10mbit burst 15k &&
		tc class show dev v0 && tc qdisc show dev v0 | cut -c1-25'
	block u32 'tc filter add dev v0 parent 1: prio 3 protocol ip u32 match ip dst 10.1.0.5/32 flowid 1:7 && tc filter show dev v0'
	block fq_codel 'tc qdisc add dev v0 parent 1:7 handle 7: fq_codel limit 100 && tc qdisc show dev v0 handle 7:'
	block nft 'nft add table inet t && nft add chain inet t c "{ type filter hook input priority 0; }" &&
		nft add set inet t s "{ type ipv4_addr; flags interval; }" && nft add element inet t s "{ 10.0.0.0/8 }" &&
		nft add rule inet t c ip saddr @s tcp dport 22 counter accept && nft list ruleset'
	block ethtool 'ethtool -i v0 | grep -v version'
	block errors 'ip link add dev v0 type veth 2>&1; ip link set dev nosuch up 2>&1; ip route add 10.9.0.0/16 via 10.99.0.1 2>&1; true'
	# Of sockets (sockets.py). What is in memory for a moment, and times, are not compared
	sockets() {
		/usr/bin/python3 "$TEST_TOP/test/net/sockets.py" "$1"
	}
	block ss-tcp 'sockets "ss -Htan | sort"'
	block ss-udp 'sockets "ss -Huan | sort"'
	block ss-raw 'sockets "ss -Hwan"'
	block ss-packet 'sockets "ss -H0an" | grep -v ":v[01]"'
	block ss-unix 'sockets "ss -Hxan" | sed -E "s/ [0-9]+ \* [0-9]+ *\$/ N/" | sort'
	block ss-listen 'sockets "ss -Htln; ss -Huln; ss -Hxln" | sed "s/\(@libos-[a-z]*\) [0-9]*/\1/" | sort'
	block ss-families 'sockets "ss -H4tan | sort; ss -H6tan | sort; ss -H6uan | sort"'
	block ss-states 'for s in established listening close-wait fin-wait-2 connected synchronized bucket; do
			sockets "ss -Htan state $s | sort | sed s/^/$s/"; done'
	block ss-filters 'sockets "ss -Htan sport = :7000; ss -Htan \"( dport = :7000 or sport = :7101 ) and not dst [::1]\";
			ss -Htan dport ge :7001; ss -Huan dst 127.0.0.1:7200; ss -Htan src 127.0.0.0/8 and dport lt :7001;
			ss -Hxan src @libos-listener" | sed "s/  *[0-9]* *\* *[0-9]*\$//" | sort'
	block ss-timers 'sockets "ss -Htano sport = :7100" | sed "s/keepalive,[^,]*,/keepalive,some,/"'
	block ss-memory 'sockets "ss -Htanm; ss -Huanm" | grep -oE "skmem:[^ ]*" | tr -d 0-9 | sort | uniq -c'
	block ss-info 'sockets "ss -Htani sport = :7100" |
		grep -oE " (ts|sack|reno|mss|pmtu|rcvmss|advmss|cwnd|bytes_sent|bytes_acked|bytes_received|data_segs_out|data_segs_in)(:[^ ]*)?"'
	block ss-names 'sockets "ss -Htani sport = :7100" | grep -oE " (wscale|rto|rtt|segs_out|segs_in|lastsnd|lastrcv|rcv_space|rcv_ssthresh|minrtt|snd_wnd):" | sort'
	block ss-congestion 'sockets "ss -Htani" | grep -cw reno'
	block ss-extended 'sockets "ss -Htane sport = :7000" | sed "s/ino:[0-9]*/ino:N/; s/sk:[0-9a-f]*/sk:N/; s/cgroup:[^ ]*//; s/uid:[0-9]*//; s/ *\$//" | sort'
	# All there are, and thereby those that are closed, count in all namespaces of the host
	block ss-summary 'sockets "ss -s" | grep -E "^(TCP:|RAW|UDP|TCP|INET|FRAG)" | sed "s/TCP: *[0-9]* /TCP: /; s/closed [0-9]*//; s/orphaned [0-9]*//"'
	block ss-kill 'sockets "ss -HKtn sport = :7102 | wc -l; ss -Htan sport = :7102 | wc -l"'
	block proc 'sockets "cat /proc/net/tcp /proc/net/udp /proc/net/tcp6 /proc/net/udp6 /proc/net/raw" | awk "/^ *[0-9]+:/ { print \$2, \$3, \$4, \$5 }" | sort'
	block stats 'ip -s -j link show dev v1 | tr , "\n" | grep -cE "\"(bytes|packets|errors|dropped)\""'
}

if [ -z "${TEST_INSIDE-}" ]; then
	export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
	HOST_SAYS=$(declare -f story | timeout 60 unshare -rn bash -c '. /dev/stdin; story' 2> /dev/null)
	export HOST_SAYS
fi
. "$TEST_TOP/test/net/lib.sh"
story > here
# Numbers that are given as they come
normal() {
	sed -E 's/^([^:]*: )[0-9]+: /\1N: /; s/@if[0-9]+//; s/ qlen [0-9]+//; s/handle [0-9]+$/handle N/; s/valid_lft.*//; s/uid [0-9]+//'
}
normal < here | grep -vE '^[^:]*: *$' > stack.txt
normal <<< "$HOST_SAYS" | grep -vE '^[^:]*: *$' > host.txt
for name in $(cut -d: -f1 here | uniq); do
	grep "^$name: " stack.txt > stack.part
	grep "^$name: " host.txt > host.part
	if grep -q "^$name: cannot" stack.part; then
		not_ok "$name: works"
		sed 's/^/# /' stack.part
	elif [ ! -s host.part ] || grep -q "^$name: cannot" host.part; then
		skip "$name: as the host says" "the host lacks it"
	elif diff host.part stack.part > diff.txt; then
		ok "$name: as the host says"
	else
		not_ok "$name: as the host says"
		sed 's/^/# /' diff.txt
	fi
done

# Monitors hear what others do
for what in link address route neigh rule; do
	ip monitor $what > mon.$what 2>&1 &
done
tc monitor > mon.tc 2>&1 &
ip netns add n
heard() {
	ip link add dev m0 type dummy
	ip addr add 10.5.0.1/24 dev m0
	ip link set dev m0 up
	ip neigh add 10.5.0.2 lladdr 02:00:00:00:00:55 dev m0
	ip rule add from 10.5.0.0/24 table 55
	tc qdisc add dev m0 root pfifo
	ip rule del from 10.5.0.0/24 table 55
	ip link del dev m0
	grep -q m0 mon.link && grep -q 10.5.0.1 mon.address && grep -q 10.5.0.0/24 mon.route &&
		grep -q 02:00:00:00:00:55 mon.neigh && grep -q 10.5.0.0/24 mon.rule && grep -q pfifo mon.tc
}
await "ip monitor, tc monitor" heard

# Generic netlink
check "genl: families" bash -c 'genl ctrl list > genl.log; for f in nlctrl mptcp_pm wireguard ethtool l2tp fou; do grep -q "Name: $f" genl.log || exit 1; done'
check "genl: mptcp_pm" bash -c 'ip mptcp endpoint add 10.1.0.1 id 3 subflow && ip mptcp endpoint show | grep -q "10.1.0.1 id 3 subflow"'
check "genl: wireguard" bash -c 'ip link add dev wg0 type wireguard && wg set wg0 listen-port 5 && wg show wg0 listen-port | grep -qx 5'
check "genl: ethtool" bash -c 'ethtool -k v0 | grep -q tcp-segmentation-offload && ethtool --show-channels v0 | grep -q Combined'
plan
