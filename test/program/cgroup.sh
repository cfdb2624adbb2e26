#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cgroup.sh: control groups that programs make are the stack's, and so is what BPF does
# for them: `ip vrf exec`; the host's stay in sight
set -u
outside() {
	# A group of the host's, to be compared with
	grep '^0::' /proc/self/cgroup > outside
}
. "${TEST_TOP-.}/test/program/lib.sh"

is() {
	eval "$1"
}

# group COMMAND...: which group of version 2 COMMAND's process is in
group() {
	"$@" grep '^0::' /proc/self/cgroup
}

# A process goes into the group `red` by its number
by_number() {
	local status
	sleep 5 &
	echo $! > /sys/fs/cgroup/red/cgroup.procs && grep -qx 0::/red /proc/$!/cgroup &&
		[ "$(cat /sys/fs/cgroup/red/cgroup.procs)" = $! ]
	status=$?
	kill $!
	return $status
}

export -f group

check "the program's group is that of the host" test "$(group)" = "$(cat outside)"
check "a VRF" ip link add red type vrf table 10
check "it is up" ip link set red up
check "a dummy" ip link add d0 type dummy
check "in the VRF" ip link set d0 master red
check "its address" ip addr add 10.1.0.1/24 dev d0
check "up" ip link set d0 up
check "ip vrf exec: in its group" is '[[ $(group ip vrf exec red) = */vrf/red ]]'
check "ip vrf exec: sockets are bound" is \
	'ip vrf exec red ss -l > /dev/null && ip vrf exec red python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
assert s.getsockopt(socket.SOL_SOCKET, 25, 16).rstrip(bytes(1)) == b\"red\"
s.connect((\"10.1.0.9\", 9))"'
check "no others are" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
assert not s.getsockopt(socket.SOL_SOCKET, 25, 16)
try:
	s.connect(("10.1.0.9", 9))
except OSError:
	pass
else:
	raise SystemExit(1)'
check "the same in a namespace" is '
	ip netns add blue && ip -n blue link add green type vrf table 11 &&
	[[ $(ip netns exec blue ip vrf exec green grep ^0:: /proc/self/cgroup) = */vrf/green ]]'
check "a group" mkdir /sys/fs/cgroup/red
check "a process goes into it" by_number
check "and is out of it again" rmdir /sys/fs/cgroup/red
check "one that the host has not, either, is not there" is '! cat /sys/fs/cgroup/green/cgroup.procs'
plan
