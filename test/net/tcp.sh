#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tcp.sh: TCP over three hops that lose packets
#
#	a --1-- r --2-- s --3-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64; it delays by 5 ms and loses 1 % each way on 2.
set -u
TEST_TOP=${TEST_TOP-$PWD}
SECONDS_MAX=150
. "$TEST_TOP/test/net/lib.sh"

row a r s b
frames a r; frames r s; frames s b
hurt r s delay 5ms loss 1%
hurt s r delay 5ms loss 1%
py=/usr/bin/python3

# Which algorithms there are is the kernel's to say
all=$(on a cat /proc/sys/net/ipv4/tcp_available_congestion_control)
check "cubic, bbr and reno are among the congestion controls" \
	test "$(grep -cw cubic <<< "$all")$(grep -cw bbr <<< "$all")$(grep -cw reno <<< "$all")" = 111
serve on b $py "$NET/transfer.py" serve tcp 10.0.3.2 7000
serve on b $py "$NET/transfer.py" serve tcp fd00:3::2 7006
# dctcp is reno unless both ends are willing; and where the first SYN is lost, for then
# the next one does not ask for ECN (RFC 3168, 6.1.1.1), unless that is forbidden
on a sysctl -qw net.ipv4.tcp_ecn_fallback=0
serve on b $py "$NET/transfer.py" serve tcp 10.0.3.2 7010 cc=dctcp
serve on b $py "$NET/transfer.py" serve tcp fd00:3::2 7016 cc=dctcp
await "a server" up b t 7000
await "an IPv6 server" up b t 7006
await "a server for dctcp" up b t 7010
await "an IPv6 server for dctcp" up b t 7016
LIMIT=30
capture cc.pcap a r
for cc in $all; do
	port=700
	[ "$cc" != dctcp ] || port=701
	ip netns exec a $py "$NET/transfer.py" send tcp 10.0.3.2 ${port}0 200000 cc="$cc" > "$cc.4" 2>&1 &
	four=$!
	ip netns exec a $py "$NET/transfer.py" send tcp fd00:3::2 ${port}6 200000 cc="$cc" > "$cc.6" 2>&1 &
	eval "job_$cc='$four $!'"
done
for cc in $all; do
	eval "set -- \$job_$cc"
	wait "$1"
	[ $? = 0 ] && ok "$cc" || { not_ok "$cc"; sed 's/^/# /' "$cc.4"; }
	wait "$2"
	[ $? = 0 ] && ok "$cc, IPv6" || { not_ok "$cc, IPv6"; sed 's/^/# /' "$cc.6"; }
done
end_captures
LIMIT=10
check "packets were lost" counter 1 a TcpRetransSegs
check "recovery by SACK" counter 1 a TcpExtTCPSackRecovery
check "seen in the capture" shows 'sack [0-9]+ \{' cc.pcap
check "and for IPv6" shows 'IP6 .*sack [0-9]+ \{' cc.pcap
check "timestamps and window scale" shows 'Flags \[S\.\].*mss 14[46]0,sackOK,TS val.*wscale' cc.pcap
hurt r s delay 5ms
hurt s r delay 5ms

# The first SYN is lost, and the answer to the second one
on r nft -f - <<'END'
table inet t {
	chain c {
		type filter hook forward priority 0;
		tcp flags & (syn | ack) == syn jump lost
		tcp flags & (syn | ack) == syn | ack jump lost_too
	}
	chain lost {
		numgen inc mod 1000 0 counter drop
	}
	chain lost_too {
		numgen inc mod 1000 0 counter drop
	}
}
END
check "dctcp where a handshake is repeated" on a $py "$NET/transfer.py" send tcp 10.0.3.2 7010 50000 cc=dctcp
check "that it was" test "$(on r nft list ruleset | grep -c 'packets 1 ')" = 2
on r nft flush ruleset

