#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vrf.sh: programs in a VRF by `ip vrf exec`, which takes BPF and control groups
#
#	here, VRF red === there		10.0.0.1, 10.0.0.2
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip netns add there
ip link add dev v0 type veth peer name v1 netns there
ip link add red type vrf table 10
ip link set dev red up
ip link set dev v0 master red up
ip addr add 10.0.0.1/24 dev v0
ip -n there link set dev lo up
ip -n there link set dev v1 up
ip -n there addr add 10.0.0.2/24 dev v1

# bound DEVICE: a new socket is bound to
cat > bound.py <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print(s.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).split(b"\0")[0].decode())
END
bound() {
	test "$("${@:2}" /usr/bin/python3 bound.py)" = "$1"
}
fails() {
	! "$@"
}
export -f bound

check "outside of it the other one is not to be reached" fails ping -c 1 -W 1 10.0.0.2
check "inside it is" ip vrf exec red ping -c 1 -W 1 10.0.0.2
check "sockets are bound to it" bound red ip vrf exec red
check "and outside are not" bound "" env
check "and those of a child are" bound red ip vrf exec red bash -c 'env "$@"; true' bash
check "ip vrf identify" test "$(ip vrf exec red ip vrf identify)" = red
check "back to none" bound "" ip vrf exec red ip vrf exec default

ip -n there link add blue type vrf table 11
ip -n there link set dev blue up
check "in a namespace with a name" bound blue ip netns exec there ip vrf exec blue
check "where another's is unknown" fails ip netns exec there ip vrf exec red true

plan
