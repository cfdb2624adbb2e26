#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mptcp.sh: MPTCP uses two paths, survives the loss of one, speaks TCP to plain peers
#
#	  +--1-- r --2--+
#	a |             | b
#	  +--3-- s --4--+
#
# Cable N is 10.0.N.0/24 and fd00:N::/64; each path lets 10 Mbit/s through.
set -u
TEST_TOP=${TEST_TOP-$PWD}
SECONDS_MAX=150
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

two_paths 10mbit
# A connection to 10.0.2.2 is told of 10.0.4.2, which a then connects to
check "limits" on a ip mptcp limits set subflows 2 add_addr_accepted 2
on b ip mptcp limits set subflows 2 add_addr_accepted 2
check "an endpoint to announce" on b ip mptcp endpoint add 10.0.4.2 dev s signal
check "an IPv6 one" on b ip mptcp endpoint add fd00:4::2 dev s signal
check "is listed" grep -q '10.0.4.2 id 1 signal' <(on b ip mptcp endpoint show)
for h in a b; do
	on $h sysctl -qw net.mptcp.stale_loss_cnt=2
done

rate() {
	$py -c '
import json
print(int(json.load(open("'"$1"'"))["end"]["sum_received"]["bits_per_second"] / 1e5) / 10)'
}
sent() {
	on a ip -s -j link show dev "$1" | $py -c 'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["tx"]["bytes"])'
}
capture one.pcap a r
capture two.pcap a s
for v in "10.0.2.2 5201" "fd00:2::2 5206"; do
	read -r to port <<< "$v"
	ip netns exec b mptcpize run iperf3 -s -1 -p "$port" > server.log 2>&1 &
	server=$!
	await "$to: iperf3" up b t "$port"
	r0=$(sent r) s0=$(sent s)
	check "$to: a transfer" on a bash -c "mptcpize run iperf3 -J -c $to -p $port -t 4 > two.json"
	wait $server
	echo "# $(rate two.json) Mbit/s, $(($(sent r) - r0)) and $(($(sent s) - s0)) bytes"
	check "$to: more than a path of 10 Mbit/s lets through" awk -v r="$(rate two.json)" 'BEGIN { exit !(r > 12) }'
	check "$to: the first path was used" test $(($(sent r) - r0)) -gt 1000000
	check "$to: the second path was used" test $(($(sent s) - s0)) -gt 1000000
done

# One path is cut in the middle. The server must take connections to its other address, too
serve on b $py "$NET/transfer.py" serve mptcp 0.0.0.0 7000
serve on b $py "$NET/transfer.py" serve mptcp :: 7006
await "a server" up b t 7000
await "an IPv6 server" up b t 7006
joined() {
	on a ss -Htn "dst [$1]" | grep ESTAB
}
export -f joined
for v in "10.0.2.2 7000 10.0.4.2" "fd00:2::2 7006 fd00:4::2"; do
	read -r to port second <<< "$v"
	LIMIT=25
	ip netns exec a timeout $LIMIT $py "$NET/transfer.py" send mptcp "$to" "$port" 6000000 > cut.log 2>&1 &
	sender=$!
	await "$to: a transfer by two paths" joined "$second"
	sleep 1
	cut=$(sent s)
	ip -n r link set dev b down
	ip -n r link set dev a down
	wait $sender
	status=$?
	check "$to: the transfer goes on, its checksum is right" test $status = 0
	sed 's/^/# /' cut.log
	check "$to: by the path that is left" test $(($(sent s) - cut)) -gt 1500000
	ip -n r link set dev a up
	ip -n r link set dev b up
	ip -n r -6 addr replace fd00:1::2/64 dev a nodad
	ip -n r -6 addr replace fd00:2::1/64 dev b nodad
	LIMIT=10
	await "$to: the first path is back" on a ping -n -q -c 1 -W 1 "$to"
done
end_captures
check "MP_CAPABLE on the first path" shows 'Flags \[S\].*mptcp.*capable' one.pcap
check "ADD_ADDR" shows 'mptcp.*add-addr v1 id 1 10.0.4.2' one.pcap
check "MP_JOIN on the second path" shows 'Flags \[S\].*mptcp.*join' two.pcap
check "IPv6 MP_JOIN" shows 'IP6 .*Flags \[S\].*mptcp.*join' two.pcap
check "DSS" shows 'mptcp.*dss ack' two.pcap
check "joins were taken" counter 4 b MPTcpExtMPJoinAckRx

# A plain peer
serve on b $py "$NET/transfer.py" serve tcp 10.0.2.2 7001
serve on b $py "$NET/transfer.py" serve mptcp 10.0.2.2 7002
await "a plain server" up b t 7001
await "an MPTCP server" up b t 7002
check "to a plain peer" on a $py "$NET/transfer.py" send mptcp 10.0.2.2 7001 100000
check "fell back to TCP" counter 1 a MPTcpExtMPCapableFallbackSYNACK
check "from a plain peer" on a $py "$NET/transfer.py" send tcp 10.0.2.2 7002 100000
check "nothing went wrong" test "$(count b MPTcpExtMPJoinAckHMacFailure)" = 0
plan
