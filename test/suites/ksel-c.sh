# SPDX-License-Identifier: GPL-2.0
# ksel-c.sh: the kernel's own tests of the network that are programs in C, each in a
# namespace of its own: those of 6.1, on each release. (Without af_unix/, whose sockets are
# the host's; and without tls.c, which in Debian's 6.1 does not compile.)
# timeout: 500

prepare() {
	local at=$SUITES/src/linux-6.1 target
	selftests 6.1 || return
	[ ! "$at/built" -nt "$at/unpacked" ] || return 0
	# One that needs what Debian has not, a compiler for BPF or io_uring's library, keeps
	# none of the others: what must be there is what `suite` runs.
	for target in net net/mptcp; do
		make -k -C "$at/tools/testing/selftests" TARGETS=$target KHDR_INCLUDES="-isystem $at/usr/include"
	done
	touch "$at/built"
}

# case_of PROGRAM OPTION...
case_of() {
	tap "$*" fresh "$net/$1" "${@:2}"
}

# case_in SETTING PROGRAM OPTION...: after a shell has done SETTING
case_in() {
	tap "${*:2}" fresh sh -c "$1 || exit 1; exec \"\$@\"" sh "$net/$2" "${@:3}"
}

# refused COMMAND...: it could not write its packet, or saw that it was dropped
refused() {
	local out
	out=$("$@" 2>&1) && return 1
	echo "$out"
	grep -qE 'write: (Invalid argument|Message too long)|recv: Resource' <<< "$out"
}

# two RECEIVER... -- SENDER...: both end well; with RECEIVER=stays the first may never end
two() {
	local receiver=() pid status
	while [ "$1" != -- ]; do
		receiver+=("$1")
		shift
	done
	shift
	"${receiver[@]}" &
	pid=$!
	sleep 0.5
	"$@"
	status=$?
	if [ "${RECEIVER-}" = stays ]; then
		kill $pid 2> /dev/null
		wait $pid
	else
		wait $pid || status=1
	fi
	return $status
}

# mptcp FROM TO MODE ADDRESS: both write what they read into the connection, and it arrives
mptcp() {
	local six=() pid status=0 connect=$net/mptcp/mptcp_connect
	[ "$4" = 127.0.0.1 ] || six=(-6)
	"$connect" -t 20000 -l -p 12000 "${six[@]}" -s "$2" -m "$3" "$4" < sent > at_server &
	pid=$!
	until listening 12000; do
		kill -0 $pid || return
		sleep 0.1
	done
	"$connect" -t 20000 -p 12000 "${six[@]}" -s "$1" -m "$3" "$4" < sent > at_client || status=1
	wait $pid || status=1
	cmp sent at_server && cmp sent at_client && return $status
}
export -f refused two mptcp

alone() {
	local name
	for name in socket reuseport_bpf reuseport_bpf_cpu reuseport_bpf_numa reuseport_dualstack \
		reuseaddr_conflict reuseport_addr_any sk_bind_sendto_listen sk_connect_zero_addr \
		so_netns_cookie psock_fanout psock_tpacket txring_overwrite ipv6_flowlabel_mgr tcp_inq \
		tun tap; do
		# Not all are in each update of the source
		[ ! -e "$net/$name.c" ] || case_of $name
	done
}

settings() {
	local options frag='net.ipv4.ipfrag_high_thresh=9000000 net.ipv4.ipfrag_low_thresh=7000000
		net.ipv4.ipfrag_time=1 net.ipv6.ip6frag_high_thresh=9000000
		net.ipv6.ip6frag_low_thresh=7000000 net.ipv6.ip6frag_time=1'
	case_in 'sysctl -qw net.ipv4.ip_local_port_range="32768 32768" net.ipv4.ip_autobind_reuse=1' \
		reuseaddr_ports_exhausted
	for options in -4 -6 -4s -6s -4r -6r -4sr -6sr; do
		case_in 'sysctl -qw net.ipv4.tcp_fastopen=3' tcp_fastopen_backup_key $options
	done
	for options in -4 -4o -6 -6o; do
		case_in "sysctl -qw ${frag//$'\n'/}" ip_defrag $options
	done
	case_in 'sysctl -qw net.ipv6.auto_flowlabels=0' ipv6_flowlabel -l 1
	case_in 'sysctl -qw net.ipv6.auto_flowlabels=1' ipv6_flowlabel -l 1
	case_in 'sysctl -qw net.ipv6.flowlabel_reflect=4 net.ipv4.ping_group_range="0 2147483647"' \
		ipv6_flowlabel -l 1 -p
	case_of ipv6_flowlabel -l 1 -s
}

