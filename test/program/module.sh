#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# module.sh: what a machine loads as modules, and a stack has once it is asked for
#
#	a  v0 --- v0  b
#
# and in a further namespace, mid, what joins or balances: IPVS, an Open vSwitch.
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

for side in a b; do
	ip netns add $side
	ip -n $side link set dev lo up
done
ip netns add mid
ip -n mid link set dev lo up
ip -n a link add dev v0 type veth peer name v0 netns b
ip -n a link set dev v0 up
ip -n b link set dev v0 up

# --- RDS: datagrams over TCP
cat > rds.py <<'END'
import socket
a, b = [socket.socket(21, socket.SOCK_SEQPACKET) for _ in range(2)]
a.bind(("127.0.0.1", 4000))
b.bind(("127.0.0.1", 4001))
for s in a, b:
    s.settimeout(10)
for size in 10, 5000:
    a.sendto(b"x" * size, ("127.0.0.1", 4001))
    data, who = b.recvfrom(10000)
    assert data == b"x" * size and who == ("127.0.0.1", 4000), (len(data), who)
END
silent() {
	! ss -Hltn "sport = :$1" | grep -q .
}
check "nobody listens for RDS in a stack that has not asked" silent 16385
check "datagrams of RDS" /usr/bin/python3 rds.py
check "now it listens" test "$(ss -Hltn 'sport = :16385')"

# --- AF_RXRPC, PPTP
cat > rxrpc.py <<'END'
import ctypes, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.socket(33, socket.SOCK_DGRAM, socket.AF_INET)
assert fd >= 0, ctypes.get_errno()
# struct sockaddr_rxrpc: service 7000 at UDP port 7001
inside = struct.pack("=H2s4s8x", socket.AF_INET, struct.pack("!H", 7001), bytes(4))
addr = struct.pack("=HHHH", 33, 7000, socket.SOCK_DGRAM, len(inside)) + inside.ljust(28, b"\0")
assert libc.bind(fd, addr, len(addr)) == 0, ctypes.get_errno()
assert libc.listen(fd, 1) == 0, ctypes.get_errno()
# A call to a service that is not there: it answers with an abort, a packet of type 4.
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.sendto(struct.pack("!IIIIIBBBBHH", 0x1234, 0x10000, 1, 1, 1, 1, 0x25, 0, 0, 0, 7777) + b"call",
         ("127.0.0.1", 7001))
kind = s.recv(1000)[20]
assert kind == 4, kind
END
check "AF_RXRPC answers a call to a service that it has not" /usr/bin/python3 rxrpc.py
check "its files in /proc" test -e /proc/net/rxrpc/calls
cat > pptp.py <<'END'
import ctypes, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.socket(24, socket.SOCK_STREAM, 2)
assert fd >= 0, ctypes.get_errno()
# struct sockaddr_pppox: a call's number and an address
def at(call):
    return struct.pack("=HIHxx4s", 24, 2, call, socket.inet_aton("127.0.0.1")).ljust(30, b"\0")
assert libc.bind(fd, at(7), 30) == 0, ctypes.get_errno()
assert libc.connect(fd, at(8), 30) == 0, ctypes.get_errno()
END
check "a session of PPTP" /usr/bin/python3 pptp.py

# --- batman-adv: a mesh of two
for side in a b; do
	ip -n $side link add dev bat0 type batadv
	# Which keeps back broadcasts for half a minute
	ip netns exec $side batctl meshif bat0 bridge_loop_avoidance 0
	ip -n $side link set dev v0 master bat0
	ip -n $side link set dev bat0 up
done
ip -n a addr add 10.1.0.1/24 dev bat0
ip -n b addr add 10.1.0.2/24 dev bat0
await "across a mesh of B.A.T.M.A.N." ip netns exec a ping -q -c 1 -w 1 10.1.0.2
check "which knows the other" grep -q '^ \*' <(ip netns exec a batctl meshif bat0 originators)
for side in a b; do
	ip -n $side link del dev bat0
done

# --- IEEE 802.15.4: two radios, IPv6 by 6LoWPAN
check "two simulated radios" test "$(iwpan dev | grep -c Interface)" = 2
iwpan dev wpan0 set pan_id 0xbeef
iwpan dev wpan1 set pan_id 0xbeef
iwpan phy phy1 set netns name b
ip link add link wpan0 name low0 type lowpan
ip -n b link add link wpan1 name low1 type lowpan
ip link set dev wpan0 up
ip link set dev low0 up
ip -n b link set dev wpan1 up
ip -n b link set dev low1 up
ip addr add 2001:db8::1/64 dev low0 nodad
ip -n b addr add 2001:db8::2/64 dev low1 nodad
check "IPv6 between them" ping -q -c 1 -w 10 2001:db8::2

# --- Open vSwitch: its datapath, by flows set by hand
for side in a b; do
	ip -n $side link add dev ovs type veth peer name $side netns mid
	ip -n $side link set dev ovs up
	ip -n mid link set dev $side up
done
ip -n a addr add 10.2.0.1/24 dev ovs
ip -n b addr add 10.2.0.2/24 dev ovs
ovs() {
	ip netns exec mid /usr/bin/python3 "$TEST_TOP/test/program/openvswitch.py" "$@"
}
check "a datapath of Open vSwitch" ovs join a b
check "forwards by its flows" ip netns exec a ping -q -c 2 -w 5 10.2.0.2
check "and counts: two pings, two answers, ARP" test "$(ovs count)" -ge 6

# --- IPVS: mid answers for two real servers, in turns
for side in a b; do
	ip -n $side link add dev vs type veth peer name vs$side netns mid
	ip -n $side link set dev vs up
	ip -n mid link set dev vs$side up
done
ip -n a addr add 10.3.1.2/24 dev vs
ip -n b addr add 10.3.2.2/24 dev vs
ip -n a route add 10.3.9.9 via 10.3.1.1
ip -n b route add 10.3.9.9 via 10.3.2.1
ip -n mid addr add 10.3.1.1/24 dev vsa
ip -n mid addr add 10.3.2.1/24 dev vsb
ip -n mid addr add 10.3.9.9/32 dev lo
for side in a b; do
	ip netns exec $side python3 -c 'import socket, sys
s = socket.create_server(("", 80))
while True:
    s.accept()[0].send(sys.argv[1].encode())' $side &
	await "a server in $side" ip netns exec $side bash -c 'ss -Hltn "sport = :80" | grep -q .'
done
balanced() {
	ip netns exec mid ipvsadm -A -t 10.3.9.9:80 -s rr &&
	ip netns exec mid ipvsadm -a -t 10.3.9.9:80 -r 10.3.1.2:80 -m &&
	ip netns exec mid ipvsadm -a -t 10.3.9.9:80 -r 10.3.2.2:80 -m
}
turns() {
	for _ in 1 2 3 4; do
		ip netns exec mid python3 -c 'import socket
print(socket.create_connection(("10.3.9.9", 80), 5).recv(10).decode(), end="")'
	done
}
check "a service of IPVS" balanced
check "its servers in turns" grep -qE 'abab|baba' <(turns)
# Every two seconds
counted() {
	ip netns exec mid ipvsadm -L -n --stats | grep -qE '10.3.9.9:80 +4 '
}
await "and counts" counted

plan
