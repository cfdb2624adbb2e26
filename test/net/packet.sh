#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# packet.sh: AF_PACKET: rings of both layouts, libpcap's, filters, fanout, what is cut off
#
#	a --1-- r --2-- b
#
# Cable N is 10.0.N.0/24 and fd00:N::/64; r looks at what comes from a. VLAN 7 of cable 1
# is 10.7.0.0/24.
set -u
SECONDS_MAX=150
TEST_TOP=${TEST_TOP-$PWD}
. "$TEST_TOP/test/net/lib.sh"
py=/usr/bin/python3

row a r b
frames a r; frames r b
for v in "a r 1" "r a 2"; do
	read -r host dev end <<< "$v"
	ip -n $host link add link $dev name $dev.7 type vlan id 7
	ip -n $host addr add 10.7.0.$end/24 dev $dev.7
	ip -n $host link set dev $dev.7 up
done
# What is sent: datagrams from a number on, each of its number and bytes that follow from it
cat > numbers.py <<'END'
import hashlib, socket, struct, sys
def payload(i):
    return struct.pack("!I", i) + hashlib.sha512(struct.pack("!I", i)).digest() * 12
if __name__ == "__main__":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    first, count = int(sys.argv[2]), int(sys.argv[3])
    for i in range(first, first + count):
        s.sendto(payload(i), (sys.argv[1], 9))
END
# A program with a ring: what it finds in the frames is what was sent, in order, with
# lengths, times and the VLAN's tag
cat > ring.py <<'END'
import mmap, select, socket, struct, sys, time
from numbers import payload
version, device, count, tag, frame = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
SOL_PACKET, RX_RING, STATISTICS, VERSION = 263, 5, 6, 10
USER, LOSING, VLAN_VALID = 1, 4, 16
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.setsockopt(SOL_PACKET, VERSION, {"v1": 0, "v2": 1}[version])
# UDP to port 9 of IPv4, as the kernel's classic BPF; the tag is off already
code = [(0x28, 0, 0, 12), (0x15, 0, 5, 0x800), (0x30, 0, 0, 23), (0x15, 0, 3, 17),
        (0x28, 0, 0, 36), (0x15, 0, 1, 9), (6, 0, 0, 0x40000), (6, 0, 0, 0)]
raw = b"".join(struct.pack("HBBI", *i) for i in code)
import ctypes
text = ctypes.create_string_buffer(raw)
s.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", len(code), ctypes.addressof(text)))
block, blocks = 65536, 4
frames = block // frame * blocks
s.setsockopt(SOL_PACKET, RX_RING, struct.pack("IIII", block, blocks, frame, frames))
ring = mmap.mmap(s.fileno(), block * blocks)
s.bind((device, 3))
print("ready", flush=True)
HEAD = "=QIIHHII" if version == "v1" else "=IIIHHIIHH"
at, got, before, begun = 0, 0, 0, time.time()
poll = select.poll()
poll.register(s, select.POLLIN)
while got < count:
    per = block // frame
    here = at // per * block + at % per * frame
    status, length, there, mac, net, sec, part, *vlan = struct.unpack_from(HEAD, ring, here)
    if not status & USER:
        assert poll.poll(8000), f"nothing more after {got}"
        continue
    assert net == mac + 14, (mac, net)
    data = ring[here + mac:here + mac + there]
    want = payload(got)
    assert length == 14 + 28 + len(want), length
    assert there == min(length, frame - mac), (there, mac)
    assert data[12:14] == b"\x08\0" and data[42:] == want[:there - 42], f"frame {got}"
    now = sec + part / (1e6 if version == "v1" else 1e9)
    assert begun - 1 < now < time.time() + 1 and now >= before, now
    before = now
    if version == "v2":
        assert bool(status & VLAN_VALID) == bool(tag) and (not tag or vlan[0] & 4095 == tag), vlan
    struct.pack_into("=Q" if version == "v1" else "=I", ring, here, 0)      # the kernel's again
    got, at = got + 1, (at + 1) % frames
    if got % 100 == 0:
        print("got", got, flush=True)
