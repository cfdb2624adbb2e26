#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bpf.sh: XDP and tc programs from ELF files: what they drop, answer, redirect and pass
#
#	a --1-- r --2-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64. The program (bpf/verdict.c) is at r, on what
# comes from a: in XDP by the driver, in generic XDP, and in tc as a direct action. It
# does to a datagram what the map `verdicts` says of its port.
set -u
SECONDS_MAX=150
TEST_TOP=${TEST_TOP-$PWD}
outside() {
	clang -O2 -g -Wall -Werror -target bpf -I/usr/include/x86_64-linux-gnu \
		-c "$TEST_TOP/test/net/bpf/verdict.c" -o verdict.o
}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

row a r b
# A driver's XDP on one end of a cable sends to the other only where that polls, and
# returns only where that has XDP, too
on b ethtool -K r gro on
# What XDP sends has lost the note that its checksum is still to be done
on a ethtool -K r tx off > ethtool.log
check "a program that passes all, at a" ip -n a link set dev r xdpdrv obj verdict.o sec xdp.frags
# In the namespace of r, but not as `ip netns exec`, which gives a /sys of its own
at_r() {
	nsenter --net=/run/netns/r "$@"
}
says() {
	local pattern=$1 out
	shift
	out=$("$@") || return 1
	echo "$out"
	grep -qE -- "$pattern" <<< "$out"
}
# number N: as bpftool wants it, four bytes, the lowest first
number() {
	echo $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24))
}
# fill MAP KEY VALUE
fill() {
	# shellcheck disable=SC2046
	bpftool map update name "$1" key $(number "$2") value $(number "$3")
}
# value MAP KEY: as user space reads it
value() {
	# shellcheck disable=SC2046
	bpftool -j map lookup name "$1" key $(number "$2") |
		$py -c 'import json, sys; print(json.load(sys.stdin)["formatted"]["value"])'
}
export -f at_r says number fill value
export py

cat > datagrams.py <<'END'
import select, socket, sys
verb, address, *ports = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
if verb == "send":          # 20 to the port, so many come back
    port, want = int(ports[0]), int(ports[1])
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.connect((address, port))
    for i in range(20):
        s.send(b"%d" % i)
    got = []
    while select.select([s], [], [], 8 if len(got) < want else .2)[0]:
        got.append(s.recv(100))
    print(got)
    sys.exit(got != [b"%d" % i for i in range(want)])
s = socket.socket(family, socket.SOCK_DGRAM)
s.bind((address, int(ports[0])))
while True:                 # what arrives is told, not answered
    d, _ = s.recvfrom(100)
    print(ports[0], d.decode(), flush=True)
END
for to in 10.0.2.2 fd00:2::2; do
	for port in 7000 7001 7002 7003; do
		ip netns exec b $py datagrams.py serve $to $port >> "at_b.$to" &
		await "$to, port $port" up b u $port
	done
done
serve on b $py "$NET/transfer.py" serve tcp :: 7000
await "a TCP server" up b t 7000
arrived() {
	local n
	n=$(grep -c "^$2 " "at_b.$1")
	echo "$n of port $2"
	[ "$n" = "$3" ]
}
export -f arrived
forwarded() {
	echo $(($(count r IpForwDatagrams) + $(count r Ip6OutForwDatagrams)))
}

