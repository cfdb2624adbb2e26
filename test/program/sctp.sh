#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sctp.sh: lksctp-tools, TCP programs by withsctp, multihoming
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up
check "checksctp" checksctp

exchange() {
	timeout 8 sctp_test -H 127.0.0.1 -P 7100 -l > server.log 2>&1 &
	until grep -q 7100 /proc/net/sctp/eps; do sleep 0.05; done
	sctp_test -H 127.0.0.1 -P 7101 -h 127.0.0.1 -p 7100 -s -x 2 -X 8 -c 5 || return 1
	kill $!
	grep -q 'Data 32768 bytes' server.log
}
check "sctp_test" exchange

# It believes that it does TCP
with() {
	withsctp socat -u TCP4-LISTEN:7102,reuseaddr STDOUT > received < /dev/null &
	until grep -q 7102 /proc/net/sctp/eps; do sleep 0.05; done
	withsctp socat -u FILE:sent TCP4:127.0.0.1:7102
	wait $!
	cmp sent received && [ -z "$(ss -Htna 'sport = :7102')" ]
}
head -c 300000 /dev/urandom > sent
check "withsctp socat" with

check "SCTP counters" awk '/SctpActiveEstabs/ { exit !($2 >= 2) }' /proc/net/sctp/snmp
plan
