#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sysctl.sh: /proc/sys/net has what is there, whether one looked before or not
#
# A namespace's files there are made at the first look (kernel/arch/lib/kernel/sysctl.c).
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

devices() {
	ip link add a0 type veth peer name a1 &&
	ip link add gone type dummy && ip link del gone &&
	ip link add old type dummy && ip link set old name new
}
list() {
	(cd /proc/sys/net && { find . -printf '%m %p\n'; grep -rs ""; } | sort)
}
is() {
	eval "$1"
}
apart() {
	unshare -n bash -c "$1"
}
export -f devices list

apart 'list > empty; devices; list > early'
apart 'devices; list > late'
check "devices have files of their own" is '[ $(wc -l < early) -gt $(($(wc -l < empty) + 400)) ]'
check "whoever looks after they came sees the same" cmp early late
check "each has what it should" apart 'devices; cd /proc/sys/net
	paste ipv4/conf/a0/forwarding ipv6/conf/new/mtu ipv4/neigh/a1/retrans_time_ms |
		grep -qP "^0\t1500\t1000$"'
check "one that is gone, or had another name, has none" apart 'devices
	! ls -d /proc/sys/net/ipv[46]/{conf,neigh}/{gone,old} 2> /dev/null'
check "a name is enough" apart 'devices; [ -f /proc/sys/net/ipv4/neigh/a1/gc_stale_time ]'
check "what is written counts" apart 'devices; echo 1 > /proc/sys/net/ipv4/conf/a0/forwarding
	ip netconf show dev a0 | grep -q "forwarding on"'
check "two that look at once see the same" apart 'devices; list > one & list > two; wait
	cmp one late && cmp two late'
check "here as well" is 'devices; list > here; grep -q ipv6/neigh/new/mcast_solicit:3 here'
check "devices go after the look" is 'ip link del a0; ip link del new
	! list | grep -qE "/(a0|a1|new)(/|$)"'
check "namespaces come and go, looked at or not" is '
	for i in {1..6}; do
		apart "devices; [ $((i % 2)) = 0 ] || list > /dev/null" || exit
	done'
plan
