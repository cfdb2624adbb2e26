#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# iproute2.sh: ip, ip -j, ip netns, ss, tc, bridge, sysctl, ethtool
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

says() {
	local pattern=$1 out
	shift
	out=$("$@") || return 1
	echo "$out"
	grep -qE -- "$pattern" <<< "$out"
}
json() {
	"${@:2}" | /usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); assert eval(sys.argv[1]), d' "$1"
}

check "ip link: lo" says 'LOOPBACK' ip link show lo
check "ip -j link" json 'd[0]["ifname"] == "lo"' ip -j link
check "a dummy" ip link add d0 type dummy
check "its address" ip addr add 10.1.0.1/24 dev d0
check "its IPv6 address" ip addr add fd01::1/64 dev d0 nodad
check "up" ip link set d0 up
check "ip -j addr" json 'd[0]["addr_info"][0]["local"] == "10.1.0.1"' ip -j addr show dev d0
check "its route" says '^10.1.0.0/24 .*src 10.1.0.1' ip route
check "a route" ip route add 10.2.0.0/16 via 10.1.0.9
check "ip route get" says 'via 10.1.0.9 dev d0 src 10.1.0.1' ip route get 10.2.3.4
check "a rule" ip rule add from 10.1.0.0/24 table 77
check "ip rule" says 'lookup 77' ip rule
check "a neighbour" ip neigh add 10.1.0.5 lladdr 02:00:00:00:00:05 dev d0
check "ip neigh" says '02:00:00:00:00:05 .*PERMANENT' ip neigh
check "what is there twice is refused" test "$(ip link add d0 type dummy 2>&1; echo $?)" = \
	"RTNETLINK answers: File exists
2"
printf 'link set d0 mtu 1400\nlink set d0 mtu 1450\n' > batch
check "ip -batch" ip -batch batch

for kind in "bridge" "vlan id 7" "macvlan" "veth peer name peer" "vxlan id 5 dstport 4789" \
	"gre remote 10.1.0.9 local 10.1.0.1" "wireguard" "bond" "vrf table 10"; do
	link=
	[[ $kind != vlan* && $kind != macvlan ]] || link="link d0"
	# shellcheck disable=SC2086
	check "a ${kind%% *}" ip link add ${kind:0:3}0 $link type $kind
done

check "into the bridge" ip link set vet0 master bri0
check "bridge link" says 'vet0.*master bri0' bridge link
check "bridge fdb add" bridge fdb add 02:00:00:00:00:09 dev vet0 master static
check "bridge fdb" says '02:00:00:00:00:09.*static' bridge fdb show
check "bridge vlan" bridge vlan add dev vet0 vid 9

check "tc: htb" tc qdisc add dev d0 root handle 1: htb default 1
check "tc: class" tc class add dev d0 parent 1: classid 1:1 htb rate 10mbit
check "tc: netem" tc qdisc add dev d0 parent 1:1 netem delay 5ms
check "tc: u32" tc filter add dev d0 parent 1: protocol ip u32 match ip dst 10.1.0.5 flowid 1:1
check "tc -s qdisc" says 'netem .*delay 5ms' tc -s qdisc show dev d0
check "tc -j" json 'd[0]["kind"] == "htb"' tc -j qdisc show dev d0

check "a /sys of a namespace's own" says '^d9$' unshare -n -m sh -c \
	'ip link add d9 type dummy && mount -t sysfs none /sys && ls /sys/class/net'
check "ip netns add" ip netns add blue
check "ip netns" says '^blue' ip netns
check "another" ip netns add green
check "it has lo, and nothing else" json 'len(d) == 1' ip -n green -j link
# By an ioctl() on tunl0 and the like, which come with the first tunnel of their kind
while read -r name mode base ends; do
	# shellcheck disable=SC2086
	check "ip tunnel add mode $mode" ip -n green ${base:+-$base} tunnel add "$name" mode "$mode" $ends
	check "ip tunnel show" says "^$name:" ip -n green ${base:+-$base} tunnel show "$name"
done <<'END'
ipip1 ipip 4 local 10.0.0.1 remote 10.0.0.2
gre1 gre 4 local 10.0.0.1 remote 10.0.0.2 key 7
sit1 sit 4 local 10.0.0.1 remote 10.0.0.2
vti1 vti 4 local 10.0.0.1 remote 10.0.0.2 key 8
six1 ip6ip6 6 local fd00::1 remote fd00::2
gre6 ip6gre 6 local fd00::1 remote fd00::2
END
check "tunl0 came with it" says 'tunl0' ip -n green link show tunl0
check "a device that is nobody's" says 'Cannot find device' \
	sh -c 'ip -n green tunnel add x mode ipip dev nowhere 2>&1 || :'
