# SPDX-License-Identifier: GPL-2.0
# lib.sh - for the scripts here: hosts, routers and cables, all inside one stack
#
# It reads test/program/lib.sh: the script goes on on a fresh stack; check, await, serve,
# skip, plan are from there. A host is a network namespace. A cable is a veth pair; each
# end is called after the host on its other side, so "dev b" of host a leads to b.
#
#	hosts NAME...		makes them; they forward
#	cable N A B		10.0.N.1 and fd00:N::1 at A, .2 and ::2 at B
#	row A B C...		hosts in a row: cable 1 joins A and B, 2 joins B and C, ...;
#				all routes are set
#	two_paths RATE		a and b with a cable each to r (1, 2) and to s (3, 4), at that
#				rate and 2 ms late there; routes of either path
#	frames A B		that cable carries single frames, as a wire does: losses and
#				captures count packets, not what segmentation left whole
#	hurt A B NETEM...	what A sends to B suffers so; hurt A B heals
#	on A COMMAND...		at that host; where $! is wanted: ip netns exec A COMMAND... &
#	up A PROTO PORT		somebody listens there: t, u
#	capture FILE A DEV	begins; end_captures ends all
#	seen MIN FILE FILTER...	at least so many packets of it match
#	shows PATTERN FILE OPTION...	tcpdump prints such a line
#	counter MIN A NAME	nstat's, at least so much; count A NAME prints it
. "$TEST_TOP/test/program/lib.sh"

NET=$TEST_TOP/test/net

on() {
	ip netns exec "$@"
}

hosts() {
	local h
	for h; do
		ip netns add "$h"
		ip -n "$h" link set lo up
		on "$h" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	done
}

cable() {
	ip -n "$2" link add dev "$3" type veth peer name "$2" netns "$3"
	ip -n "$2" addr add "10.0.$1.1/24" dev "$3"
	ip -n "$2" addr add "fd00:$1::1/64" dev "$3" nodad
	ip -n "$3" addr add "10.0.$1.2/24" dev "$2"
	ip -n "$3" addr add "fd00:$1::2/64" dev "$2" nodad
	ip -n "$2" link set dev "$3" up
	ip -n "$3" link set dev "$2" up
}

row() {
	local h=("$@") k net last=$(($# - 1))
	hosts "$@"
	for ((k = 1; k <= last; k++)); do
		cable $k "${h[k - 1]}" "${h[k]}"
	done
	for ((k = 0; k <= last; k++)); do
		for ((net = 1; net <= last; net++)); do
			if [ $net -lt $k ]; then
				ip -n "${h[k]}" route add "10.0.$net.0/24" via "10.0.$k.1"
				ip -n "${h[k]}" route add "fd00:$net::/64" via "fd00:$k::1"
			elif [ $net -gt $((k + 1)) ]; then
				ip -n "${h[k]}" route add "10.0.$net.0/24" via "10.0.$((k + 1)).2"
				ip -n "${h[k]}" route add "fd00:$net::/64" via "fd00:$((k + 1))::2"
			fi
		done
	done
}

two_paths() {
	local p near far via
	hosts a r s b
	cable 1 a r; cable 2 r b; cable 3 a s; cable 4 s b
	for p in "1 2 r" "3 4 s"; do
		read -r near far via <<< "$p"
		ip -n a route add "10.0.$far.0/24" via "10.0.$near.2"
		ip -n a route add "fd00:$far::/64" via "fd00:$near::2"
		ip -n b route add "10.0.$near.0/24" via "10.0.$far.1"
		ip -n b route add "fd00:$near::/64" via "fd00:$far::1"
		frames a "$via"; frames "$via" b
		tc -n "$via" qdisc add dev b root netem rate "$1" delay 2ms
		tc -n "$via" qdisc add dev a root netem rate "$1" delay 2ms
	done
}

frames() {
	local off="tso off gso off gro off tx-udp-segmentation off tx-sctp-segmentation off"
	# shellcheck disable=SC2086
	on "$1" ethtool -K "$2" $off
	# shellcheck disable=SC2086
	on "$2" ethtool -K "$1" $off
}

hurt() {
	if [ $# = 2 ]; then
		tc -n "$1" qdisc del dev "$2" root
	else
		tc -n "$1" qdisc replace dev "$2" root netem "${@:3}"
	fi
}

up() {
	on "$1" ss -Hln"$2" "sport = :$3" | grep -q .
}

captures=()
capture() {
	local end=$((SECONDS + LIMIT))
	: > "$1.log"
	ip netns exec "$2" /usr/bin/python3 "$NET/capture.py" "$1" "$3" 2> "$1.log" &
	captures+=($!)
	until grep -q 'listening on' "$1.log"; do
		if [ $SECONDS -ge $end ]; then
			not_ok "capture of $3 at $2"
			return 1
		fi
		sleep 0.02
	done
}

end_captures() {
	local p
	sleep 0.1	# the last packets
	for p in "${captures[@]}"; do
		kill "$p"
		wait "$p"
	done
	captures=()
}

seen() {
	local n
	n=$(tcpdump -n -r "$2" "${@:3}" 2> /dev/null | wc -l)
	echo "$n packets of $2 match ${*:3}"
	[ "$n" -ge "$1" ]
}

shows() {
	tcpdump -n "${@:3}" -r "$2" 2> /dev/null | grep -qE -- "$1" && return
	tcpdump -n "${@:3}" -r "$2" 2> /dev/null | cut -c 1-150 | head -n 4
	return 1
}

count() {
	on "$1" nstat -asz "$2" | awk '!/^#/ { print $2 }'
}

counter() {
	local n
	n=$(count "$2" "$3")
	echo "$3 of $2: $n"
	[ "${n:-0}" -ge "$1" ]
}

export -f on up seen shows count counter
export NET
