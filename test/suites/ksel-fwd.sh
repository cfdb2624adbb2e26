# SPDX-License-Identifier: GPL-2.0
# ksel-fwd.sh: the kernel's own tests of bridges, routers, tunnels and tc
# (tools/testing/selftests/net/forwarding), of bonding, team and netdevsim (drivers/net):
# scripts that join veth pairs, each in namespaces of its own, several at once since they sleep
# most of the time; of the release that the library's kernel is of
#
# On any kernel fail: "Flowlabel (balanced)", whose loop is bash's while sh is dash; "Vlan
# mcast_startup_query_interval", which is 3125 where HZ is not 250; of 6.1 hw_stats_l3, which wants a
# device with such statistics (later it went to a driver's tests). netdevsim's "fw flash test"
# wants a file in the kernel's own /lib/firmware.
# timeout: 3600

prepare() {
	local at=$SUITES/src/linux-6.1/tools/testing/selftests/net/forwarding
	selftests 6.12 && selftests 6.1 && cp "$at/forwarding.config.sample" "$at/forwarding.config"
}

# at FOLDER SCRIPT: there, with its own list of teamds
at() {
	mkdir -p /run/teamd && mount -t tmpfs none /run/teamd && cd "$1" && exec "./$2"
}
export -f at

# case_of FOLDER/SCRIPT
case_of() {
	script "$(basename "$1" .sh)" alone bash -c 'at "$@"' bash "$from/${1%/*}" "${1##*/}"
}

# scripts FOLDER...: theirs, but for those that others read
scripts() {
	(cd "$from" && find "$@" -maxdepth 1 -name '*.sh' 2> /dev/null | sort) |
		grep -vE 'lib\.sh|-common\.sh|_(core|common|tests|topo_[23]d1c|etsprio)\.sh'
}

suite() {
	# In 6.1 senders pause for a millisecond between two of 32,768 packets
	LIMIT=1500
	from=$SUITES/src/linux-${LIBOS_RELEASE:-6.12}/tools/testing/selftests
	# shellcheck disable=SC2046
	together 6 case_of $(scripts net/forwarding drivers/net/bonding drivers/net/team)
	# These make devices of the same numbers
	# shellcheck disable=SC2046
	together 1 case_of $(scripts drivers/net/netdevsim)
}
