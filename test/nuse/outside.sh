#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# outside.sh - nuse --net tap, packet and xdp: to the host's own stack, both ways
#
set -u
if [ -z "${OUTSIDE_NAMESPACE-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "makes devices of the host"; exit 77; }
	OUTSIDE_NAMESPACE=1 exec unshare -n "$0"
fi
export PATH=$PATH:/usr/sbin:/sbin
. "${0%/*}/lib.sh"
ip link set lo up
ip tuntap add dev t0 mode tap vnet_hdr
ip link add v0 type veth peer name v1
ip link set v0 up
# What a virtual cable leaves to the receiver, a card does not
ethtool -K v1 tx off > /dev/null
for device in t0 v1; do
	ip addr add 10.7.0.1/24 dev $device
	ip addr add fd07::1/64 dev $device nodad
	ip link set $device up
	ip link set $device down
done
head -c 5000000 /dev/urandom > "$work/file"
sum=$(sha256sum < "$work/file")

for net in tap:t0 packet:v0 xdp:v0; do
	device=v1
	[ $net != tap:t0 ] || device=t0
	ip link set $device up
	ip addr replace 10.7.0.1/24 dev $device
	ip addr replace fd07::1/64 dev $device nodad
	python3 -m http.server --bind 10.7.0.1 -d "$work" 8000 > /dev/null 2>&1 &
	server=$!
	timeout 30 "$nuse" --kernel "$LIBOS_RELEASE" --net $net,addr=10.7.0.2/24,addr=fd07::2/64 --name o -- \
		sh -c 'ping -c 2 -i 0.2 10.7.0.1 && ping -c 2 -i 0.2 fd07::1' > "$work/log" 2>&1
	result "$net: ping, IPv4 and IPv6" $?
	got=$(timeout 30 "$nuse" --join o -- sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do
		curl -sf http://10.7.0.1:8000/file && break; sleep 0.2; done" 2> "$work/log" | sha256sum)
	[ "$got" = "$sum" ]
	result "$net: from the host, 5 MB" $?
	timeout 30 "$nuse" --join o -- python3 -m http.server --bind fd07::2 -d "$work" 8001 > "$work/log" 2>&1 &
	for _ in $(seq 50); do
		got=$(curl -sfg --max-time 10 "http://[fd07::2]:8001/file" | sha256sum)
		[ "$got" = "$sum" ] && break
		sleep 0.1
	done
	[ "$got" = "$sum" ]
	result "$net: to the host, 5 MB, IPv6" $?
	timeout 10 "$nuse" stop -f o > "$work/log" 2>&1
	result "$net: end" $?
	kill $server
	wait 2> /dev/null
	ip addr flush dev $device
	ip link set $device down
done
echo "1..$n"
