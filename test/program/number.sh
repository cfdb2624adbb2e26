#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# number.sh: a process that is named to the stack by its number, and its init
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

is() {
	eval "$1"
}

there() {
	nsenter --net="/proc/$1/ns/net" ip link show "$2"
}

serve unshare -n sleep 100
apart=$!
export apart
await "a process in a namespace of its own" is '! [ /proc/$apart/ns/net -ef /proc/self/ns/net ]'
check "a pair of devices" ip link add v0 type veth peer name v1
check "one of them moves to it" ip link set v1 netns $apart
check "is there" there $apart v1
check "not here" is '! ip link show v1'
check "made there at once" ip link add v2 netns $apart type dummy
check "is there, too" there $apart v2
check "1 is where the stack began" test /proc/1/ns/net -ef /proc/self/ns/net
check "and one moves back to it" nsenter --net=/proc/$apart/ns/net ip link set v1 netns 1
check "is here again" ip link show v1
check "a number that no process of the stack has" is '! ip link set v1 netns 2'
kill $apart
plan
