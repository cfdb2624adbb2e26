#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# relay.sh: socat and netcat between sockets, files, pipes and programs
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

# With a loopback's 64 KiB SCTP's Nagle algorithm waits for delayed acknowledgements.
ip link set lo up mtu 1500
head -c 3000000 /dev/urandom > sent

# transfer PORT u SERVER... -- CLIENT...: what the client reads arrives at the server
transfer() {
	local port=$1 kind=$2 server=()
	shift 2
	while [ "$1" != -- ]; do
		server+=("$1")
		shift
	done
	shift
	"${server[@]}" > received < /dev/null &
	until [ "$kind" = - ] || listening "$port" "$kind"; do sleep 0.02; done
	[ "$kind" != - ] || sleep 0.3
	"$@" < sent > /dev/null || return 1
	wait $!
	cmp sent received
}

check "nc" transfer 7001 t nc.openbsd -l 127.0.0.1 7001 -- nc.openbsd -N 127.0.0.1 7001
check "nc -6" transfer 7001 t nc.openbsd -6 -l ::1 7001 -- nc.openbsd -6 -N ::1 7001
check "socat" transfer 7002 t socat -u TCP4-LISTEN:7002,reuseaddr STDOUT -- socat -u STDIN TCP4:127.0.0.1:7002
check "socat, IPv6" transfer 7003 t socat -u TCP6-LISTEN:7003,reuseaddr STDOUT -- socat -u STDIN "TCP6:[::1]:7003"
check "socat, SCTP" transfer 7004 - socat -u SCTP4-LISTEN:7004,reuseaddr STDOUT -- socat -u STDIN SCTP4:127.0.0.1:7004
check "nc -z: open and closed" test "$(nc.openbsd -lk 127.0.0.1 7005 > /dev/null 2>&1 & sleep 0.3
	nc.openbsd -z 127.0.0.1 7005 && ! nc.openbsd -z 127.0.0.1 7006 && echo both; kill $!)" = both

udp() {
	nc.openbsd -u -l 127.0.0.1 7007 > received &
	until listening 7007 u; do sleep 0.02; done
	echo datagram | nc.openbsd -u -w 1 127.0.0.1 7007
	kill $!
	[ "$(cat received)" = datagram ]
}
check "nc -u" udp

forking() {
	local i pids=()
	socat TCP4-LISTEN:7008,fork,reuseaddr EXEC:sha256sum &
	until listening 7008; do sleep 0.02; done
	for i in 1 2 3 4 5; do
		[ "$(socat -t 5 - TCP4:127.0.0.1:7008 < sent)" = "$(sha256sum < sent)" ] & pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return 1
	done
	kill %1
}
check "socat: fork and exec for each connection" forking

system() {
	socat TCP4-LISTEN:7009,reuseaddr SYSTEM:'read a; echo "got $a"; exec cat',pipes &
	until listening 7009; do sleep 0.02; done
	[ "$(printf 'one\ntwo\n' | socat -t 5 - TCP4:127.0.0.1:7009)" = "got one
two" ]
}
check "socat: a shell with pipes" system

inherited() {
	socat TCP4-LISTEN:7010,reuseaddr EXEC:'bash -c "cat <&0 >&1"',nofork &
	until listening 7010; do sleep 0.02; done
	[ "$(echo same | socat -t 5 - TCP4:127.0.0.1:7010)" = same ]
}
check "socat: the socket is a program's input and output" inherited

unix() {
	socat UNIX-LISTEN:name,fork TCP4:127.0.0.1:7011 &
	nc.openbsd -l 127.0.0.1 7011 > received &
	until listening 7011 && [ -S name ]; do sleep 0.02; done
	socat -u FILE:sent UNIX-CONNECT:name
	wait %2
	cmp sent received
}
check "socat: a unix socket, the host's, to TCP" unix

tls() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost
	cat key cert > both.pem
	transfer 7012 t socat -u OPENSSL-LISTEN:7012,reuseaddr,cert=both.pem,verify=0 STDOUT \
		-- socat -u STDIN OPENSSL:127.0.0.1:7012,cafile=cert,commonname=localhost
}
export -f transfer
check "socat: TLS" tls

shell() {
	nc.openbsd -l 127.0.0.1 7013 < sent > /dev/null &
	until listening 7013; do sleep 0.02; done
	exec 7<> /dev/tcp/127.0.0.1/7013
	[ "$(head -c 3000000 <&7 | sum)" = "$(sum < sent)" ]
}
check "bash: /dev/tcp" shell
plan
