# SPDX-License-Identifier: GPL-2.0
# ksel-sh.sh: the kernel's own tests of the network that are shell scripts, those of the
# release that is tested, each in a network and a mount namespace of its own. What a script
# says of its parts are cases (TAP, "TEST: … [ OK ]", "PASS: …"), and its exit status is one.
# timeout: 5400
#
# They run on one CPU (taskset), since a stack has one, and several at a time, since they
# sleep more than they work; those that measure time first and alone. `modprobe` and `modinfo`
# succeed: on a stack everything is built in, and scripts end where they do not. `killall`
# ends programs of the same script, and not what others on the machine have of that name.
#
# Not run, on either kernel:
#	test_bpf.sh, test_blackhole_dev.sh	modules of the kernel's
#	io_uring_zerocopy_tx.sh		io_uring
#	toeplitz.sh, *_client.sh	a network card
#	rps_default_mask.sh		three CPUs
#	big_tcp.sh, drop_monitor_tests.sh, bpf_offload.py, nl_netdev.py, test_vxlan_mdb.sh,
#	test_vxlan_nolocalbypass.sh, test_bridge_neigh_suppress.sh,
#	test_bridge_backup_port.sh, fdb_flush.sh
#					programs that Debian has not, or not as new: netperf,
#					tshark, iproute2
#	traceroute.sh			lacks functions that it calls, and passes whatever comes
#	stress_reuseport_listen.sh	more descriptors than a host may give
#	xfrm_policy_add_speed.sh, ipv6_route_update_soft_lockup.sh, fin_ack_lat.sh
#					measure, for minutes, with nothing that could fail
#	amt.sh				sends two gigabytes as single datagrams
#	fcnal-test.sh's tests of TCP and of what happens when devices go: half an hour each
#	netns-sysctl.sh			changes the machine's first network
# Where these fail they are skipped: rtnetlink's "address proto", for which Debian's ip is too
# old; fib_tests' "hit ratio", which perf counts in the host's kernel

release=${LIBOS_RELEASE:-6.12}
tree=$SUITES/src/ksel-sh-$release

# Programs that the scripts start
helpers=(bind_bhash cmsg_sender gro ioam6_parser ip_defrag ip_local_port_range ipsec
	ipv6_flowlabel ipv6_flowlabel_mgr msg_zerocopy nat6to4.bpf.o nettest psock_fanout psock_snd
	psock_tpacket reuseaddr_conflict reuseaddr_ports_exhausted reuseport_addr_any
	reuseport_bpf rxtimestamp sample_map_ret0.bpf.o sample_ret0.bpf.o sctp_hello so_txtime
	socket tcp_fastopen_backup_key txring_overwrite txtimestamp udpgso udpgso_bench_rx
	udpgso_bench_tx xdp_dummy.bpf.o)

