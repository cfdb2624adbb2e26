# SPDX-License-Identifier: GPL-2.0
# ksel-sh.sh: the kernel's own tests of the network that are shell scripts, those of the
# release that is tested, each in a network and a mount namespace of its own. What a script
# says of its parts are cases (TAP, "TEST: … [ OK ]", "PASS: …"), and its exit status is one.
# timeout: 5400
#
# They run on one CPU (taskset), since a stack has one, and several at a time, since they
# sleep more than they work; those that measure time first and alone.
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
# old; fib_tests' "hit ratio", which perf counts in the host's kernel; Open vSwitch's drops, which
# perf looks for

tree=$SUITES/src/linux-${LIBOS_RELEASE:-6.12}
net=$tree/tools/testing/selftests/net

# Programs that the scripts start
helpers=(bind_bhash cmsg_sender gro ioam6_parser ip_defrag ip_local_port_range ipsec
	ipv6_flowlabel ipv6_flowlabel_mgr msg_zerocopy nat6to4.bpf.o nettest psock_fanout psock_snd
	psock_tpacket reuseaddr_conflict reuseaddr_ports_exhausted reuseport_addr_any
	reuseport_bpf rxtimestamp sample_map_ret0.bpf.o sample_ret0.bpf.o sctp_hello so_txtime
	socket tcp_fastopen_backup_key txring_overwrite txtimestamp udpgso udpgso_bench_rx
	udpgso_bench_tx xdp_dummy.bpf.o)

prepare() {
	local options=(-k "KHDR_INCLUDES=-isystem $tree/usr/include")
	selftests "${LIBOS_RELEASE:-6.12}" || return
	[ ! "$tree/built-sh" -nt "$tree/unpacked" ] || return 0
	# A release may lack some
	make "${options[@]}" -C "$net" OUTPUT="$net" "${helpers[@]/#/$net/}"
	make "${options[@]}" -C "$net/mptcp" OUTPUT="$net/mptcp"
	# Of 6.1, some have it from there
	clang -O2 -target bpf -I"/usr/include/$(gcc -print-multiarch)" -c "$net/../bpf/progs/xdp_dummy.c" \
		-o "$net/../bpf/xdp_dummy.bpf.o"
	touch "$tree/built-sh"
}

# at FOLDER SCRIPT OPTION...
at() {
	cd "$1" || exit
	# Of 6.12, it calls functions that it does not read
	[ "$2" != fcnal-test.sh ] || export BASH_ENV=$PWD/net_helper.sh
	exec taskset -c 0 bash "./$2" "${@:3}"
}
export -f at

# case_of "LIMIT SCRIPT OPTION..."
case_of() {
	local path options
	read -r LIMIT path options <<< "$1"
	# The script may be gone in another update of the source
	# shellcheck disable=SC2086
	[ ! -e "$net/$path" ] || script "$path${options:+ $options}" \
		alone bash -c 'at "$@"' bash "$(dirname "$net/$path")" "${path##*/}" $options
}

# Each limit is many times what it takes on an idle machine.
suite() {
	local several
	EXCUSED='^address proto IPv[46]$|^Multipath route hit ratio|^drop: test drop'
	# Open vSwitch's wants to see a module, and a version of pyroute2's, which Debian's does not tell
	mkdir python && echo 'import pyroute2; pyroute2.__version__ = "0.7.2"' > python/sitecustomize.py
	export PYTHONPATH=$PWD/python
	together 1 case_of "600 "{cmsg_time,so_txtime,fq_band_pktlimit,txtimestamp,rxtimestamp,mptcp/simult_flows}.sh
	readarray -t several <<-END
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
		900 openvswitch/openvswitch.sh
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
	together 3 case_of "${several[@]}"
}
