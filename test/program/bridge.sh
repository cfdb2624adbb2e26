#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bridge.sh: what a bridge forwards passes iptables only when that is asked for
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

# side NAME ADDRESS: a namespace that the bridge leads to
side() {
	ip netns add "$1" && ip link add "v$1" type veth peer name e0 netns "$1" &&
		ip link set "v$1" master b0 && ip link set "v$1" up &&
		ip -n "$1" addr add "$2" dev e0 && ip -n "$1" link set e0 up
}
reaches() {
	ip netns exec left ping -q -c 1 -W "$1" 10.0.0.2
}
fails() {
	! "$@"
}

check "a bridge" ip link add b0 type bridge
check "up" ip link set b0 up
check "one side" side left 10.0.0.1/24
check "the other" side right 10.0.0.2/24
check "nothing is to be routed" iptables -P FORWARD DROP
check "it is bridged" reaches 5
check "iptables is asked" sysctl -w net.bridge.bridge-nf-call-iptables=1
check "nothing is bridged" fails reaches 1
check "another namespace begins without" test "$(ip netns exec left sysctl -n net.bridge.bridge-nf-call-iptables)" = 0
plan
