#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sctp.sh: SCTP across a router that loses packets; two paths, one is cut
#
#	  +--1-- r --2--+
#	a |             | b
#	  +--3-- s --4--+
#
# Cable N is 10.0.N.0/24 and fd00:N::/64. a is 10.0.1.1 and 10.0.3.1, b 10.0.2.2 and
# 10.0.4.2. Cable 2 loses some packets each way.
set -u
TEST_TOP=${TEST_TOP-$PWD}
SECONDS_MAX=150
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

hosts a r s b
cable 1 a r; cable 2 r b; cable 3 a s; cable 4 s b
ip -n a route add 10.0.2.0/24 via 10.0.1.2
ip -n a route add fd00:2::/64 via fd00:1::2
ip -n a route add 10.0.4.0/24 via 10.0.3.2
ip -n a route add fd00:4::/64 via fd00:3::2
ip -n b route add 10.0.1.0/24 via 10.0.2.1
ip -n b route add fd00:1::/64 via fd00:2::1
ip -n b route add 10.0.3.0/24 via 10.0.4.1
ip -n b route add fd00:3::/64 via fd00:4::1
frames a r; frames r b
hurt r b delay 2ms loss 1%
hurt b r delay 2ms loss 1%

served() {
	grep -q " $1 " <(on b cat /proc/net/sctp/eps)
}
established() {
	[ "$(on a cat /proc/net/sctp/snmp | awk '/SctpCurrEstab/ { print $2 }')" -ge 1 ]
}
# The last column is the state
failed() {
	on a cat /proc/net/sctp/remaddr | tee remaddr | grep -qE "^$1 .* 0 *\$"
}
two_and_two() {
	on a cat /proc/net/sctp/assocs | awk '{
		for (i = 1; i <= NF; i++)
			if ($i == "<->")
				n = ($(i - 2) ~ /[.:]/) + ($(i - 1) ~ /[.:]/) + ($(i + 1) ~ /[.:]/) + ($(i + 2) ~ /[.:]/)
		print
	} END { exit n != 4 }'
}
export -f two_and_two failed served established

# lksctp-tools' own: one-to-one style by default in sctp_test, one-to-many in sctp_darn
capture test.pcap a r
for v in "10.0.1.1 10.0.2.2 7000" "fd00:1::1 fd00:2::2 7006"; do
	read -r from to port <<< "$v"
	serve on b stdbuf -oL sctp_test -H "$to" -P "$port" -l
	await "sctp_test listens at $to" served "$port"
	check "sctp_test, ten streams, $to" on a sctp_test -H "$from" -P 7100 -h "$to" -p "$port" -s -x 1 -X 10 -c 4 -M 10 -o 1
	await "sctp_test has it, $to" grep -q 'Data 32768' serve.log
done
end_captures
check "INIT with ten streams" shows 'IP .*\[INIT\].*\[OS: 10\]' test.pcap
check "INIT of IPv6" shows 'IP6 .*\[INIT\]' test.pcap
check "several streams on the wire" test "$(tcpdump -n -r test.pcap 2> /dev/null | grep -oE '\[SID: [0-9]+\]' | sort -u | wc -l)" -ge 5

# Streams: each message arrives once, in its stream's order, by both styles
cat > streams.py <<'END'
import hashlib, os, socket, struct, sys
verb, style, address, port = sys.argv[1:4] + [int(sys.argv[4])]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
SOL_SCTP, INITMSG, EVENTS, NODELAY = 132, 2, 11, 3
s = socket.socket(family, socket.SOCK_STREAM if style == "one" else socket.SOCK_SEQPACKET, 132)
s.settimeout(25)
s.setsockopt(SOL_SCTP, INITMSG, struct.pack("=HHHH", 8, 8, 0, 0))
SNDRCV = "=HHHxxIIIIIi"
if verb == "send":
    digest = hashlib.sha256()
    if style == "one":
        s.connect((address, port))
    for i in range(200):
        d = struct.pack("!II", i % 8, i) + os.urandom(700)
        # struct sctp_sndrcvinfo: stream, ssn, flags, ppid, context, ttl, tsn, cumtsn, assoc
        s.sendmsg([d], [(SOL_SCTP, 1, struct.pack(SNDRCV, i % 8, 0, 0, socket.htonl(77), 0, 0, 0, 0, 0))],
                  0, *([] if style == "one" else [(address, port)]))
    d = s.recv(100)
    assert d == b"all", d
    sys.exit()
