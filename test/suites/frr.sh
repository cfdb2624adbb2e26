# SPDX-License-Identifier: GPL-2.0
# frr.sh: FRR's own tests ("topotests"): BGP, OSPF, IS-IS, RIP, EIGRP, LDP, PIM, MSDP, BFD, NHRP,
# static and policy routes; a router is three to eight daemons in namespaces of their own, and what
# is asked is what they tell each other and what they write into the kernel's tables
#
# Left out: what wants exabgp or SNMP, or sharpd, pim6d and gRPC, which the package has not; what
# measures (config_timing); and of the others those that take longest.
# timeout: 3600

FOLDERS='bfd_bgp_cbit_topo3 bfd_isis_topo1 bfd_ospf_topo1 bfd_topo2 bfd_vrf_topo1 bfd_vrflite_topo1
	eigrp_topo1 evpn_pim_1 isis_topo1 isis_topo1_vrf ldp_oc_topo1 ldp_topo1 ldp_vpls_topo1
	msdp_topo1 nhrp_topo ospf6_ecmp_inter_area ospf6_topo1 ospf6_topo1_vrf ospf_dual_stack
	ospf_multi_vrf_bgp_route_leak ospf_netns_vrf ospf_sr_topo1 ospf_suppress_fa ospf_te_topo1
	ospf_tilfa_topo1 ospf_topo1 ospf_unnumbered pbr_topo1 pim_acl pim_basic pim_basic_topo2
	pim_igmp_vrf rip_topo1 ripng_topo1 zebra_multiple_connected zebra_opaque
	bgp_as_allow_in bgp_blackhole_community bgp_comm_list_delete bgp_community_alias
	bgp_default_route bgp_distance_change bgp_evpn_overlay_index_gateway bgp_evpn_rt5
	bgp_evpn_vxlan_topo1 bgp_gshut bgp_ipv6_rtadv bgp_l3vpn_to_bgp_direct bgp_link_bw_ip
	bgp_listen_on_multiple_addresses bgp_llgr bgp_lu_topo1 bgp_orf bgp_path_attributes_topo1
	bgp_peer_group bgp_prefix_list_any bgp_roles_capability bgp_rr_ibgp bgp_srv6l3vpn_to_bgp_vrf
	bgp_suppress_fib bgp_tcp_mss bgp_update_delay bgp_vpnv4_ebgp bgp_vpnv4_gre
	bgp_vrf_lite_ipv6_rtadv bgp_vrf_route_leak_basic'

prepare() {
	source_package frr
}

# What the tests would do to the machine is left undone: they set sysctls that are not the
# network's, look for modules, and end processes of earlier runs.
plugin() {
	cat <<-'END'
		import os
		import pytest
		from lib import micronet_compat, topogen, topotest

		def of_network(set_one):
		    return lambda commander, variable, value: (
		        set_one(commander, variable, value) if variable.startswith("net.") else None)

		topogen.diagnose_env = lambda rundir: True
		topotest.module_present_linux = lambda module, load: True
		topotest._sysctl_assure = of_network(topotest._sysctl_assure)
		topotest._sysctl_atleast = of_network(topotest._sysctl_atleast)
		micronet_compat.cleanup_previous = lambda: None
		out = open(os.environ["TAP"], "a", buffering=1)

		def pytest_runtest_logreport(report):
		    verdict = "not ok" if report.failed else "ok"
		    if report.passed and report.when != "call":
		        return
		    name = "%s: %s" % (os.path.basename(os.path.dirname(report.fspath)),
		                       report.nodeid.partition("::")[2])
		    if report.when != "call" and report.failed:
		        name += ", its " + report.when
		    if report.skipped and not hasattr(report, "wasxfail"):
		        name += " # SKIP " + " ".join(str(report.longrepr[-1]).split())[:80]
		    print(verdict, "-", name, file=out)
		    if report.failed:
		        for line in str(report.longrepr).splitlines()[-8:]:
		            print("#", line[:200], file=out)
	END
}

# case_of FOLDER
case_of() {
	local status start=$SECONDS
	TAP=$PWD/tap setsid --wait timeout -k 10 900 /usr/bin/python3 -m pytest -q -p topotap \
		-p no:cacheprovider --rundir "$PWD/run" "$SUITES/src/frr/tests/topotests/$1" \
		> out 2>&1 < /dev/null
	status=$?
	cat tap
	# 1 is for a test that failed
	[ $status -lt 2 ] || {
		echo "not ok - $1: it ended with $status"
		tail -n 3 out | sed 's/^/# /'
	}
	echo "# $1: $((SECONDS - start)) s"
}

suite() {
	plugin > topotap.py
	export PYTHONPATH=$PWD:$SUITES/src/frr/tests/topotests PYTHONDONTWRITEBYTECODE=1
	# shellcheck disable=SC2086
	together 3 case_of $FOLDERS
}
