# SPDX-License-Identifier: GPL-2.0
# stress-ng-net.sh: stress-ng's stressors of sockets, raw sockets, netlink, pipes,
# SCM_RIGHTS, each for three seconds, two workers, checking what arrives
# timeout: 300

# stress WHAT OPTION...
stress() {
	local what=$1 log=$HOME/out status operations
	shift
	timeout -k 1 25 stress-ng "$@" -t 3s --verify --metrics > "$log" 2>&1
	status=$?
	operations=$(awk '/metrc.*\] [a-z]/ && $5 ~ /^[0-9]+$/ { print $5; exit }' "$log")
	if [ $status = 3 ] || [ $status = 4 ] ||
	   { [ "${operations:-0}" = 0 ] && grep -qiE 'skipp|not supported' "$log"; }; then
		echo "ok - $what # SKIP $(grep -iEm 1 'skip|not supp' "$log")"
	elif [ $status = 0 ] && [ "${operations:-0}" != 0 ]; then
		echo "ok - $what"
	else
		echo "not ok - $what (exit status $status, $operations operations)"
		grep -iE 'fail|error' "$log" | head -n 3 | sed 's/^/# /'
	fi
}

suite() {
	local name family
	sysctl -qw net.ipv4.ping_group_range='0 2147483647'	# ping-sock
	for name in sock udp dccp sctp; do
		for family in ipv4 ipv6; do
			stress "$name, $family" --$name 2 --$name-domain $family
		done
	done
	for name in udp-flood epoll poll sockpair sockfd sockmany sockdiag sockabuse rawsock rawudp \
		rawpkt icmp-flood ping-sock netlink-proc netlink-task netdev tun sendfile splice tee \
		vm-splice pipe fifo io-uring; do
		stress $name --$name 2
	done
}
