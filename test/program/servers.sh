#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# servers.sh: lighttpd, mini-httpd, busybox and python3 serve; curl, wget, busybox fetch
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

mkdir www
head -c 5000000 /dev/urandom > www/big
echo hello > www/index.html
chmod -R a+rX www
expected=$(sum < www/big)
export expected

same() {
	[ "$("$@" | sum)" = "$expected" ]
}
export -f same

# Four at a time
parallel() {
	local i pids=()
	for i in 1 2 3 4; do
		same get "$1" & pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || return 1
	done
}

# fetch NAME PORT: and end it
fetch() {
	await "$1 listens" listening "$2"
	check "$1, curl" same get "http://127.0.0.1:$2/big"
	check "$1, wget" same wget -qO- "http://127.0.0.1:$2/big"
	check "$1, busybox wget" same busybox wget -qO- "http://127.0.0.1:$2/big"
	check "$1, four at a time" parallel "http://127.0.0.1:$2/big"
	kill "$!"
	wait "$!"
}

user=$(id -un)
[ "$user" != root ] || user=nobody
cat > lighttpd.conf <<END
$([ "$(id -u)" != 0 ] || echo 'server.username = "nobody"')
server.document-root = "$PWD/www"
server.port = 8081
server.bind = "127.0.0.1"
index-file.names = ("index.html")
END
serve lighttpd -D -f lighttpd.conf
fetch lighttpd 8081

serve mini_httpd -D -p 8082 -d "$PWD/www" -h 127.0.0.1 -u "$user"
fetch mini-httpd 8082

serve busybox httpd -f -p 127.0.0.1:8083 -h "$PWD/www"
fetch "busybox httpd" 8083

serve /usr/bin/python3 -m http.server 8084 --bind 127.0.0.1 -d "$PWD/www"
fetch "python3 http.server" 8084

relay() {
	mkfifo hold
	exec 8<> hold
	busybox nc -l -p 8085 <&8 > received &
	until listening 8085; do sleep 0.05; done
	busybox nc 127.0.0.1 8085 < www/big && wait $! && same cat received
}
check "busybox nc" relay
plan
