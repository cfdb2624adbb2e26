# SPDX-License-Identifier: GPL-2.0
# ksel-fwd.sh: the kernel's own tests of bridges, routers, tunnels and tc, in
# tools/testing/selftests/net/forwarding: scripts that join veth pairs, each in a namespace
# of its own, several at once since they sleep most of the time
# timeout: 3000

prepare() {
	local at=$SUITES/src/selftests-6.1/net/forwarding
	selftests 6.12 net/lib.sh net/forwarding && selftests 6.1 net/forwarding &&
		cp "$at/forwarding.config.sample" "$at/forwarding.config"
}

case_of() {
	script "${1%.sh}" alone env -C "$forwarding" "./$1"
}

suite() {
	LIMIT=600
	forwarding=$SUITES/src/selftests-${LIBOS_RELEASE:-6.12}/net/forwarding
	cd "$forwarding" || return
	local scripts=(*.sh)
	cd - > /dev/null || return
	together 8 case_of $(printf '%s\n' "${scripts[@]}" | grep -vE 'lib\.sh|_core\.sh|_common\.sh')
}