# RACK: two dropped near the end leave fewer than three duplicates; only time tells. The
# counter in r drops the 8th and 9th of ten data packets, once.
on r nft -f - <<'END'
table inet t {
	chain c {
		type filter hook forward priority 0;
		tcp dport 7000 meta length > 1000 jump data
	}
	chain data {
		numgen inc mod 1000 7-8 counter drop
	}
}
END
timeouts=$(count a TcpExtTCPTimeouts)
sacks=$(count a TcpExtTCPSackRecovery)
check "two of the last packets lost" on a $py "$NET/transfer.py" send tcp 10.0.3.2 7000 14400
check "that many were" test "$(on r nft list ruleset | grep -c 'packets 2 ')" = 1
check "RACK: no timeout" test "$(count a TcpExtTCPTimeouts)" = "$timeouts"
check "RACK: SACK recovery" counter $((sacks + 1)) a TcpExtTCPSackRecovery
on r nft -f - <<'END'
flush ruleset
table inet t {
	chain c {
		type filter hook forward priority 0;
		tcp dport 7000 meta length > 1000 jump data
	}
	chain data {
		numgen inc mod 1000 9 counter drop
	}
}
END
# With transfer.py's four bytes in front it is ten full packets, and nothing after the lost one
check "the last packet lost" on a $py "$NET/transfer.py" send tcp 10.0.3.2 7000 14476
check "a probe for it" counter 1 a TcpExtTCPLossProbes
on r nft flush ruleset

# Path MTU: the last cable takes 1280 only
ip -n s link set dev b mtu 1280
ip -n b link set dev s mtu 1280
# The other end must not tell by its MSS
ip -n b route replace 10.0.1.0/24 via 10.0.3.1 advmss 1460
ip -n b route replace fd00:1::/64 via fd00:3::1 advmss 1440
capture mtu.pcap a r
check "past a smaller MTU" on a $py "$NET/transfer.py" send tcp 10.0.3.2 7000 100000
check "past a smaller MTU, IPv6" on a $py "$NET/transfer.py" send tcp fd00:3::2 7006 100000
end_captures
check "the router told" shows '10.0.2.2 > 10.0.1.1: ICMP .*need to frag \(mtu 1280\)' mtu.pcap
check "and by ICMPv6" shows 'ICMP6, packet too big, mtu 1280' mtu.pcap
check "the route knows" test "$(ip -n a route get 10.0.3.2 | grep -c 'mtu 1280')" = 1
check "the IPv6 route knows" test "$(ip -n a route get fd00:3::2 | grep -c 'mtu 1280')" = 1
ip -n s link set dev b mtu 1500
ip -n b link set dev s mtu 1500
ip -n a route flush cache
ip -n a -6 route flush cache

# Fast open: the first connection fetches a cookie, the next one sends data in its SYN
on a sysctl -qw net.ipv4.tcp_fastopen=3
on b sysctl -qw net.ipv4.tcp_fastopen=3
serve on b $py "$NET/transfer.py" serve tcp 10.0.3.2 7001 fastopen
serve on b $py "$NET/transfer.py" serve tcp fd00:3::2 7061 fastopen
await "a fast open server" up b t 7001
await "an IPv6 fast open server" up b t 7061
capture tfo.pcap a r
for to in "10.0.3.2 7001" "fd00:3::2 7061"; do
	# shellcheck disable=SC2086
	for i in 1 2; do
		check "fast open: $to, connection $i" \
			on a $py "$NET/transfer.py" send tcp $to 5000 fastopen
	done
done
end_captures
check "fast open: data were taken" counter 2 b TcpExtTCPFastOpenPassive
check "fast open: data were acknowledged" counter 2 a TcpExtTCPFastOpenActive
check "fast open: a cookie request" shows 'Flags \[S\].*tfo  cookiereq' tfo.pcap
check "fast open: data in a SYN" shows 'IP .*Flags \[S\].*tfo  cookie .*length [1-9]' tfo.pcap
check "fast open: data in a SYN, IPv6" shows 'IP6 .*Flags \[S\].*tfo  cookie .*length [1-9]' tfo.pcap

# Keepalive: probes while nothing is said; without an answer the connection ends
capture keep.pcap a r
serve on b socat -u TCP4-LISTEN:7002 STDOUT
await "a silent server" up b t 7002
mkfifo pipe
exec 9<> pipe
ip netns exec a socat -u PIPE:pipe TCP4:10.0.3.2:7002,keepalive,keepidle=1,keepintvl=1,keepcnt=2 2> keep.log &
keeper=$!
await "keepalive: a probe" counter 1 a TcpExtTCPKeepAlive
check "keepalive: the timer is seen" test "$(on a ss -Htno 'dport = :7002' | grep -c 'timer:(keepalive')" = 1
ip -n s link set dev b down
gone() {
	! on a ss -Htn 'dport = :7002' | grep -q .
}
await "keepalive: a dead peer is noticed" gone
kill $keeper 2> /dev/null
wait $keeper
exec 9>&-
end_captures
check "keepalive: empty probes in the capture" \
	seen 3 keep.pcap 'src 10.0.1.1 and tcp dst port 7002 and tcp[tcpflags] == tcp-ack'
