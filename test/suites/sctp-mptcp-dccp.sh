# SPDX-License-Identifier: GPL-2.0
# sctp-mptcp-dccp.sh: clients and servers for the rarer protocols: socat, ncat, withsctp,
# sctp_test, mptcpize, python

# transfer SERVER -- CLIENT: a file that the client reads is what the server writes; the
# server's own input stays open, since ncat ends at its end
transfer() {
	local server=()
	while [ "$1" != -- ]; do
		server+=("$1")
		shift
	done
	shift
	timeout 8 "${server[@]}" > out < <(sleep 8) &
	sleep 0.6
	timeout 6 "$@" < in || return
	wait $!
	cmp in out
}

sctp_test_both() {
	timeout 6 sctp_test -H 127.0.0.1 -P 7110 -l > /dev/null 2>&1 &
	sleep 0.4
	timeout 5 sctp_test -H 127.0.0.1 -P 7111 -h 127.0.0.1 -p 7110 -s -x 2 -X 8
}

counter() {
	nstat -asz "$1" | awk -v name="$1" '$1 == name { n = $2 } END { print n; exit !n }'
}
export -f transfer sctp_test_both counter

suite() {
	local to4=x1b5e7f000001x0000000000000000
	LIMIT=12
	LACKS='[Pp]rotocol not (supported|available)|type not supported'
	head -c 300000 /dev/urandom > all
	cp all in

	check "TCP, socat" transfer socat -u TCP4-LISTEN:7000,reuseaddr STDOUT -- socat -u STDIN TCP4:127.0.0.1:7000
	check "SCTP, socat" transfer socat -u SCTP4-LISTEN:7001 STDOUT -- socat -u STDIN SCTP4:127.0.0.1:7001
	check "SCTP, IPv6, socat" transfer socat -u SCTP6-LISTEN:7002 STDOUT -- socat -u STDIN 'SCTP6:[::1]:7002'
	check "SCTP, ncat" transfer ncat --sctp -l 127.0.0.1 7003 --recv-only -- \
		ncat --sctp 127.0.0.1 7003 --send-only
	check "SCTP, withsctp" transfer withsctp ncat -l 127.0.0.1 7004 --recv-only -- \
		withsctp ncat 127.0.0.1 7004 --send-only
	check "SCTP, sctp_test" sctp_test_both
	check "SCTP, checksctp" checksctp
	# A socket of type 6 and protocol 33; the service code is option 2 of level 269. What
	# is lost is not sent again: no more, then, than a receiver has room for
	head -c 20000 all > in
	check "DCCP, socat" transfer \
		socat -u "SOCKET-LISTEN:2:33:$to4,socktype=6,setsockopt-int=269:2:42" STDOUT -- \
		socat -u -b 1000 STDIN "SOCKET-CONNECT:2:33:$to4,socktype=6,setsockopt-int=269:2:42"
	cp all in
	check "MPTCP, socat" transfer socat -u "SOCKET-LISTEN:2:262:$to4" STDOUT -- \
		socat -u STDIN "SOCKET-CONNECT:2:262:$to4"
	check "MPTCP, mptcpize" transfer mptcpize run socat -u TCP4-LISTEN:7007 STDOUT -- \
		mptcpize run socat -u STDIN TCP4:127.0.0.1:7007
	check "MPTCP was spoken" counter MPTcpExtMPCapableSYNRX
	check "UDP-Lite, python" /usr/bin/python3 -c '
import socket
r, s = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136) for _ in "rs")
r.bind(("127.0.0.1", 0))
s.setsockopt(136, 10, 8)	# the checksum covers the header
s.sendto(b"hello", r.getsockname())
assert r.recv(9) == b"hello"'
	check "SCTP, two streams, python" /usr/bin/python3 -c '
import socket
l = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 132)
l.bind(("::1", 0))
l.listen()
c = socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 132)
c.connect(l.getsockname())
a, _ = l.accept()
c.sendall(b"hello")
assert a.recv(9) == b"hello"'
}
