#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# netdevsim.sh: simulated devices are made and steered through files in /sys
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

is() {
	eval "$1"
}

check "a device with four queues" is 'echo "7 1 4" > /sys/bus/netdevsim/new_device'
check "it is there" test -d /sys/bus/netdevsim/devices/netdevsim7/net
export name=$(ls /sys/bus/netdevsim/devices/netdevsim7/net)
check "its interface" ip link set "$name" up
check "and its place" test "$(realpath "/sys/class/net/$name/device")" = /sys/devices/netdevsim7
check "mq" tc qdisc replace dev "$name" root mq
check "has a class for each queue" test "$(tc class show dev "$name" | grep -c 'class mq')" = 4
check "its knobs" grep -q N /sys/kernel/debug/netdevsim/netdevsim7/fail_reload
check "are turned" is 'echo 1 > /sys/kernel/debug/netdevsim/netdevsim7/fail_reload'
check "gone" is 'echo 7 > /sys/bus/netdevsim/del_device'
check "with its interface" is '! ip link show "$name"'
plan