taken, dropped = struct.unpack("II", s.getsockopt(SOL_PACKET, STATISTICS, 8))
print("all", got, "of", taken, "dropped", dropped)
END
ready() {
	grep -q ready "$1"
}
# 600 to that address. A ring that is full drops what comes: as many at a time as have room
send_all() {
	local i
	for i in 0 100 200 300 400 500; do
		on a /usr/bin/python3 numbers.py "$1" $i 100
		until grep -qx "got $((i + 100))" ring.log; do
			grep -q Error ring.log && return 1
			sleep 0.02
		done
	done
}
export -f ready send_all
# More than the ring has room for, so that it goes round; frames that hold a packet, and less
for v in "v1 a 2048 0 10.0.2.2" "v2 a 2048 0 10.0.2.2" "v1 a 512 0 10.0.2.2" "v2 a 512 0 10.0.2.2" \
	"v2 a 2048 7 10.7.0.2"; do
	read -r version dev frame tag to <<< "$v"
	name="$version, frames of $frame, VLAN $tag"
	ip netns exec r $py ring.py $version $dev 600 $tag $frame > ring.log 2>&1 &
	reader=$!
	await "$name: a ring" ready ring.log
	on a ping -n -q -c 1 "$to" > ping.log	# is not for it
	check "$name: 600 datagrams" send_all $to
	wait $reader
	check "$name: all are in the ring, as they were sent" grep -q '^all 600 of 600 dropped 0' ring.log
	[ $failures = 0 ] || tail -n 3 ring.log | sed 's/^/# /'
done

# tcpdump asks for a ring, and the program of capture.py does without: they see the same
serve on b $py "$NET/transfer.py" serve tcp 10.0.2.2 7000
await "a server" up b t 7000
capture recv.pcap r a
ip netns exec r tcpdump -U -B 8192 -n -i a -w ring.pcap 2> tcpdump.log &
dump=$!
dumping() {
	grep -q 'listening on a' tcpdump.log
}
await "tcpdump" dumping
check "data" on a $py "$NET/transfer.py" send tcp 10.0.2.2 7000 500000
ends() {
	[ "$(tcpdump -n -r ring.pcap 'tcp[tcpflags] & tcp-fin != 0' 2> /dev/null | wc -l)" -ge 2 ]
}
await "tcpdump has the connection's end" ends
kill -INT $dump
wait $dump
end_captures
has_ring() {
	tcpdump -n -t -r "$1" tcp 2> /dev/null
}
check "tcpdump: nothing dropped" grep -q '^0 packets dropped by kernel' tcpdump.log
has_ring ring.pcap > ring.txt
has_ring recv.pcap > recv.txt
check "tcpdump: some hundred packets" test "$(wc -l < ring.txt)" -ge 300
check "tcpdump: those that recv(2) gives, in that order" cmp ring.txt recv.txt

# Fanout: two sockets take turns
cat > fanout.py <<'END'
import select, socket, struct, sys
socks = []
for i in range(2):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    s.bind(("a", 0x800))
    s.setsockopt(263, 18, struct.pack("I", 1 << 16 | 77))     # PACKET_FANOUT_LB, group 77
    socks.append(s)
print("ready", flush=True)
got = [0, 0]
while sum(got) < 100:
    ready = select.select(socks, [], [], 8)[0]
    assert ready, got
    for s in ready:
        d = s.recv(2000)
        got[socks.index(s)] += d[9] == 17 and d[22:24] == b"\0\x09"
print("all", got)
END
ip netns exec r $py fanout.py > fanout.log 2>&1 &
reader=$!
await "fanout: two sockets" ready fanout.log
check "fanout: 100 datagrams" on a $py numbers.py 10.0.2.2 0 100
wait $reader
check "fanout: half to each" grep -qF 'all [50, 50]' fanout.log
[ $failures = 0 ] || tail -n 3 fanout.log | sed 's/^/# /'

# Sent from a packet socket, a frame is as its program made it
cat > frame.py <<'END'
import fcntl, socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind(("r", 0))
s.send(bytes.fromhex(sys.argv[1]) + fcntl.ioctl(s, 0x8927, struct.pack("16s16x", b"r"))[18:24] +
       b"\x88\xb5" + b"of our own making")
END
capture frame.pcap r a
mac=$(ip netns exec r cat /sys/class/net/a/address)
check "a frame" on a $py frame.py "${mac//:/}"
end_captures
check "arrives as it is" shows 'of.our.own.making' frame.pcap -A ether proto 0x88b5
plan
