# SPDX-License-Identifier: GPL-2.0
# wireguard.sh: the kernel's own test of WireGuard (tools/testing/selftests/wireguard): tunnels
# between three namespaces, over IPv4 and IPv6, through NAT, from behind other tunnels; each command
# of it is a case
#
# On the host it fails at once: it sets what only the first namespace has, and is not in it.
# timeout: 300

prepare() {
	selftests 6.12 && selftests 6.1
}

suite() {
	local from=$SUITES/src/linux-${LIBOS_RELEASE:-6.12}/tools/testing/selftests/wireguard
	# Not `alone`: it sets what only the first namespace has.
	PATH=$SUITES/src/bin:$PATH unshare -m bash -c 'mkdir -p /run/netns &&
		mount -t ramfs none /run/netns && exec "$@"' bash \
		timeout 280 bash "$from/netns.sh" < /dev/null > log 2>&1
	# It ends with the first that fails; keys and numbers are others each time.
	awk -v status=$? '
		function say(verdict) {
			if (what)
				print verdict " - " what
		}
		gsub(/\x1b\[[0-9;]*m/, "") && sub(/^\[\+\] /, "") {
			say("ok")
			gsub(/[A-Za-z0-9+\/]{43}=/, "KEY")
			gsub(/\/dev\/fd\/[0-9]+/, "FILE")
			gsub(/wg-test-[0-9]+/, "wg-test")
			sub(/pid [0-9]+/, "pid")
			what = $0
			if (!/ip netns del/)
				last = what
		}
		END {
			say("ok")
			if (status)
				print "not ok - it ended early, after: " last
		}' log
	tail -n 20 log | sed 's/^/# /'
}
