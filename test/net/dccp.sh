#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dccp.sh: DCCP over three hops that lose packets, CCID 2 and CCID 3
#
#	a --1-- r --2-- s --3-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64; 2 delays by 5 ms and loses 1 % each way.
set -u
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

row a r s b
hurt r s delay 5ms loss 1%
hurt s r delay 5ms loss 1%

cat > dccp.py <<'END'
import errno, hashlib, socket, struct, sys, time
SOL_DCCP, SERVICE, CCID, TX_CCID, RX_CCID, CUR_MPS = 269, 2, 13, 14, 15, 5
verb, address, port, ccid, service = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, 6, 33)
s.setsockopt(SOL_DCCP, SERVICE, service.encode())
s.setsockopt(SOL_DCCP, CCID, bytes([ccid]))
s.settimeout(8)
COUNT = 400
def packet(i):
    return struct.pack("!I", i) + hashlib.sha256(bytes([i & 255])).digest() * 25
if verb == "send":
    s.connect((address, port))
    assert s.getsockopt(SOL_DCCP, TX_CCID, 4)[0] == ccid
    assert s.getsockopt(SOL_DCCP, CUR_MPS) > 804
    begun = time.monotonic()
    for i in range(COUNT):
        # A pace of its own, a packet every 2 ms
        time.sleep(max(0, begun + i * .002 - time.monotonic()))
        while True:
            try:
                s.send(packet(i))
                break
            except OSError as e:
                if e.errno != errno.EAGAIN:
                    raise
                time.sleep(.002)
    took = time.monotonic() - begun
    print(f"sent in {took:.3f} s")
    assert took >= (COUNT - 1) * .002
    s.shutdown(socket.SHUT_WR)
    s.close()
    sys.exit()
# SO_RCVBUFFORCE: nothing is lost where the receiver gets the CPU late
s.setsockopt(socket.SOL_SOCKET, 33, 2000000)
s.bind((address, port))
s.listen(5)
while True:
    try:
        c, _ = s.accept()
    except TimeoutError:
        continue
    c.settimeout(8)
    got, last = 0, -1
    while True:
        d = c.recv(2000)
        if not d:
            break
        i, = struct.unpack("!I", d[:4])
        assert d == packet(i), "changed"
        assert i != last, "twice"
        got, last = got + 1, i
    print("received", ccid, got, flush=True)
    c.close()
END
listening_dccp() {
	on b ss -Hdln "sport = :$1" | grep -q .
}
received() {
	grep -E "^received $1 " "$2" | awk '{ print; ok = $3 >= 360 && $3 <= 400 } END { exit !ok }'
}
export -f listening_dccp received
LIMIT=20
capture dccp.pcap a r
port=7000
for ccid in 2 3; do
	for to in 10.0.3.2 fd00:3::2; do
		port=$((port + 1))
		ip netns exec b $py dccp.py serve $to $port $ccid LIBO > $port.log 2>&1 &
		await "CCID $ccid at $to: a listener" listening_dccp $port
		check "CCID $ccid: 400 packets to $to" on a $py dccp.py send $to $port $ccid LIBO
		await "CCID $ccid: at least 360 arrive, unchanged and once" received $ccid $port.log
	done
done
check "another service code is refused" test "$(on a $py dccp.py send 10.0.3.2 7001 2 NOPE 2>&1 | grep -c 'Invalid request code')" = 1
end_captures
check "a request with its service code" shows 'IP .*DCCP-Request \(service=1279869519\)' dccp.pcap
check "that of IPv6" shows 'IP6 .*DCCP-Request \(service=1279869519\)' dccp.pcap
check "data with acknowledgements" shows 'DCCP-DataAck' dccp.pcap
check "CCID 2: ack vectors" shows 'ack_vector0' dccp.pcap -vv
# Option 192 is the loss event rate, or rather its inverse: all ones where nothing is lost
check "CCID 3: loss event rates" shows 'CCID option 192 [0-9]{1,9}[,>]' dccp.pcap -vv
# and 194 the rate at which the receiver receives
check "CCID 3: receive rates" shows 'CCID option 194 [1-9]' dccp.pcap -vv
check "the refusal: a reset, bad service code" shows 'DCCP-Reset \(code=bad_service_code\)' dccp.pcap
check "closed by both" shows 'DCCP-Reset \(code=closed\)' dccp.pcap
plan
