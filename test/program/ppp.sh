#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ppp.sh: pppd's connection in the kernel (/dev/ppp), through a tunnel of xl2tpd's
set -u
LIMIT=20
. "${TEST_TOP-.}/test/program/lib.sh"
have ppp pppd && have ppp xl2tpd || plan
[ "$(id -u)" = 0 ] || { skip ppp "pppd looks whether it is root"; plan; }

far_namespace

printf '%s\n' noauth nodetach nodefaultroute noccp > options
cat > near.conf <<-END
	[global]
	listen-addr = 10.1.0.1
	[lns default]
	ip range = 10.7.0.10-10.7.0.20
	local ip = 10.7.0.1
	require authentication = no
	pppoptfile = $PWD/options
END
cat > far.conf <<-END
	[global]
	listen-addr = 10.1.0.2
	[lac near]
	lns = 10.1.0.1
	autodial = yes
	require authentication = no
	pppoptfile = $PWD/options
END
serve xl2tpd -D -c near.conf -p near.pid -C near.control
await "a server" listening 1701 u
serve ip netns exec far xl2tpd -D -c far.conf -p far.pid -C far.control

has() {
	grep -qE "$1" <("${@:2}")
}
await "a device with the address that it was given" \
	has 'ppp0 .*10\.7\.0\.10 peer 10\.7\.0\.1' ip -n far -br addr
await "the server's" has 'ppp0 .*10\.7\.0\.1 peer 10\.7\.0\.10' ip -br addr
check "a session, in the kernel" has 'Session .* in tunnel' ip l2tp show session
check "ping through it" ping -n -q -c 3 -i 0.1 -W 2 10.7.0.10
relay() {
	head -c 500000 /dev/urandom > sent
	nc.openbsd -l 10.7.0.1 7000 > received &
	until listening 7000; do sleep 0.05; done
	ip netns exec far nc.openbsd -N 10.7.0.1 7000 < sent
	wait $!
	cmp sent received
}
check "TCP through it" relay
plan