check "without it" ip netns del green
check "ip netns exec: a network of its own" test "$(ip netns exec blue ip -br link | grep -c d0)" = 0
check "ip -n" ip -n blue link set lo up
check "/sys/class/net is the namespace's" test "$(ip netns exec blue ls /sys/class/net | grep -cx d0)" = 0
check "a link into it" ip link set peer netns blue
check "is there" says 'peer@' ip -n blue link
check "ip netns identify" test "$(ip netns exec blue ip netns identify)" = blue
check "and back" ip -n blue link set peer netns 1
check "ip netns del" ip netns del blue
check "is gone" test -z "$(ip netns)"

check "sysctl -w" sysctl -qw net.ipv4.ip_forward=1
check "/proc/sys" test "$(cat /proc/sys/net/ipv4/ip_forward)" = 1
check "/proc/net/dev" says 'd0:' cat /proc/net/dev
check "/sys/class/net" test "$(cat /sys/class/net/d0/mtu)" = 1450
check "ethtool -i" says '^driver: veth' ethtool -i vet0
check "ethtool -k" says '^tcp-segmentation-offload: on' ethtool -k vet0
check "ethtool -K" ethtool -K vet0 tso off
check "ethtool -k after that" says '^tcp-segmentation-offload: off' ethtool -k vet0
check "ethtool -S" says 'rx_queue_0_xdp_packets: 0' ethtool -S vet0

nc.openbsd -lk 127.0.0.1 7000 > /dev/null &
listener=$!
await "ss -l" listening 7000
mkfifo pipe
nc.openbsd 127.0.0.1 7000 < pipe > /dev/null &
exec 9> pipe
connected() {
	ss -Htn state established | grep -q 127.0.0.1:7000
}
await "ss: a connection" connected
check "ss -i" says 'cubic.*mss:' ss -tin 'dport = :7000'
check "ss -K" says '127.0.0.1:7000' ss -Kn dst 127.0.0.1 dport = 7000
exec 9>&-
kill $listener

# From a directory of the stack's, or above one; the host's value is another one
sysctl -qw net.core.somaxconn=777
within() {
	local here=$PWD got
	got=$(cd /proc/sys/net/ipv4 && cat ../core/somaxconn && cd ../core && /bin/pwd && cat ./somaxconn &&
		cd /proc && cat sys/net/core/somaxconn && cd "$here" && /bin/pwd)
	[ "$got" = "777
/proc/sys/net/core
777
777
$here" ]
}
check "directories of the stack's" within
# Two namespaces, each with a process of the stack
spaces() {
	local other here all
	ip netns add seen
	ip netns exec seen sleep 5 &
	until [ "$(ip netns identify $!)" = seen ]; do
		sleep 0.05
	done
	other=$(lsns -t net -n -o NS -p $! | tr -dc 0-9)
	here=$(readlink /proc/self/ns/net | tr -dc 0-9)
	all=$(lsns -t net -n -o NS)
	[ -n "$other" ] && [ "$other" != "$here" ] && grep -qw "$other" <<< "$all" &&
		grep -qw "$here" <<< "$all"
}
check "lsns" spaces
nowhere() {
	! cd /proc/sys/net/none 2> /dev/null
}
check "one that it has not" nowhere

monitor() {
	ip monitor link > monitor.log &
	until grep -q 'm0:' monitor.log; do
		ip link add m0 type dummy && ip link del m0
		sleep 0.05
	done
	kill $!
}
check "ip monitor" monitor

macvtap() {
	ip link add q0 type dummy && ip link set q0 up &&
		ip link add link q0 name q1 type macvtap mode bridge && ip link set q1 up &&
		python3 -c '
import os, socket
tap = os.open("/dev/tap%d" % socket.if_nametoindex("q1"), os.O_RDWR)
below = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
below.bind(("q0", 3))	# ETH_P_ALL: what is sent, too
frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 50
os.write(tap, bytes(10) + frame)	# after a virtio header
while below.recv(100) != frame:
    pass'
}
check "/dev/tapN of a macvtap device" macvtap
plan
