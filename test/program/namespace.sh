#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# namespace.sh: programs enter the namespaces of a process, all of them (nsenter -a)
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

serve unshare --mount --net --uts sleep 100
apart=$!
export apart

there() {
	nsenter -a -t "$apart" "$@"
}
is() {
	eval "$1"
}
# By a pidfd, as later releases of nsenter do
devices() {
	/usr/bin/python3 -c '
import ctypes, os, sys
CLONE_NEWNET, CLONE_NEWUTS = 0x40000000, 0x04000000
fd = os.pidfd_open(int(sys.argv[1]))
libc = ctypes.CDLL(None, use_errno=True)
if libc.setns(fd, CLONE_NEWNET | CLONE_NEWUTS):
	sys.exit(os.strerror(ctypes.get_errno()))
print(open("/proc/net/dev").read())' "$apart"
}
export -f there devices

await "a process in namespaces of its own" is '! [ /proc/$apart/ns/uts -ef /proc/self/ns/uts ]'
check "its mounts are to be entered" there true
check "and are the same to others that enter" is \
	'[ "$(there readlink /proc/self/ns/mnt)" = "$(readlink "/proc/$apart/ns/mnt")" ]'
check "its /sys is mounted" there mount -t sysfs sysfs /sys
check "a device is made there" there ip link add d0 type dummy
check "and seen in its /sys" there test -e /sys/class/net/d0
check "but not in ours" is '! [ -e /sys/class/net/d0 ]'
check "its /run/netns is mounted" there sh -c 'mkdir -p /run/netns && mount -t tmpfs none /run/netns'
check "a name is made there" there ip netns add inner
check "and known there" is 'there ip netns | grep -q inner'
check "but not here" is '! ip netns | grep -q inner'
check "by a pidfd its network is entered" is 'devices | grep -q d0:'
kill $apart
plan
