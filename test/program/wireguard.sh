#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# wireguard.sh: a tunnel between two namespaces, by wg and ip
set -u
. "${TEST_TOP-.}/test/program/lib.sh"
have wireguard wg || plan

umask 077
far_namespace
for n in near far; do
	wg genkey > $n.key
	wg pubkey < $n.key > $n.pub
done

check "a device" ip link add wg0 type wireguard
check "another one" ip -n far link add wg0 type wireguard
check "wg set" wg set wg0 listen-port 51820 private-key near.key peer "$(cat far.pub)" \
	allowed-ips 10.9.0.0/24,fd09::/64 endpoint 10.1.0.2:51821
check "wg set, there" ip netns exec far wg set wg0 listen-port 51821 private-key far.key \
	peer "$(cat near.pub)" allowed-ips 10.9.0.0/24,fd09::/64 endpoint 10.1.0.1:51820
ip addr add 10.9.0.1/24 dev wg0
ip addr add fd09::1/64 dev wg0
ip link set wg0 up
ip -n far addr add 10.9.0.2/24 dev wg0
ip -n far addr add fd09::2/64 dev wg0
ip -n far link set wg0 up

answered() {
	ping -n -q -c 3 -i 0.1 -W 2 "$@" | tee ping.log
	grep -q ' 3 received' ping.log
}
check "ping through it" answered 10.9.0.2
check "ping -6 through it" answered -6 fd09::2
check "a handshake" test "$(wg show wg0 latest-handshakes | awk '{ print ($2 > 0) }')" = 1
check "bytes" test "$(wg show wg0 transfer | awk '{ print ($2 > 0 && $3 > 0) }')" = 1
head -c 2000000 /dev/urandom > sent
relay() {
	ip netns exec far nc.openbsd -l 10.9.0.2 7000 > received &
	until ip netns exec far ss -Htln 'sport = :7000' | grep -q .; do sleep 0.05; done
	nc.openbsd -N 10.9.0.2 7000 < sent
	wait $!
	cmp sent received
}
check "TCP through it" relay
check "a peer that is not known is not answered" test "$(
	wg genkey > other.key; wg set wg0 private-key other.key
	ping -n -q -c 1 -W 1 10.9.0.2 | grep -c ' 0 received')" = 1
plan
