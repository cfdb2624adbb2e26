#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# namespace.sh: programs enter the namespaces of a process, all of them (nsenter -a); children
# that are born in one
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

cat > born.py <<'END_OF_PYTHON'
import ctypes, errno, os, signal, socket, traceback

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SYS_CLONE = 56
libc = ctypes.CDLL(None, use_errno=True)


def network():
    return os.readlink("/proc/self/ns/net")


def devices():
    return {name for _, name in socket.if_nameindex()}


def born(flags, work):
    """Does a child of clone(flags) do work()? Or its error"""
    pid = libc.syscall(SYS_CLONE, flags | signal.SIGCHLD, 0, 0, 0, 0)
    if pid < 0:
        return errno.errorcode[ctypes.get_errno()]
    if not pid:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


ours, before = network(), devices()


def apart():
    assert network() != ours
    assert devices() == {"lo"}
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    assert born(CLONE_NEWNET, lambda: None) is True
    assert born(0, lambda: None) is True


def together():
    assert network() == ours and devices() == before


def given_up():
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    assert born(CLONE_NEWNET, apart) == "EPERM"
    assert born(CLONE_NEWUSER | CLONE_NEWNET, apart) is True
    together()


assert born(CLONE_NEWNET, apart) is True
together()
assert born(0, together) is True
users = born(CLONE_NEWUSER, together)
print("a user namespace:", users)
if users is True:
    assert born(CLONE_NEWUSER | CLONE_NEWNET, apart) is True
    if os.geteuid() == 0:
        assert born(0, given_up) is True
together()
END_OF_PYTHON
ip link add ours0 type dummy
check "children of clone(2)" /usr/bin/python3 born.py
plan
