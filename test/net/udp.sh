#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# udp.sh: multicast and its membership, segmentation offload, UDP-Lite
#
#	a --1-- r --2-- b	and a switch, br of host sw, with m1, m2, m3 on it
#
# Cable N is 10.0.N.0/24 and fd00:N::/64, the switch 10.9.0.0/24 and fd09::/64.
set -u
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

row a r b
hosts sw m1 m2 m3
# A switch that asks floods until the time for answers is over: 0.2 s
ip -n sw link add dev br type bridge mcast_query_response_interval 20 \
	mcast_startup_query_interval 50 mcast_startup_query_count 20
ip -n sw link set dev br type bridge mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2
ip -n sw addr add 10.9.0.9/24 dev br
ip -n sw link set dev br up
for n in 1 2 3; do
	ip -n m$n link add dev eth type veth peer name m$n netns sw
	ip -n sw link set dev m$n master br up
	ip -n m$n addr add 10.9.0.$n/24 dev eth
	ip -n m$n addr add fd09::$n/64 dev eth nodad
	ip -n m$n link set dev eth up
	ip -n m$n route add 224.0.0.0/4 dev eth
done

# Multicast: m2 and m3 listen, m3 to another group; the switch keeps them apart
cat > group.py <<'END'
import hashlib, socket, struct, sys, time
verb, group, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
six = ":" in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
index = int(open("/sys/class/net/eth/ifindex").read())
data = [bytes([i]) * 1000 for i in range(20)]
if verb == "send":
    if six:
        s.setsockopt(41, socket.IPV6_MULTICAST_IF, index)
        s.setsockopt(41, socket.IPV6_MULTICAST_HOPS, 1)
    for d in data:
        s.sendto(d, (group, port))
        time.sleep(.005)
    sys.exit()
s.bind(("", port))
if six:
    s.setsockopt(41, socket.IPV6_JOIN_GROUP, socket.inet_pton(10, group) + struct.pack("i", index))
elif verb == "source":
    s.setsockopt(0, 39, socket.inet_aton(group) + socket.inet_aton("0.0.0.0") + socket.inet_aton(sys.argv[4]))
