#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# filter.sh: nft and iptables count, drop and translate
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up

# counted PACKETS COMMAND...: what the command prints has a counter with so many
counted() {
	local n=$1
	shift
	"$@" | tee rules.log
	grep -qE "packets $n |^ *\[?$n:|^ +$n " rules.log
}
pings() {
	[ "$(ping -n -q -c 2 -i 0.1 -W 1 "$1" | sed -n 's/.* \([0-9]*\) received.*/\1/p')" = "$2" ]
}

cat > rules.nft <<'END'
table inet t {
	set blocked {
		type ipv4_addr; flags interval
		elements = { 127.0.1.0/24 }
	}
	chain in {
		type filter hook input priority 0; policy accept;
		ip saddr @blocked counter drop
		icmp type echo-request counter
		ct state established counter
	}
	chain nat {
		type nat hook output priority -100;
		ip daddr 127.0.0.1 tcp dport 81 redirect to :8080
	}
}
END
check "nft -f" nft -f rules.nft
check "nft list" nft list ruleset
check "accepted" pings 127.0.0.1 2
check "counted" counted 2 nft list chain inet t in
check "an address is dropped" pings 127.0.1.1 0
check "nft -j" /usr/bin/python3 -c 'import json,subprocess
d = json.loads(subprocess.check_output(["nft", "-j", "list", "ruleset"]))
assert any("rule" in x for x in d["nftables"])'
check "a wrong rule is refused" test "$(nft add rule inet nosuch x accept > /dev/null 2>&1; echo $?)" = 1
serve busybox httpd -f -p 127.0.0.1:8080 -h .
await "a server" listening 8080
check "a redirected port" get http://127.0.0.1:81/rules.nft
check "nft flush" nft flush ruleset
check "nothing is dropped any more" pings 127.0.1.1 2

check "iptables -A" iptables-nft -A INPUT -p icmp --icmp-type echo-request -s 127.0.0.2 -j DROP
check "dropped by it" test "$(ping -n -q -c 2 -i 0.1 -W 1 -I 127.0.0.2 127.0.0.3 | grep -c ' 0 received')" = 1
check "counted by it" counted 2 iptables-nft -nvxL INPUT
check "iptables-save" test "$(iptables-nft-save | grep -c -- '-A INPUT -s 127.0.0.2/32 -p icmp')" = 1
cat > rules.iptables <<'END'
*filter
-A INPUT -p tcp --dport 8080 -j REJECT --reject-with tcp-reset
COMMIT
END
check "iptables-restore" iptables-nft-restore rules.iptables

export XTABLES_LOCKFILE=$PWD/lock
security() {
	"$1" -t security -A OUTPUT -p udp --dport 9 "${@:2}" && "$1"-save -t security | grep -q -- '--dport 9'
}
for command in iptables-legacy ip6tables-legacy; do
	check "$command's table security" security $command -j DROP
done
check "rejected" test "$(curl -s http://127.0.0.1:8080/; echo $?)" = 7
check "ip6tables" ip6tables-nft -A INPUT -p ipv6-icmp -j ACCEPT
plan
