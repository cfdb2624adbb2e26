#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# numbers.sh: processes that a program names to the kernel by their numbers
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

has() {
	nsenter -n -t "$1" ip link show dev "$2"
}
is_gone() {
	! ip link show dev "$1"
}
in_group() {
	grep -q "/$1\$" "/proc/$2/cgroup"
}
not_in_group() {
	! in_group "$@"
}
export -f has is_gone in_group not_in_group

ip link add d0 type dummy
ip link add d1 type dummy
unshare -n sleep 50 &
there=$!
await "it has its network" bash -c "! [ /proc/$there/ns/net -ef /proc/self/ns/net ]"
check "a device goes to it" ip link set dev d0 netns $there
check "is gone here" is_gone d0
check "is there" has $there d0
check "a device is made there" ip link add d2 netns $there type dummy
check "is there" has $there d2
check "a number that is nobody's" test "$(ip link set dev d1 netns 4194300 2>&1)" = \
	"RTNETLINK answers: No such process"
check "back to the first process" nsenter -n -t $there ip link set dev d0 netns 1
check "is here again" ip link show dev d0

at=$(awk '$3 == "cgroup2" && $2 ~ "^/sys/" { print $2; exit }' /proc/mounts)
at=${at:-/run/cgroup2}/nuse-test
check "a group" mkdir -p "$at"
check "a process joins it" bash -c "echo $there > $at/cgroup.procs"
check "is in it" in_group nuse-test $there
check "this one is not" not_in_group nuse-test $$
check "the group's list has one" test "$(wc -l < $at/cgroup.procs)" = 1
kill $there

plan
