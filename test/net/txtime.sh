#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# txtime.sh: datagrams with a time to be sent at, which programs take from the host's clocks
set -u
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"

row a b
cat > late.py <<'END'
# late.py CLOCK MS [EARLY]: sent to leave so much later, it does not arrive before that, by
# more than EARLY
import socket, struct, sys, time
SO_TXTIME = 61
clock, ms, *early = map(int, sys.argv[1:])
there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
there.bind(("10.0.1.1", 7000))
there.settimeout(8)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, SO_TXTIME, struct.pack("iI", clock, 0))
start = time.clock_gettime_ns(clock)
when = struct.pack("Q", start + ms * 1000000)
s.sendmsg([b"x"], [(socket.SOL_SOCKET, SO_TXTIME, when)], 0, ("10.0.1.1", 7000))
there.recv(10)
took = (time.clock_gettime_ns(clock) - start) / 1e6
print(took)
assert took >= ms - sum(early), took
END

check "fq" on a tc qdisc replace dev lo root fq
check "sends at the time that CLOCK_MONOTONIC says" on a python3 late.py 1 300
check "and at once where it is now" on a python3 late.py 1 0
# It drops what it is too late for, on a busy machine, so it begins long before
check "etf" on a tc qdisc replace dev lo root etf clockid CLOCK_TAI delta 200000000 skip_sock_check
check "sends at the time that CLOCK_TAI says" on a python3 late.py 11 500 200

plan