s.bind((address, port))
s.listen(5)
s.setsockopt(SOL_SCTP, EVENTS, b"\1")    # data_io: ask for sctp_sndrcvinfo
c = s
if style == "one":
    c, _ = s.accept()
    c.settimeout(25)
    c.setsockopt(SOL_SCTP, EVENTS, b"\1")
last = {}
for n in range(200):
    d, anc, flags, peer = c.recvmsg(2000, 200)
    stream, _, _, ppid, *_, assoc = struct.unpack(SNDRCV, anc[0][2][:struct.calcsize(SNDRCV)])
    told, i = struct.unpack("!II", d[:8])
    assert told == stream and socket.ntohl(ppid) == 77 and len(d) == 708, (told, stream, ppid)
    assert last.get(stream, -1) < i, "order"
    last[stream] = i
assert len(last) == 8
if style == "one":
    c.send(b"all")
else:
    c.sendmsg([b"all"], [(SOL_SCTP, 1, struct.pack(SNDRCV, 0, 0, 0, 0, 0, 0, 0, 0, assoc))], 0, peer)
    import time
    time.sleep(.5)
END
port=7010
LIMIT=30
# By default the second try to begin is 3 s after the first, the third 6 s after that
for h in a b; do
	on $h sysctl -qw net.sctp.rto_min=300 net.sctp.rto_initial=500 net.sctp.rto_max=2000
done
hurt r b delay 2ms loss 3%
capture streams.pcap a r
for style in one many; do
	for to in 10.0.2.2 fd00:2::2; do
		port=$((port + 1))
		serve on b $py streams.py serve $style $to $port
		await "one-to-$style at $to" served $port
		check "one-to-$style, eight streams, $to" on a $py streams.py send $style $to $port
	done
done
end_captures
check "losses are told selectively" shows 'SACK.*#gap acks [1-9]' streams.pcap
hurt r b
hurt b r
LIMIT=10

# Two paths: heartbeats find that the first one is gone, data go on by the other
for v in "10.0.1.1 10.0.3.1 10.0.2.2 10.0.4.2 7020" "fd00:1::1 fd00:3::1 fd00:2::2 fd00:4::2 7026"; do
	read -r a1 a2 b1 b2 port <<< "$v"
	# Above the 0.2 s that an acknowledgement may be delayed
	on a sysctl -qw net.sctp.rto_min=300 net.sctp.rto_initial=300 net.sctp.rto_max=500 \
		net.sctp.path_max_retrans=1 net.sctp.hb_interval=200
	on b sysctl -qw net.sctp.rto_min=300 net.sctp.rto_initial=300 net.sctp.rto_max=500 \
		net.sctp.path_max_retrans=1 net.sctp.hb_interval=200
	ip netns exec b timeout 20 stdbuf -oL sctp_darn -H "$b1" -B "$b2" -P "$port" -l > darn.log 2>&1 &
	listener=$!
	await "sctp_darn at $b1 and $b2" served "$port"
	capture one.pcap a r
	capture two.pcap a s
	: > talk.log
	(for i in {1..50}; do echo "message $i of $port"; sleep 0.1; done) |
		ip netns exec a timeout 20 sctp_darn -H "$a1" -B "$a2" -P 7120 -h "$b1" -p "$port" -s > talk.log 2>&1 &
	talker=$!
	await "an association" established
	await "of two addresses each" two_and_two
	sleep 1
	before=$(tcpdump -n -r two.pcap 2> /dev/null | grep -c DATA)
	ip -n r link set dev b down
	ip -n r link set dev a down
	sleep 1
	[ $port != 7020 ] || await "the path is known as failed" failed "$b1"
	wait $talker
	end_captures
	check "INIT tells both addresses" shows '\[INIT\]' one.pcap
	check "heartbeats on the second path" shows 'HB REQ' two.pcap
	check "data on the first path before" shows 'DATA' one.pcap
	check "none on the second one before" test "$before" = 0
	check "data on the second one after" test "$(tcpdump -n -r two.pcap 2> /dev/null | grep -c DATA)" -ge 5
	kill $listener
	check "all messages arrived, once" test "$(grep -oE "message [0-9]+ of $port" darn.log | sort | uniq -c | awk '$1 == 1' | wc -l)" = 50
	ip -n r link set dev b up
	ip -n r link set dev a up
	for h in r; do
		ip -n $h -6 addr replace fd00:1::2/64 dev a nodad
		ip -n $h -6 addr replace fd00:2::1/64 dev b nodad
	done
done
check "counters" test "$(on a cat /proc/net/sctp/snmp | awk '/SctpT3Rtx|SctpActiveEstabs/ { n += ($2 > 0) } END { print n + 0 }')" -ge 2
plan
