#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ipsec.sh: ESP between two namespaces, by ip xfrm
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

far_namespace

# secure LOCAL REMOTE COMMAND...: both states, both policies
secure() {
	local ours=$1 theirs=$2 src dst dir spi
	shift 2
	while read -r src dst dir spi; do
		"$@" xfrm state add src "$src" dst "$dst" proto esp spi "$spi" mode "$mode" \
			aead 'rfc4106(gcm(aes))' 0x000102030405060708090a0b0c0d0e0f10111213 128 &&
			"$@" xfrm policy add src "$src" dst "$dst" dir "$dir" \
				tmpl src "$src" dst "$dst" proto esp mode "$mode" || return 1
	done <<-END
		$ours $theirs out 0x${ours##*.}
		$theirs $ours in 0x${theirs##*.}
	END
}
answered() {
	ping -n -q -c 3 -i 0.1 -W 2 "$@" | tee ping.log
	grep -q ' 3 received' ping.log
}
bytes() {
	ip -s xfrm state list spi "$1" | awk '/lifetime current/ { getline; n = $1 + 0 } END { exit !(n > 0) }'
}

check "without" answered 10.1.0.2
export mode
for mode in transport tunnel; do
	check "$mode: here" secure 10.1.0.1 10.1.0.2 ip
	check "$mode: only one side: no answer" test "$(ping -n -q -c 1 -W 1 10.1.0.2 | grep -c ' 0 received')" = 1
	check "$mode: there" secure 10.1.0.2 10.1.0.1 ip -n far
	ip netns exec far nft -f - <<-END
		flush ruleset
		table inet t {
			chain c {
				type filter hook prerouting priority -300;
				ip protocol esp counter
			}
		}
	END
	check "$mode: answered" answered 10.1.0.2
	check "$mode: as ESP" grep -q 'packets 3 ' <(ip netns exec far nft list ruleset)
	check "$mode: the state counts" bytes 0x1
	check "$mode: TCP" test "$(
		ip netns exec far busybox httpd -f -p 8080 -h . & sleep 0.3
		get http://10.1.0.2:8080/ping.log | sum
		kill $!)" = "$(sum < ping.log)"
	ip xfrm state flush
	ip xfrm policy flush
	ip -n far xfrm state flush
	ip -n far xfrm policy flush
done
check "and without again" answered 10.1.0.2
plan