prepare() {
	local tarball=/usr/src/linux-source-$release.tar.xz net=$tree/tools/testing/selftests/net
	local part=(Makefile Kbuild Kconfig arch/x86 include scripts tools usr)
	local options=(-k "KHDR_INCLUDES=-isystem $tree/usr/include")
	[ ! "$tree/built" -nt "$tarball" ] || return 0
	rm -rf "$tree"
	mkdir -p "$tree" && cd "$tree" || return
	tar -xf "$tarball" --strip-components=1 "${part[@]/#/linux-source-$release/}" && make headers || return
	# A release may lack some
	make "${options[@]}" -C "$net" OUTPUT="$net" "${helpers[@]/#/$net/}"
	make "${options[@]}" -C "$net/mptcp" OUTPUT="$net/mptcp"
	mkdir -p bin
	printf '#!/bin/sh\nexit 0\n' | tee bin/modprobe > bin/modinfo
	cat > bin/killall <<-'END'
		#!/bin/sh
		signal=-TERM
		for name; do
			case $name in
			-q) ;;
			-*) signal=$name ;;
			*) pkill "$signal" -s 0 -x "$name" ;;
			esac
		done
	END
	chmod +x bin/*
	touch built
}

# separate DIRECTORY SCRIPT OPTION...: with names of namespaces and a /sys of its own, too
separate() {
	mkdir -p /run/netns
	mount -t ramfs none /run/netns && mount -t sysfs none /sys || exit
	ip link set lo up
	cd "$1" || exit
	# Of 6.12, it calls functions that it does not read
	[ "$2" != fcnal-test.sh ] || export BASH_ENV=$PWD/net_helper.sh
	taskset -c 0 bash "./$2" "${@:3}"
}
export -f separate

# cases WHAT STATUS: what the script said, on stdin, as TAP
cases() {
	sed 's/\x1b\[[0-9;]*m//g' | awk -v what="$1" -v status="$2" '
		function say(verdict, name, why) {
			gsub(/^[ \t]+|[ \t]+$/, "", name)
			sub(/^TEST: /, "", name)
			gsub(/#/, "", name)
			excuse = name ~ /^address proto IPv[46]$/ ? "ip is too old" : ""
			if (name ~ /^Multipath route hit ratio/)
				excuse = "perf sees the host"
			if (verdict != "ok" && excuse) {
				verdict = "ok"
				why = excuse
				excused++
			}
			failed += verdict != "ok"
			print verdict " - " what ": " name (why ? " # SKIP " why : "")
		}
		{ line[NR] = $0; tap = tap || /^(not )?ok [0-9]/ }
		END {
			for (i = 1; i <= NR; i++) {
				$0 = line[i]
				if (tap && match($0, /^(not )?ok [0-9]+( - )?/)) {
					name = substr($0, RLENGTH + 1)
					sub(/ *# *(time|duration).*/, "", name)
					skip = match(name, /# *SKIP.*/) ? "it says so" : ""
					sub(/#.*/, "", name)
					say(/^not/ ? "not ok" : "ok", name, skip)
				} else if (tap) {
					continue
				} else if (match($0, /\[ *(OK|PASS|FAIL|SKIP|XFAIL) *\]/)) {
					verdict = substr($0, RSTART, RLENGTH)
					name = substr($0, 1, RSTART - 1)
					if (verdict ~ /XFAIL|SKIP/)
						say("ok", name, "it says so")
					else
						say(verdict ~ /FAIL/ ? "not ok" : "ok", name)
				} else if (match($0, /^ *(PASS|FAIL|XFAIL|SKIP): /)) {
					name = substr($0, RLENGTH + 1)
					if (/^ *(XFAIL|SKIP)/)
						say("ok", name, "it says so")
					else
						say(/^ *FAIL/ ? "not ok" : "ok", name)
				} else if (match($0, /  (ok|fail)( |$)/)) {
					verdict = substr($0, RSTART, RLENGTH)
					say(verdict ~ /fail/ ? "not ok" : "ok", substr($0, 1, RSTART - 1))
				}
			}
			if (status && !failed && excused)
				say("ok", "as a whole", "but for what is skipped")
			else if (status == 4)
				say("ok", "as a whole", NR ? line[NR] : "it says so")
			else
				say(status ? "not ok" : "ok", "as a whole, exit status " status)
		}'
}

# script LIMIT SCRIPT OPTION...: into files of its own, for several run at a time
script() {
	local limit=$1 path=$2 out
	shift 2
	out=$(tr '/ ' '..' <<< "$path${*:+ $*}")
	# The script may be gone in another update of the source
	[ -e "$net/$path" ] || return 0
	PATH=$tree/bin:$PATH setsid --wait timeout -k 10 "$limit" \
		unshare -n -m bash -c 'separate "$@"' bash "$net/$(dirname "$path")" "$(basename "$path")" "$@" \
		> "$out.log" 2>&1 < /dev/null
	cases "$path${*:+ $*}" $? < "$out.log" > "$out.tap"
	if grep -q '^not ok' "$out.tap"; then
		tail -n 20 "$out.log" | sed 's/^/# /' >> "$out.tap"
	fi
	cat "$out.tap"
}
export -f script cases

several() {
	xargs -P "${KSEL_JOBS:-3}" -I{} bash -c 'script {} > "$BASHPID.part"; cat "$BASHPID.part"'
}