ip -n s link set dev b up
ip -n s -6 addr replace fd00:3::1/64 dev b nodad
ip -n s route replace 10.0.3.0/24 dev b src 10.0.3.1 2> /dev/null

# Signed segments; tcpdump knows the algorithm, too
capture md5.pcap a r
for v in "4 10.0.3.2 10.0.1.1 7003" "6 fd00:3::2 fd00:1::1 7063"; do
	read -r family to from port <<< "$v"
	serve on b $py "$NET/transfer.py" serve tcp "$to" "$port" md5=secret,"$from"
	await "MD5, IPv$family: a server" up b t "$port"
	check "MD5, IPv$family" on a $py "$NET/transfer.py" send tcp "$to" "$port" 50000 md5=secret,"$to"
done
check "MD5: a wrong key is not answered" test "$(LIMIT=2 limited \
	on a $py "$NET/transfer.py" send tcp 10.0.3.2 7003 100 md5=wrong,10.0.3.2; echo $?)" = 124
check "MD5: it is counted" counter 1 b TcpExtTCPMD5Failure
check "MD5: no signature is not answered" test "$(LIMIT=2 limited \
	on a $py "$NET/transfer.py" send tcp 10.0.3.2 7003 100; echo $?)" = 124
check "MD5: that is counted" counter 1 b TcpExtTCPMD5NotFound
end_captures
check "MD5: tcpdump agrees" shows 'IP .*md5 valid' md5.pcap -M secret
check "MD5: tcpdump agrees, IPv6" shows 'IP6 .*md5 valid' md5.pcap -M secret

if [ "${LIBOS_RELEASE-}" = 6.1 ]; then
	skip "TCP-AO" "Linux has it since 6.7"
else
	capture ao.pcap a r
	for v in "4 10.0.3.2 10.0.1.1 7004" "6 fd00:3::2 fd00:1::1 7064"; do
		read -r family to from port <<< "$v"
		serve on b $py "$NET/transfer.py" serve tcp "$to" "$port" ao=secret,"$from"
		await "AO, IPv$family: a server" up b t "$port"
		check "AO, IPv$family" on a $py "$NET/transfer.py" send tcp "$to" "$port" 50000 ao=secret,"$to"
	done
	end_captures
	# Option 29; tcpdump of Debian 12 does not know it by name
	check "AO: on the wire" shows 'IP .*(tcp-ao|unknown-29|TCP-AO)' ao.pcap
	check "AO: on the wire, IPv6" shows 'IP6 .*(tcp-ao|unknown-29|TCP-AO)' ao.pcap
	check "AO: signatures were good" counter 10 b TcpExtTCPAOGood
	check "AO: a wrong key is not answered" test "$(LIMIT=2 limited \
		on a $py "$NET/transfer.py" send tcp 10.0.3.2 7004 100 ao=wrong,10.0.3.2; echo $?)" = 124
	check "AO: it is counted" counter 1 b TcpExtTCPAOBad
fi

# Kernel TLS at both ends: what is on the wire is not what is sent
capture tls.pcap a r
for v in "4 1.3 10.0.3.2 7005" "6 1.3 fd00:3::2 7065" "4 1.2 10.0.3.2 7006" "6 1.2 fd00:3::2 7066"; do
	read -r family version to port <<< "$v"
	serve on b $py "$NET/transfer.py" serve tcp "$to" "$port" tls=$version
	await "kernel TLS $version, IPv$family: a server" up b t "$port"
	check "kernel TLS $version, IPv$family" on a $py "$NET/transfer.py" send tcp "$to" "$port" 200000 tls=$version
done
end_captures
check "kernel TLS: both directions, four times" test "$(on a cat /proc/net/tls_stat | awk '/TlsTxSw|TlsRxSw/ { n += $2 } END { print n }')" = 8
check "kernel TLS: records on the wire" shows '0x0.*1703 03' tls.pcap -x
plan