# prepare NAME: what user space tells the program
prepare() {
	local b
	b=$(on r cat /sys/class/net/b/ifindex)
	verdicts() {
		fill verdicts 7000 1 && fill verdicts 7001 1 && fill verdicts 7002 2 && fill verdicts 7003 3
	}
	check "$1: the verdicts" verdicts
	[ $1 = tc ] || check "$1: a device to forward to" at_r bash -c "fill ports $b $b"
}
# story NAME: by both families
story() {
	local to before total=0
	for to in 10.0.2.2 fd00:2::2; do
		: > "at_b.$to"
		on a ping -n -q -c 1 "$to" > ping.log	# r knows its neighbours
		capture "$1.$to.pcap" b r
		before=$(forwarded)
		check "$1, $to: dropped" on a $py datagrams.py send $to 7001 0
		check "$1, $to: answered by the program" on a $py datagrams.py send $to 7002 20
		check "$1, $to: forwarded by the program" on a $py datagrams.py send $to 7003 0
		await "$1, $to: all 20 arrive" arrived $to 7003 20
		check "$1, $to: without the IP stack" test "$(forwarded)" -lt $((before + 20))
		check "$1, $to: passed" on a $py datagrams.py send $to 7000 0
		await "$1, $to: all 20 arrive, too" arrived $to 7000 20
		check "$1, $to: by the IP stack" test "$(forwarded)" -ge $((before + 20))
		check "$1, $to: TCP passes" on a $py "$NET/transfer.py" send tcp $to 7000 300000
		end_captures
		check "$1, $to: b gets none of the others" test "$(sort -u "at_b.$to" | grep -cE '^700[12]')" = 0
		check "$1, $to: nor does the cable" \
			test "$(tcpdump -n -r "$1.$to.pcap" 'udp portrange 7001-7002' 2> /dev/null | wc -l)" = 0
		check "$1, $to: the forwarded ones have a hop less" \
			shows 'ttl 63|hlim 63' "$1.$to.pcap" -v udp port 7003
		total=$((total + 20))
	done
	check "$1: counted in the map" test \
		"$(value seen 1) $(value seen 2) $(value seen 3)" = "$total $total $total"
	check "$1: passed ones, too" test "$(value seen 0)" -ge $total
}

for v in "driver xdpdrv" "generic xdpgeneric"; do
	read -r name mode <<< "$v"
	check "$name: loaded by ip" at_r ip link set dev a $mode obj verdict.o sec xdp
	check "$name: is shown" says "prog/xdp id [0-9]+ name xdp_verdict" at_r ip -d link show dev a
	check "$name: bpftool net" says "a\([0-9]+\) $name id" at_r bpftool net
	prepare $name
	story $name
	check "$name: taken off" at_r ip link set dev a $mode off
	check "$name: nothing is left" test "$(bpftool prog | grep -c xdp_verdict)" = 0
done

check "tc: clsact" at_r tc qdisc add dev a clsact
check "tc: loaded by tc" at_r tc filter add dev a ingress bpf direct-action obj verdict.o sec tc
check "tc: is shown" says 'verdict.o:\[tc\] direct-action .*id [0-9]+ ' at_r tc filter show dev a ingress
check "tc: bpftool net" says 'a\([0-9]+\) clsact/ingress verdict.o' at_r bpftool net
prepare tc
story tc
check "tc: taken off" at_r tc qdisc del dev a clsact
check "tc: nothing is left" test "$(bpftool prog | grep -c tc_verdict)" = 0

# bpftool loads and pins, the maps by their names, too; ip attaches what is pinned
check "pinned by bpftool" bpftool prog load verdict.o /sys/fs/bpf/verdict pinmaps /sys/fs/bpf/maps
check "pinned: the names" test "$(ls /sys/fs/bpf/maps | xargs)" = "ports seen verdict_rodata verdicts"
check "pinned: attached by ip" at_r ip link set dev a xdp pinned /sys/fs/bpf/verdict
prepare pinned
check "pinned: answered by the program" on a $py datagrams.py send 10.0.2.2 7002 20
check "pinned: counted" test "$(value seen 2)" = 20
check "pinned: taken off by bpftool" at_r bpftool net detach xdp dev a
check "pinned: is there nevertheless" says 'xdp_verdict' bpftool prog show pinned /sys/fs/bpf/verdict
check "pinned: the names are removed" rm -r /sys/fs/bpf/verdict /sys/fs/bpf/maps
check "pinned: nothing is left" test "$(bpftool prog | grep -c _verdict)" = 0
check "all passes again" on a $py datagrams.py send 10.0.2.2 7002 0
await "and arrives" arrived 10.0.2.2 7002 20
plan