# Each limit is many times what it takes on an idle machine.
suite() {
	export net=$tree/tools/testing/selftests/net tree
	if [ -n "${KSEL_ONLY-}" ]; then
		several <<< "$KSEL_ONLY"
		return
	fi
	local name
	for name in cmsg_time.sh so_txtime.sh fq_band_pktlimit.sh txtimestamp.sh rxtimestamp.sh \
		mptcp/simult_flows.sh; do
		script 600 $name
	done
	several <<-END
		3000 mptcp/mptcp_join.sh
		2400 pmtu.sh
		1800 fib_nexthops.sh
		1200 mptcp/mptcp_connect.sh
		1200 fib_tests.sh
		900 rtnetlink.sh
		900 xfrm_policy.sh
		900 vrf_route_leaking.sh
		300 altnames.sh
		300 arp_ndisc_evict_nocarrier.sh
		300 arp_ndisc_untracked_subnets.sh
		300 bareudp.sh
		300 bind_bhash.sh
		300 cmsg_ipv6.sh
		300 cmsg_so_mark.sh
		300 fib-onlink-tests.sh
		300 fib_nexthop_multiprefix.sh
		300 fib_nexthop_nongw.sh
		300 fib_rule_tests.sh
		300 gre_gso.sh
		300 gro.sh
		300 icmp.sh
		600 icmp_redirect.sh
		300 ioam6.sh
		300 ip6_gre_headroom.sh
		300 ip_defrag.sh
		300 ip_local_port_range.sh
		300 ipv6_flowlabel.sh
		900 l2_tos_ttl_inherit.sh
		300 l2tp.sh
		300 msg_zerocopy.sh
		300 ndisc_unsolicited_na_test.sh
		300 netdevice.sh
		300 netns-name.sh
		300 psock_snd.sh
		300 reuseaddr_ports_exhausted.sh
		300 reuseport_addr_any.sh
		300 route_localnet.sh
		300 run_afpackettests
		300 run_netsocktests
		300 sctp_vrf.sh
		900 srv6_end_dt46_l3vpn_test.sh
		900 srv6_end_dt4_l3vpn_test.sh
		900 srv6_end_dt6_l3vpn_test.sh
		900 srv6_end_dx4_netfilter_test.sh
		900 srv6_end_dx6_netfilter_test.sh
		900 srv6_end_flavors_test.sh
		900 srv6_end_next_csid_l3vpn_test.sh
		900 srv6_end_x_next_csid_l3vpn_test.sh
		900 srv6_hencap_red_l3vpn_test.sh
		900 srv6_hl2encap_red_l2vpn_test.sh
		300 tcp_fastopen_backup_key.sh
		300 test_ingress_egress_chaining.sh
		300 vlan_hw_filter.sh
		300 test_vxlan_fdb_changelink.sh
		300 test_vxlan_under_vrf.sh
		900 test_vxlan_vnifiltering.sh
		900 udpgro.sh
		900 udpgro_bench.sh
		900 udpgro_frglist.sh
		900 udpgro_fwd.sh
		900 udpgso.sh
		900 udpgso_bench.sh
		600 unicast_extensions.sh
		300 veth.sh
		300 vrf-xfrm-tests.sh
		300 vrf_strict_mode_test.sh
		900 mptcp/diag.sh
		900 mptcp/pm_netlink.sh
		900 mptcp/mptcp_sockopt.sh
		900 mptcp/userspace_pm.sh
		900 hsr/hsr_ping.sh
		900 hsr/hsr_redbox.sh
		1200 fcnal-test.sh -t ipv4_ping
		1200 fcnal-test.sh -t ipv6_ping
		1200 fcnal-test.sh -t ipv4_udp
		1200 fcnal-test.sh -t ipv6_udp
		1200 fcnal-test.sh -t ipv4_bind
		1200 fcnal-test.sh -t ipv6_bind
		1200 fcnal-test.sh -t ipv4_netfilter
		1200 fcnal-test.sh -t ipv6_netfilter
		1200 fcnal-test.sh -t use_cases
	END
}
