#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# net.sh - devices of nuse reach the host, another stack, a file; passt and DHCP
#
# In a network namespace with a veth pair, as root or an ordinary user. What is on the
# stack is asked by ping from the namespace, so that no program on the stack is needed
# (the stand-in of command.c).
set -u
[ -n "${NUSE_NET_INSIDE:-}" ] || {
	user=(-r)
	[ "$(id -u)" != 0 ] || user=()
	unshare "${user[@]}" -n true 2> /dev/null || { echo "no network namespace"; exit 77; }
	NUSE_NET_INSIDE=1 exec unshare "${user[@]}" -n "$0"
}
. "${0%/*}/lib.sh"
mkdir "$work/bin"
cp build/nuse "$work/bin/nuse"
cp build/test/nuse/command "$work/bin/nuse-exec"
nuse=$work/bin/nuse

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# stack NAME OPTION...: a stack that stays
stack() {
	local name=$1
	shift
	timeout 60 "$nuse" --kernel "$LIBOS_RELEASE" --name "$name" "$@" -- true \
		> "$work/log.out" 2> "$work/log.err" < /dev/null
}

stop() {
	"$nuse" stop "$1" 2>> "$work/log.err"
}

answers() {
	ping -n -q -c 1 -W 5 "$1" > /dev/null 2>> "$work/log.err"
}

ip link set lo up
if ip link add v0 type veth peer name v1 2> /dev/null; then
	ip link set v0 up
	ip link set v1 up
	ip addr add 10.7.0.1/24 dev v1
	stack a --net packet:v0,addr=10.7.0.2/24,gw=10.7.0.1 && answers 10.7.0.2
	result 'packet' $?
	stop a
else
	skip 'packet' 'the host has no veth'
fi

if [ -w /dev/net/tun ]; then
	stack a --pcap "$work/pcap" --net tap:t0,addr=10.8.0.2/24,addr=fd08::2/64,mac=02:00:00:00:0a:0b,mtu=1400,dns=9.9.9.9
	ip addr add 10.8.0.1/24 dev t0
	ip addr add fd08::1/64 dev t0 nodad
	ip link set t0 up
	answers 10.8.0.2
	result 'tap' $?
	answers fd08::2
	result 'tap, IPv6' $?
	ip neigh show 10.8.0.2 | grep -q 02:00:00:00:0a:0b
	result 'mac=' $?
	[ "$(cat "$XDG_RUNTIME_DIR/nuse/a/resolv.conf")" = "nameserver 9.9.9.9" ]
	result 'dns=' $?
	stop a
	result 'stop' $?
	# File header 24; an echo request and its answer are 16 + 98 each
	[ "$(stat -c %s "$work/pcap")" -ge 252 ] &&
		[ "$(od -An -tx4 -N4 "$work/pcap" | tr -d ' ')" = a1b23c4d ]
	result 'pcap' $?
	! ip link show t0 > /dev/null 2>&1
	result 'the tap is gone' $?

	# t1 - b - cable - a: through two stacks
	stack a --net pair:c,addr=10.1.0.1/24,gw=10.1.0.2 &&
	stack b --net pair:c,addr=10.1.0.2/24 --net tap:t1,addr=10.2.0.2/24 \
		--sysctl net.ipv4.ip_forward=1
	ip addr add 10.2.0.1/24 dev t1
	ip link set t1 up
	ip route add 10.1.0.0/24 via 10.2.0.2
	answers 10.1.0.1
	result 'pair, and --sysctl' $?
	[ "$(ls "$XDG_RUNTIME_DIR/nuse" | tr '\n' ' ')" = "a b " ]
	result 'a plugged cable leaves no socket' $?
	stop a
	stop b

	cat > "$work/nuse.conf" <<-END
		interface t2
			address 10.3.0.2
			netmask 255.255.255.0
			macaddr 00:01:01:01:01:02
			viftype TAP
		interface p0
			viftype PIPE
			pipepath $work/pipe
		route
			network 10.9.0.0
			netmask 255.255.0.0
			gateway 10.3.0.1
	END
	stack a --conf "$work/nuse.conf"
	ip link add dummy9 type dummy 2> /dev/null && ip addr add 10.9.0.1/32 dev dummy9
	ip addr add 10.3.0.1/24 dev t2
	ip link set t2 up
	answers 10.3.0.2
	result 'nuse.conf' $?
	[ -S "$work/pipe" ]
	result 'PIPE waits' $?
	stop a
	[ ! -e "$work/pipe" ]
	result 'and leaves nothing' $?

	stack a --net tap:t3,dhcp && grep -q 'no answer from a DHCP server' "$work/log.err"
	result 'no DHCP server: starts after a while, and says so' $?
	stop a
else
	skip 'tap' '/dev/net/tun cannot be opened'
fi

if ! command -v passt > /dev/null; then
	skip 'passt' 'passt is not installed'
else
	timeout 60 "$nuse" --kernel "$LIBOS_RELEASE" --net passt -- true > "$work/log.out" 2> "$work/log.err"
	[ $? = 125 ] && grep -q 'passt has ended' "$work/log.err"
	result 'passt without a way out: says so' $?
	timeout 60 "$nuse" --kernel "$LIBOS_RELEASE" -- true > "$work/log.out" 2> "$work/log.err" &&
		grep -q 'no network: passt has ended' "$work/log.err"
	result 'where it was not asked for: goes on without' $?
	ip link add v2 type dummy 2> /dev/null ||
		{ ip link add v2 type veth peer name v3 && ip link set v3 up; }
	ip link set v2 up
	ip addr add 10.10.0.5/24 dev v2
	ip route add default via 10.10.0.1
	ip addr add fd10::5/64 dev v2 nodad
	ip route add default via fd10::1 dev v2
	stack a --net passt,dhcp6 -v && grep -q 'eth0: 10.10.0.5/24 via 10.10.0.1' "$work/log.err"
	result 'passt: the address by DHCP' $?
	grep -q 'eth0: fd10::5/128' "$work/log.err"
	result 'and by DHCPv6' $?
	owner=$("$nuse" ls | sed -n 's/.*owner \([0-9]*\).*/\1/p')
	passt=$(pgrep -P "$owner" 'passt')
	[ -n "$passt" ] && kill -0 "$passt"
	result 'it is a child of the owner' $?
	stop a
	! kill -0 "$passt" 2> /dev/null
	result 'and ends with it' $?
	stack a --net passt
	owner=$("$nuse" ls | sed -n 's/.*owner \([0-9]*\).*/\1/p')
	passt=$(pgrep -P "$owner" 'passt')
	kill -KILL "$owner"
	for i in {1..50}; do
		kill -0 "$passt" 2> /dev/null || break
		sleep 0.1
	done
	[ -n "$passt" ] && ! kill -0 "$passt" 2> /dev/null
	result 'however that ends' $?
fi

echo "1..$n"
