#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# iperf.sh: iperf and iperf3 over TCP, UDP, SCTP, MPTCP; in parallel and both ways
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

ip link set lo up

# run3 OPTIONS...: one test; both sides say how much they received
run3() {
	iperf3 -s -1 -p 5201 > server.log 2>&1 &
	until listening 5201; do sleep 0.02; done
	iperf3 -c 127.0.0.1 -p 5201 -t 1 -J "$@" > client.json || { cat client.json server.log; return 1; }
	wait $!
}

# at_least BITS: the rate of the last one, each way
at_least() {
	/usr/bin/python3 - "$1" <<-'END'
		import json, sys
		end = json.load(open("client.json"))["end"]
		sums = [v for k, v in end.items() if k in ("sum_received", "sum_received_bidir_reverse", "sum")]
		assert sums, end.keys()
		for s in sums:
		    print(s["bits_per_second"], s.get("lost_percent"))
		    assert s["bits_per_second"] > float(sys.argv[1]), s
	END
}
export -f run3 at_least

measure() {
	local bits=$1
	shift
	run3 "$@" && at_least "$bits"
}
export -f measure

check "iperf3, TCP" measure 1e8
check "iperf3, TCP, IPv6" measure 1e8 -6 -c ::1
check "iperf3 -R" measure 1e8 -R
check "iperf3 --bidir" measure 2e7 --bidir
check "iperf3 -P 4" measure 1e8 -P 4
check "iperf3, UDP" measure 9e6 -u -b 10M
check "iperf3, UDP -R -P 4" measure 3e6 -u -b 10M -R -P 4
check "iperf3 -Z (sendfile)" measure 1e8 -Z
check "iperf3 -C reno" measure 1e8 -C reno
# SCTP's default window is less than two packets of a loopback's 64 KiB: it would
# wait for delayed acknowledgements.
check "a smaller MTU" ip link set lo mtu 1500
check "iperf3 --sctp" measure 1e8 --sctp

run2() {
	local server=$1
	shift
	# shellcheck disable=SC2086
	iperf -s $server -p 5001 > server.log 2>&1 &
	until listening 5001 || listening 5001 u; do sleep 0.02; done
	iperf -c 127.0.0.1 -p 5001 -t 1 "$@" | tee client.log
	kill $!
	wait $!
	grep -qE '[1-9][0-9.]* [KMG]bits/sec' client.log
}
check "iperf, TCP" run2 ""
check "iperf -P 4" run2 "" -P 4
check "iperf -d, both ways" run2 "" -d
check "iperf, UDP" run2 -u -u -b 10M
plan
