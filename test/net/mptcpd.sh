#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mptcpd.sh: the daemon mptcpd makes the second paths, by the kernel's path manager or itself
#
#	  +--1-- r --2--+
#	a |             | b
#	  +--3-- s --4--+
#
# Cable N is 10.0.N.0/24 and fd00:N::/64; each path lets 10 Mbit/s through. A connection
# goes from 10.0.1.1 to 10.0.2.2; a daemon runs at a and at b. First it just tells the
# kernel of the addresses that the hosts have (the plugin addr_adv of the package); then
# announcements and connections are the daemon's (net.mptcp.pm_type=1, mptcpd/second.c).
set -u
SECONDS_MAX=150
TEST_TOP=${TEST_TOP-$PWD}
outside() {
	mkdir plugins
	gcc -Wall -Werror -shared -fPIC -o plugins/second.so "$TEST_TOP/test/net/mptcpd/second.c"
}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3
PATH=$PATH:/usr/libexec

two_paths 10mbit

sent() {
	on a ip -s -j link show dev s | $py -c 'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["tx"]["bytes"])'
}
# daemons PLUGIN OPTION...: at both; those before are ended
daemons=()
daemons() {
	local h
	end_daemons
	for h in a b; do
		ip netns exec $h env SECOND_4="$([ $h = a ] && echo 10.0.3.1 || echo 10.0.4.2)" \
			SECOND_6="$([ $h = a ] && echo fd00:3::1 || echo fd00:4::2)" \
			mptcpd -d --log=stderr --path-manager="$1" --load-plugins="$1" \
			--notify-flags=existing,skip_link_local,skip_loopback \
			--addr-flags="$([ $h = a ] && echo subflow || echo signal)" "${@:2}" > $h.log 2>&1 &
		daemons+=($!)
	done
}
end_daemons() {
	[ ${#daemons[@]} = 0 ] || { kill "${daemons[@]}"; wait "${daemons[@]}"; }
	daemons=()
}
# subflow TO: a has one to that address
subflow() {
	on a ss -Htn dst "[$1]" | grep ^ESTAB
}
# transfer NAME ADDRESS PORT SECOND: by two paths, the other one to SECOND
transfer() {
	local name=$1 to=$2 port=$3 far=$4 before monitor sender status
	ip netns exec a ip mptcp monitor > "monitor.$name" 2>&1 &
	monitor=$!
	capture "$name.pcap" a s
	before=$(sent)
	ip netns exec a timeout 30 $py "$NET/transfer.py" send mptcp "$to" "$port" 5000000 > transfer.log 2>&1 &
	sender=$!
	await "$name: a second path" subflow "$far"
	wait $sender
	status=$?
	check "$name: the data arrive unchanged" test $status = 0
	end_captures
	check "$name: by the second path, too" test $(($(sent) - before)) -gt 1000000
	sleep 0.2
	kill $monitor
	wait $monitor
	check "$name: ip mptcp monitor tells of it" grep -qE "SF_ESTABLISHED\].*saddr.=.*daddr.=$far" "monitor.$name"
	check "$name: an MP_JOIN on the wire" shows 'Flags \[S\].*mptcp.*join' "$name.pcap"
	check "$name: data by it" shows 'mptcp.*dss' "$name.pcap"
}
serve on b $py "$NET/transfer.py" serve mptcp 0.0.0.0 7000
serve on b $py "$NET/transfer.py" serve mptcp :: 7006
await "a server" up b t 7000
await "an IPv6 server" up b t 7006
# What mptcpd does not look at before: interfaces that do not run yet
running() {
	[ "$(ip -n a -br link | grep -c ' UP ')$(ip -n b -br link | grep -c ' UP ')" = 22 ]
}
await "the cables are up" running

# The kernel's path manager. From a's second address b's first one is reached, too
ip -n a route add 10.0.2.0/24 via 10.0.3.2 metric 50
ip -n a route add fd00:2::/64 via fd00:3::2 metric 5000
ip -n s route add 10.0.2.0/24 via 10.0.4.2
ip -n s route add fd00:2::/64 via fd00:4::2
for h in a b; do
	on $h ip mptcp limits set subflows 8 add_addr_accepted 8
done
daemons addr_adv
endpoints() {
	[ "$(on a ip mptcp endpoint | grep -c subflow)$(on b ip mptcp endpoint | grep -c signal)" = 44 ]
}
await "mptcpd tells the kernels of all addresses" endpoints
check "with their devices" grep -q '10.0.3.1 id [0-9]* subflow dev s' <(on a ip mptcp endpoint)
transfer kernel 10.0.2.2 7000 10.0.4.2
check "kernel: a path from an address of mptcpd's" grep -qE 'SF_ESTABLISHED\].*saddr4=10.0.3.1 daddr4=10.0.2.2' monitor.kernel
transfer kernel6 fd00:2::2 7006 fd00:4::2
check "kernel6: a path from an address of mptcpd's" grep -qE 'SF_ESTABLISHED\].*saddr6=fd00:3::1 daddr6=fd00:2::2' monitor.kernel6
# An address that goes is an endpoint no more
ip -n a addr del 10.0.3.1/24 dev s
gone() {
	! on a ip mptcp endpoint | grep 10.0.3.1
}
await "kernel: an address that goes" gone
ip -n a addr add 10.0.3.1/24 dev s
ip -n a route add 10.0.4.0/24 via 10.0.3.2
back() {
	on a ip mptcp endpoint | grep 10.0.3.1
}
await "kernel: and comes back" back
end_daemons

# The daemon as path manager
for h in a b; do
	on $h ip mptcp endpoint flush
	on $h sysctl -qw net.mptcp.pm_type=1
done
daemons second --plugin-dir="$PWD/plugins"
ready() {
	grep -q 'mptcp_pm.*appeared' a.log && grep -q 'mptcp_pm.*appeared' b.log
}
await "mptcpd with a plugin of our own" ready
joins=$(count b MPTcpExtMPJoinAckRx)
transfer daemon 10.0.2.2 7000 10.0.4.2
check "daemon: the path is the one that the plugin makes" \
	grep -qE 'SF_ESTABLISHED\].*locid=7 saddr4=10.0.3.1 daddr4=10.0.4.2' monitor.daemon
check "daemon: told by ADD_ADDR" grep -qE 'ANNOUNCED\].*remid=7 daddr4=10.0.4.2' monitor.daemon
# mptcpd's announcements have a port, with which an IPv6 address finds no room in the TCP
# header beside timestamps
on a sysctl -qw net.ipv4.tcp_timestamps=0
transfer daemon6 fd00:2::2 7006 fd00:4::2
check "daemon6: the path is the one that the plugin makes" \
	grep -qE 'SF_ESTABLISHED\].*locid=7 saddr6=fd00:3::1 daddr6=fd00:4::2' monitor.daemon6
check "daemon: two joins, no more" test "$(count b MPTcpExtMPJoinAckRx)" = $((joins + 2))
end_daemons
check "without it there is none" test "$(
	on a $py "$NET/transfer.py" send mptcp 10.0.2.2 7000 100000 >&2
	count b MPTcpExtMPJoinAckRx)" = $((joins + 2))
[ $failures = 0 ] || tail -n 20 a.log b.log monitor.* | cut -c 1-150 | sed 's/^/# /'
plan