# Packet sockets: with a virtio header, checksums, GSO; MTU 1500, largest packet 65535
packets() {
	local options
	while read -r options; do
		# shellcheck disable=SC2086
		case_of psock_snd $options
	done <<-END
		-d
		-d -b

		-b
		-q
		-V
		-v
		-v -c
		-l 0
		-l 1472
		-d -l 1472
		-v -c -g -l 1473
		-v -c -g -l 65507
	END
	while read -r options; do
		# shellcheck disable=SC2086
		check "psock_snd $options is refused" fresh bash -c 'refused "$@"' bash "$net/psock_snd" $options
	done <<-END
		-v -c -C
		-l 1473
		-V -l 1473
		-d -l 1473
		-t 24
		-t 23
		-v -c -g -l 65508
	END
}

segments() {
	local options add='ip addr add dev lo 10.0.0.1/32 && ip addr add dev lo fd00::1/128 nodad noprefixroute'
	local routes=$add address
	while read -r options; do
		# shellcheck disable=SC2086
		case_in "$add && ip link set dev lo mtu 1500" udpgso $options
	done <<-END
		-4 -C
		-4 -C -s
		-6 -C
		-6 -C -s
		-4 -C -m
		-6 -C -m
	END
	for address in 10.0.0.1/32 fd00::1/128; do
		routes+=" && ip route del local $address dev lo table local"
		routes+=" && ip route add local $address dev lo table local mtu 1500"
	done
	# Not -6: it never passed, as its own udpgso.sh tells
	case_in "$routes" udpgso -4 -c
}

# Each in its place, and no more than 100 ms late: others use the machine, too
stamps() {
	local options
	case_of rxtimestamp
	for options in "" -u -r -R; do
		# shellcheck disable=SC2086
		case_of txtimestamp -4 -L 127.0.0.1 $options -l 64 -c 1 -C -t 100000
		# shellcheck disable=SC2086
		case_of txtimestamp -6 -L ::1 $options -l 64 -c 1 -C -t 100000
	done
}

# pair WHAT RECEIVER... -- SENDER...
pair() {
	check "$1" fresh bash -c 'two "$@"' bash "${@:2}"
}

copies() {
	local at family kind zero
	for at in 127.0.0.1 ::1; do
		[ $at = ::1 ] && family=-6 || family=-4
		for kind in tcp udp; do
			for zero in "" -z; do
				# shellcheck disable=SC2086
				pair "msg_zerocopy $family $zero $kind" \
					"$net/msg_zerocopy" $family -i lo -t 3 -C 0 -S $at -D $at -r $kind -- \
					"$net/msg_zerocopy" $family -i lo -t 1 -C 1 -S $at -D $at $zero $kind
			done
		done
		export RECEIVER=stays
		pair "tcp_mmap $family" "$net/tcp_mmap" $family -s -z -- "$net/tcp_mmap" $family -H $at
		pair "tcp_mmap $family, sent without copying" \
			"$net/tcp_mmap" $family -s -- "$net/tcp_mmap" $family -H $at -z
		for kind in "" -t; do
			# shellcheck disable=SC2086
			pair "udpgso_bench $family $kind" "$net/udpgso_bench_rx" $kind -- \
				"$net/udpgso_bench_tx" $family -D $at -l 2 -S 0 $kind
		done
		pair "udpgso_bench $family -u" "$net/udpgso_bench_rx" -- \
			"$net/udpgso_bench_tx" $family -D $at -l 2 -S 0 -u
		unset RECEIVER
	done
}

multipath() {
	local at from to mode family
	head -c 3000000 /dev/urandom > sent
	for at in 127.0.0.1 ::1; do
		for from in MPTCP TCP; do
			for to in MPTCP TCP; do
				for mode in poll mmap sendfile; do
					check "mptcp_connect $at, $from to $to, $mode" \
						fresh bash -c 'mptcp "$@"' bash $from $to $mode $at
				done
			done
		done
	done
	for family in "" -6; do
		# shellcheck disable=SC2086
		case_of mptcp/mptcp_inq $family -r tcp -t tcp
		# shellcheck disable=SC2086
		case_of mptcp/mptcp_inq $family -r mptcp -t mptcp
		# shellcheck disable=SC2086
		case_of mptcp/mptcp_inq $family -r mptcp -t tcp
		# shellcheck disable=SC2086
		case_of mptcp/mptcp_sockopt $family
	done
}

suite() {
	LIMIT=60
	export net=$SUITES/src/linux-6.1/tools/testing/selftests/net
	alone
	settings
	packets
	segments
	stamps
	copies
	multipath
}