else:
    s.setsockopt(0, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4si", socket.inet_aton(group), b"\0" * 4, index))
s.settimeout(8)
for d in data:
    assert s.recv(2000) == d
print("all")
END
capture igmp.pcap m2 eth
capture m3.pcap m3 eth
await "a querier asks, and asks by MLD" bash -c \
	"tcpdump -n -r igmp.pcap 2> /dev/null | grep -q 'igmp query v3' && tcpdump -n -r igmp.pcap 2> /dev/null | grep -q 'multicast listener query v2'"
for v in "4 239.1.2.3" "6 ff15::123"; do
	read -r family group <<< "$v"
	ip netns exec m2 $py group.py join "$group" 6000 > joined 2>&1 &
	member=$!
	joined() {
		ip -n m2 maddr show dev eth | grep -q "$group" && bridge -n sw mdb show | grep "$group" | grep -q 'port m2'
	}
	export -f joined
	export group
	await "IPv$family: a member, that the switch knows, too" joined
	check "IPv$family: to the group" on m1 $py group.py send "$group" 6000
	wait $member
	check "IPv$family: it receives all, unchanged" test "$(cat joined)" = all
done
ip netns exec m2 $py group.py source 232.1.1.1 6001 10.9.0.1 > joined 2>&1 &
member=$!
source_known() {
	grep -qi 'eth .*0xe8010101 0x0a090001' <(on m2 cat /proc/net/mcfilter)
}
await "of one source only" source_known
check "from another one" on m3 $py group.py send 232.1.1.1 6001
check "from that one" on m1 $py group.py send 232.1.1.1 6001
wait $member
check "only that one's arrive" test "$(cat joined)" = all
end_captures
check "IGMPv3: a report" shows 'igmp v3 report.*gaddr 239.1.2.3' igmp.pcap -v
check "IGMPv3: of a source" shows 'igmp v3 report.*232.1.1.1 (allow|is_in|to_in), 1 source' igmp.pcap -v
check "MLDv2: a report" shows 'multicast listener report v2.*ff15::123' igmp.pcap -v
check "who did not join is not sent it" test "$(tcpdump -n -r m3.pcap 'dst host 239.1.2.3 and udp' 2> /dev/null | wc -l)" = 0

# Segmentation: one send, many datagrams; coalescing: many datagrams, one receive
cat > gso.py <<'END'
import hashlib, os, socket, struct, sys
verb, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(8)
if verb == "send":
    data = os.urandom(40 * 1200 + 77)
    s.sendmsg([data], [(17, 103, struct.pack("=H", 1200))], 0, (address, port))
    assert s.recv(100) == hashlib.sha256(data).digest()
    sys.exit()
s.bind((address, port))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
if verb == "gro":
    s.setsockopt(17, 104, 1)
print("ready", flush=True)
data, parts = b"", 0
while len(data) < 40 * 1200 + 77:
    d, anc, _, peer = s.recvmsg(65536, 100)
    data += d
    parts += 1
    if verb == "gro" and len(d) > 1200:
        assert [struct.unpack("=i", c)[0] for l, t, c in anc if (l, t) == (17, 104)] == [1200]
s.sendto(hashlib.sha256(data).digest(), peer)
assert parts < 41 if verb == "gro" else parts == 41, parts
print("all", parts)
END
up_log() { grep -q ready "$1"; }
export -f up_log
capture gso.pcap b r
for to in 10.0.2.2 fd00:2::2; do
	frames r b
	ip netns exec b $py gso.py plain $to 6010 > gso.log 2>&1 &
	receiver=$!
	await "$to: receiver" up_log gso.log
	check "$to: UDP_SEGMENT: 41 datagrams by one send" on a $py gso.py send $to 6010
	wait $receiver
	check "$to: 41 arrive" grep -q 'all 41' gso.log
	on r ethtool -K b gso on tx-udp-segmentation on
	on b ethtool -K r gro on
	ip netns exec b $py gso.py gro $to 6011 > gso.log 2>&1 &
	receiver=$!
	await "$to: receiver" up_log gso.log
	check "$to: UDP_GRO" on a $py gso.py send $to 6011
	wait $receiver
	check "$to: fewer receives" grep -q '^all' gso.log
done
end_captures
check "datagrams on the wire" seen 40 gso.pcap 'dst host 10.0.2.2 and udp port 6010 and ip[2:2] == 1228'
check "IPv6 datagrams on the wire" seen 40 gso.pcap 'ip6 and udp port 6010 and ip6[4:2] == 1208'

# UDP-Lite: only what is covered is checked
cat > lite.py <<'END'
import os, socket, sys
family, address = (socket.AF_INET6, "fd00:2::2") if sys.argv[2] == "6" else (socket.AF_INET, "10.0.2.2")
s = socket.socket(family, socket.SOCK_DGRAM, 136)
s.settimeout(8)
if sys.argv[1] == "send":
    s.setsockopt(136, 10, 20)   # UDPLITE_SEND_CSCOV: the header and 12 bytes
    s.connect((address, 6020))
    for i in range(20):
        d = os.urandom(900)
        s.send(d)
        assert s.recv(1000) == d
    s.setsockopt(136, 10, 8)    # less than the receiver wants
    s.send(b"short")
    s.settimeout(.5)
    try:
        s.recv(100)
        sys.exit("was taken")
    except TimeoutError:
        sys.exit()
s.bind((address, 6020))
s.setsockopt(136, 11, 20)       # UDPLITE_RECV_CSCOV: at least
while True:
    d, peer = s.recvfrom(1000)
    s.sendto(d, peer)
END
bound() { grep -q 1784 <(on b cat /proc/net/udplite$1 2> /dev/null); }
capture lite.pcap b r
for v in 4 6; do
	serve on b $py lite.py serve $v
	await "UDP-Lite, IPv$v: a server" bound "${v/4/}"
	check "UDP-Lite, IPv$v: there and back; less than the least coverage is dropped" on a $py lite.py send $v
done
end_captures
check "UDP-Lite on the wire, with a coverage of 20" seen 20 lite.pcap 'ip proto 136 and ip[24:2] == 20'
check "UDP-Lite over IPv6, with a coverage of 20" seen 20 lite.pcap 'ip6 proto 136 and ip6[44:2] == 20'
check "UDP-Lite counts" counter 20 b UdpLiteInDatagrams
plan
