#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mip6.sh: Mobile IPv6: a node moves to another access network, its TCP session goes on
#
#	            ha --1--+
#	                    |
#	  +- access1 --2----core --4-- cn
#	mn                  |
#	  +- access2 --3----+
#
# Cable N is fd00:N::/64. The home address is fd00:1::100; mn's care-of addresses are
# fd00:21::2 behind access1, and after the move fd00:22::2 behind access2.
set -u
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

hosts ha core acc1 acc2 cn mn
cable 1 core ha; cable 2 core acc1; cable 3 core acc2; cable 4 core cn
cable 21 acc1 mn; cable 22 acc2 mn
for h in ha cn; do
	ip -n $h route add default via "fd00:$([ $h = ha ] && echo 1 || echo 4)::1"
done
ip -n acc1 route add default via fd00:2::1
ip -n acc2 route add default via fd00:3::1
ip -n core route add fd00:21::/64 via fd00:2::2
ip -n core route add fd00:22::/64 via fd00:3::2
on mn sysctl -qw net.ipv6.conf.all.forwarding=0
ip -n mn addr add fd00:1::100/128 dev lo home nodad
home=fd00:1::100 peer=fd00:4::2
ip -n mn link set dev acc2 down
ip -n mn route add default via fd00:21::1 src $home
on mn sysctl -qw net.ipv6.conf.acc2.keep_addr_on_down=1

serve on ha $py "$NET/mip6.py" answer fd00:1::2
serve on cn $py "$NET/mip6.py" answer $peer
answering() {
	[ "$(on ha ss -Hwln | grep -c ':135 ')$(on cn ss -Hwln | grep -c ':135 ')" = 11 ]
}
capture acc1.pcap mn acc1
capture home.pcap ha core
await "home agent and correspondent are ready" answering
check "mn registers with both, at its first place" \
	on mn $py "$NET/mip6.py" node $home fd00:21::2 fd00:1::2 $peer
check "cn has the binding" grep -q 'coa fd00:21::2' <(on cn ip -6 xfrm state)
check "the home agent has it, too" grep -q 'coa fd00:21::2' <(on ha ip -6 xfrm state)
check "mn is reached by its home address" on cn ping -n -q -c 3 -i 0.1 -W 2 $home
check "and by the home agent" on ha ping -n -q -c 3 -i 0.1 -W 2 $home

# A session that lasts: a line every 50 ms, each way
cat > session.py <<'END'
import socket, sys, time
if sys.argv[1] == "serve":
    s = socket.create_server((sys.argv[2], 7000), family=socket.AF_INET6)
    c, peer = s.accept()
    assert peer[0] == sys.argv[3], peer
    f = c.makefile("rw")
    for line in f:
        f.write(line)
        f.flush()
    sys.exit()
s = socket.create_connection((sys.argv[2], 7000), 10, (sys.argv[3], 0))
f = s.makefile("rw")
for i in range(100):
    f.write(f"line {i}\n")
    f.flush()
    assert f.readline() == f"line {i}\n"
    print(i, flush=True)
    time.sleep(.05)
print("all", flush=True)
END
ip netns exec cn $py session.py serve $peer $home > server.log 2>&1 &
await "a server" up cn t 7000
ip netns exec mn timeout 25 $py session.py talk $peer $home > talk.log 2>&1 &
talker=$!
lines() {
	[ "$(wc -l < talk.log)" -ge "$1" ]
}
await "a session" lines 20

# The move
capture acc2.pcap mn acc2
before=$(wc -l < talk.log)
ip -n mn link set dev acc1 down
ip -n mn link set dev acc2 up
ip -n mn addr replace fd00:22::2/64 dev acc2 nodad
ip -n mn route replace default via fd00:22::1 src $home
check "registers at its second place" \
	on mn $py "$NET/mip6.py" node $home fd00:22::2 fd00:1::2 $peer
check "cn has the new binding" grep -q 'coa fd00:22::2' <(on cn ip -6 xfrm state)
wait $talker
check "the session survives" grep -q all talk.log
sed -n '/Error/s/^/# /p' talk.log
check "it was in the middle" test "$before" -lt 90
check "the home agent reaches it" on ha ping -n -q -c 2 -i 0.1 -W 2 $home
end_captures

check "binding updates on the wire" shows 'fd00:21::2 > fd00:4::2: mobility: BU' acc1.pcap
check "acknowledged" shows 'fd00:4::2 > fd00:21::2: .*mobility: BA status=0' acc1.pcap
check "after the move, too" shows 'fd00:4::2 > fd00:22::2: .*mobility: BA status=0' acc2.pcap
check "home address option from the first place" \
	shows 'fd00:21::2 > fd00:4::2: DSTOPT .*homeaddr: fd00:1::100' acc1.pcap -v
check "home address option from the second place" \
	shows 'fd00:22::2 > fd00:4::2: DSTOPT .*homeaddr: fd00:1::100' acc2.pcap -v
check "type 2 routing header to the first place" \
	shows 'fd00:4::2 > fd00:21::2: RT6 \(len=2, type=2, segleft=1, .*fd00:1::100' acc1.pcap -v
check "type 2 routing header to the second place: the optimised route" \
	shows 'fd00:4::2 > fd00:22::2: RT6 \(len=2, type=2, segleft=1, .*fd00:1::100' acc2.pcap -v
check "binding updates to the home agent, too" shows 'fd00:22::2 > fd00:1::2: mobility: BU' home.pcap
session() {
	tcpdump -n -r "$1" 2> /dev/null | grep -cE '[. ]7000[ :]'
}
check "the session is seen at the second place" test "$(session acc2.pcap)" -gt 20
check "and goes past the home agent" test "$(session home.pcap)" = 0
plan
