#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# haproxy.sh: haproxy in front of two servers, one of which fails
set -u
. "${TEST_TOP-.}/test/program/lib.sh"

for i in 1 2; do
	mkdir www$i
	echo "server $i" > www$i/who
done
head -c 5000000 /dev/urandom | tee www1/big > www2/big
expected=$(sum < www1/big)
export expected

cat > haproxy.cfg <<END
global
	maxconn 200
	stats socket $PWD/stats mode 600
	$([ "$(id -u)" != 0 ] || echo "user nobody")
defaults
	timeout connect 2s
	timeout client 10s
	timeout server 10s
	option redispatch
frontend web
	mode http
	bind 127.0.0.1:8080
	bind ::1:8080
	default_backend pair
backend pair
	mode http
	balance roundrobin
	server one 127.0.0.1:8081 check inter 100 fall 1
	server two 127.0.0.1:8082 check inter 100 fall 1
frontend raw
	mode tcp
	option splice-auto
	bind 127.0.0.1:8090
	default_backend raw
backend raw
	mode tcp
	server one 127.0.0.1:8081
END

same() {
	[ "$("$@" | sum)" = "$expected" ]
}

both() {
	[ "$(for _ in 1 2 3 4; do get http://127.0.0.1:8080/who; done | sort | uniq -c | tr -s '\n ' ' ')" = \
		" 2 server 1 2 server 2 " ]
}

only_two() {
	[ "$(for _ in 1 2 3 4; do get http://127.0.0.1:8080/who; done | sort -u)" = "server 2" ]
}

up() {
	echo "show stat" | socat - "UNIX-CONNECT:stats" | awk -F, -v n="$1" \
		'$1 == "pair" && $2 != "BACKEND" && $18 ~ /^UP/ { k++ } END { exit k != n }'
}

serve busybox httpd -f -p 127.0.0.1:8081 -h "$PWD/www1"
one=$!
serve busybox httpd -f -p 127.0.0.1:8082 -h "$PWD/www2"
await "server 1 listens" listening 8081
await "server 2 listens" listening 8082
serve haproxy -db -f haproxy.cfg
haproxy=$!
await "haproxy listens" listening 8090
await "it finds both servers up" up 2
check "it takes turns" both
check "a large page" same get http://127.0.0.1:8080/big
check "a large page, IPv6" same get 'http://[::1]:8080/big'
check "a large page in TCP mode, with splice" same get http://127.0.0.1:8090/big
kill $one
await "it finds one down" up 1
check "it asks the other one" only_two
kill -USR1 $haproxy
wait $haproxy
status=$?
check "it ends" test $status = 0
plan
